"""The built-in readers, one module or package per format."""
