"""Files that authors supply: their types and sizes, and whether they are safe."""
