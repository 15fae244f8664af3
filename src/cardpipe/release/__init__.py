"""Releases: what changed for learners, what would hurt them, and the lock and notes of the next release."""
