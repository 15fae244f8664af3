"""What layouts share: pages, numbers, links, fonts, and the pieces of which a PDF is joined."""
