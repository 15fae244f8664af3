"""Ways to make pages of HTML: plug-ins of the group `cardpipe.pdf_engines`, ours like anybody's."""
