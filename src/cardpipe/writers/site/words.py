"""The words of the site's interface, in the deck's language."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from cardpipe.text.translation import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def words(language: str) -> Mapping[str, str]:
    """Return the words by the names that the templates use."""
    gettext = catalogue(language).gettext
    return {
        "answer": gettext("Answer"),
        "all_cards": gettext("All cards"),
        "authors": gettext("Authors"),
        "author": gettext("Author"),
        "cards": gettext("Cards"),
        "changed_cards": gettext("New and changed cards"),
        "data": gettext("Data of all cards"),
        "date": gettext("Date"),
        "decks": gettext("Subdecks"),
        "details": gettext("Details"),
        "draft": gettext("draft"),
        "easy": gettext("easy"),
        "edit": gettext("Edit this card"),
        "edition": gettext("Edition"),
        "edition_note": gettext("This edition shows a part of the deck."),
        "feed": gettext("Feed of releases"),
        "fonts": gettext("Fonts"),
        "full_card": gettext("Full card"),
        "hard": gettext("hard"),
        "cloze": gettext("cloze"),
        "home_page": gettext("Home page"),
        "keep": gettext("Keep the whole deck for use offline"),
        "kept": gettext("The whole deck is available offline."),
        "language": gettext("Language"),
        "licence": gettext("Licence"),
        "licences": gettext("Licences"),
        "medium": gettext("medium"),
        "menu": gettext("Site"),
        "more": gettext("More cards"),
        "new_release": gettext("A new version of this site is available."),
        "new_since": gettext("New in release"),
        "next": gettext("Next"),
        "no_cards": gettext("This export holds no cards."),
        "no_releases": gettext("The deck has not been released yet."),
        "no_results": gettext("No card has these words."),
        "no_script": gettext("This page needs JavaScript. All cards can be read without it."),
        "not_found": gettext("Page not found"),
        "not_found_text": gettext("There is no page at this address, or it is not available offline."),
        "numbered_results": gettext("Cards found:"),
        "other_side": gettext("Show the answer"),
        "previous": gettext("Previous"),
        "references": gettext("References"),
        "related": gettext("Related"),
        "release": gettext("Release"),
        "releases": gettext("Releases"),
        "reload": gettext("Reload"),
        "removed_cards": gettext("Removed cards"),
        "replaced": gettext("This card is retired. It is replaced by:"),
        "report": gettext("Report an error"),
        "retired": gettext("This card is retired."),
        "reversed": gettext("reversed"),
        "search": gettext("Search"),
        "search_hint": gettext("Words, tags or IDs"),
        "skip": gettext("Skip to the content"),
        "start": gettext("Start page"),
        "study": gettext("Study"),
        "tag": gettext("Tag"),
        "tags": gettext("Tags"),
        "theme": gettext("Dark mode"),
        "typed": gettext("type-in"),
        "whole_card": gettext("The whole card"),
    }
