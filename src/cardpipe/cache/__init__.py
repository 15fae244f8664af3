"""The cache: its store, how its contents are signed, and what was rebuilt and why."""
