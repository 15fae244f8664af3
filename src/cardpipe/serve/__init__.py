"""`cardpipe serve`: a preview of the cards in the browser that follows every save."""
