"""The case walkthrough: a library of cases, runs that can be watched and answered, a REST API and a page."""
