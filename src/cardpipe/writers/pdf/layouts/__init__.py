"""The built-in PDF layouts: plug-ins of the group `cardpipe.pdf_layouts`."""
