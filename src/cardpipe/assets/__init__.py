"""Media files of authors: types, sizes and safety checks."""
