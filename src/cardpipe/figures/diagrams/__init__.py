"""Figure kinds of shapes and lines between them."""
