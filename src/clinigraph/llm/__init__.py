"""Chat models behind one protocol: text and images in, text or a validated value out."""
