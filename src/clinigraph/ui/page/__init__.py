"""The walkthrough page: a Gradio layout over the hub, with fragments of HTML that are made from values alone."""
