"""Tests of a package in Anki: imported into a new collection, and over an older package with review history."""
