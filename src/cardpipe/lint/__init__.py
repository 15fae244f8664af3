"""The linter: rules from entry points, run over a deck, with sorted diagnostics as the result."""
