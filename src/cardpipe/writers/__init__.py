"""The built-in writers, each registered through an entry point."""
