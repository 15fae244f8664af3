"""Rendered texts, formulas and figures of a deck, in the form that a writer needs."""
