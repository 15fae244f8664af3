"""Reviews of a change: what it does to cards, to learners and to their history, as a page and as a comment."""
