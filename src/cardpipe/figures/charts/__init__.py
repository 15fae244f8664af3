"""Figure kinds with axes: numbers that are plotted."""
