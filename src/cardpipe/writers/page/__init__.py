"""The page: a deck as one HTML document for screen and print."""
