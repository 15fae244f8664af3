"""The deck as data: settings, cards, editions, the release lock and what a check finds."""
