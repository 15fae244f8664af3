"""Texts, equations and figures of a deck in the form that a writer takes."""
