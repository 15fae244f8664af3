"""Checks on a deck: rules found through entry points, run together, answered with sorted diagnostics."""
