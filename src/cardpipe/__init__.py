"""Compile flashcards from YAML to Anki, CSV, PDF, HTML and Markdown."""

__version__ = "0.1.0"
