"""Packages that cardpipe made: the source that they were made of, as far as they contain it."""
