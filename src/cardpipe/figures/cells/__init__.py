"""Figure kinds with rows and columns of cells."""
