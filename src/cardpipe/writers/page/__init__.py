"""The page: a deck as one HTML document, made for the screen and for paper from the same parts."""
