"""The built-in figure kinds, the look they share, and the runner of figure scripts."""
