"""Figure kinds with shapes and connecting lines."""
