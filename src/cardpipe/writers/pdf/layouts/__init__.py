"""The layouts of the PDF: plug-ins of the group `cardpipe.pdf_layouts`, ours like anybody's."""
