"""Worker processes, their termination, and pauses of the garbage collector."""
