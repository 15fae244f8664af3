"""What is done to a finished PDF for a printer or a print shop: less ink, greys, a bleed."""
