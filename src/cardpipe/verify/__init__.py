"""What a package does in the real Anki: imported fresh, and over an older one that somebody has learnt with."""
