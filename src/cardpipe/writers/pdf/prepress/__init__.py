"""Prepress: reduced ink, greyscale and bleed."""
