"""Take existing decks in: readers of their formats, HTML to Markdown, and the project that is written."""
