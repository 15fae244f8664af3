"""Figure kinds with axes."""
