"""Texts of source files: places, scalars that know where each character was written, YAML nodes, plain text."""
