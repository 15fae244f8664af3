"""Commands for authors: new cards, and cards, tags and prefixes that are renamed everywhere."""
