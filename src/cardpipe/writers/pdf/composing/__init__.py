"""Composition shared by layouts: pages, page numbers, links, fonts, and the joining of chunks."""
