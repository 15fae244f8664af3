"""Figure kinds of rows and columns."""
