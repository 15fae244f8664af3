"""Report formats: each module renders diagnostics as text in one format."""
