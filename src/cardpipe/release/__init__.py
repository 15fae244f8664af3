"""Releases: changes for learners, harmful changes, the release lock and the release notes."""
