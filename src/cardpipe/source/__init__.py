"""Load the source: YAML files and media, decoded to the deck with positions."""
