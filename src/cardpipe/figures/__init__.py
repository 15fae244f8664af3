"""The built-in figure kinds, their shared style, and the sandbox for figure scripts."""
