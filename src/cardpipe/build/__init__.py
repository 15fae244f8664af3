"""From a checked deck to files in the output folder."""
