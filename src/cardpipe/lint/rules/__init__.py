"""The built-in rules, one module per subject; each provides `RULES` through an entry point."""
