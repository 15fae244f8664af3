"""Our own writers, each found through its entry point like anybody's."""
