"""Texts of source files: positions, scalars with source maps, YAML nodes, escaping."""
