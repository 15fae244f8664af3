"""Source in: YAML files and media from disk, with the place of everything, decoded to the deck."""
