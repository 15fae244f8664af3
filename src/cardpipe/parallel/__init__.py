"""Worker processes, their termination, and memory that is returned."""
