"""Checks on a deck: rules found through entry points, run together, answered with sorted diagnostics."""

from __future__ import annotations

from cardpipe.lint.engine import lint

__all__ = ["lint"]
