"""The built-in PDF engines: plug-ins of the group `cardpipe.pdf_engines`."""
