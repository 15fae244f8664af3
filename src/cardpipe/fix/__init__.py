"""Automatic fixes and the formatter for card files."""
