"""What learners changed in the cards of a deck, as changes of its source."""
