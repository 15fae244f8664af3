"""Diagnostics as text: each module renders one form, and prints nothing itself."""
