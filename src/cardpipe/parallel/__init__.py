"""Worker processes, their orderly end, and pauses of the garbage collector."""
