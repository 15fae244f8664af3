"""The words of the study page, which its scripts show in the page's language."""

from __future__ import annotations

from gettext import NullTranslations
from typing import TYPE_CHECKING, Final

from cardpipe.text.translation import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

gettext = NullTranslations().gettext  # marks the words for the catalogues

WORDS: Final = (
    # Translators: to study; the heading of the page, and links to it.
    gettext("Study"),
    gettext("Loading …"),
    gettext("The cards could not be loaded. Check the connection and load the page again."),
    gettext("Progress cannot be stored: this window does not allow it. Private windows often do not."),
    gettext("Close"),
    gettext("The change could not be stored: {reason}"),
    gettext("This card was changed in another window."),
    gettext("Nothing was stored: the clock of this device is wrong."),
    gettext(
        "Nothing was stored: the browser has no space left for this site. Export your progress, then free some space."
    ),
    # Translators: the difficulty of a card, as are the next two; a label in small letters.
    gettext("easy"),
    gettext("medium"),
    gettext("hard"),
    # Translators: cards that were never studied; above their number, as are the next two. Anki's words.
    gettext("New"),
    gettext("Learning"),
    gettext("Due"),
    gettext("Study now"),
    gettext("Finished for today."),
    gettext("Reviews today: {reviews} ({time}). New cards: {fresh}."),
    gettext("Activity"),
    # Translators: the heading of the numbers of cards that are due on the next days.
    gettext("Forecast"),
    # Translators: Anki's word for the share of cards that were recalled.
    gettext("True retention"),
    gettext(
        "How many cards you recalled that came after a day or more. Mature cards have an interval of 21 days or more."
    ),
    # Translators: Anki's word for cards that are forgotten again and again.
    gettext("Leeches"),
    gettext("Suspended cards"),
    gettext("Your log also holds cards that the deck no longer has: {count}."),
    gettext("Show more"),
    gettext("Search"),
    # Translators: the button that ends the suspension of a card.
    gettext("Resume"),
    gettext("The card comes again."),
    gettext("Resume {title}"),
    # Translators: how often a card was forgotten.
    gettext("forgotten: {count}"),
    gettext("Other cards"),
    # Translators: the difficulty of cards without one.
    gettext("not given"),
    gettext("Subdecks"),
    gettext("Difficulty"),
    gettext("Tags"),
    # Translators: of the cards, which a learner can choose for study; so is the next word.
    gettext("some"),
    gettext("all"),
    gettext("Choose cards"),
    gettext("Where nothing is ticked, all cards are studied."),
    gettext("Single keys: space shows the answer and means good, 1 to 4 grade, u undoes, b buries, s suspends"),
    gettext("Settings"),
    gettext("New cards a day"),
    gettext("Reviews a day at most"),
    gettext("Your progress"),
    gettext(
        "Your progress is stored in this browser alone. Some browsers delete it if the site is not "
        "visited for a week, so export it now and then."
    ),
    gettext("Export progress"),
    gettext("Import progress"),
    gettext("Delete progress"),
    gettext("Progress exported."),
    gettext("The file is too large."),
    gettext("Progress imported. New reviews: {count}."),
    gettext("Nothing was imported."),
    gettext("Delete all of your progress with this deck from this browser?"),
    gettext("Reviews in the last year: {reviews}. Days studied: {days}. Current streak in days: {streak}."),
    gettext("Nothing is due in the next two weeks."),
    gettext("Today"),
    gettext("Last 7 days"),
    gettext("Last 30 days"),
    gettext("All days"),
    # Translators: the heading of a column with “Today”, “Last 7 days” …
    gettext("Days"),
    # Translators: cards with an interval of less than 21 days; “Mature” are the others. Anki's words.
    gettext("Young"),
    gettext("Mature"),
    # Translators: young and mature cards.
    gettext("All"),
    # Translators: the buttons by which learners grade themselves: Again, Hard, Good, Easy. Anki's words.
    gettext("Again"),
    gettext("Hard"),
    gettext("Good"),
    gettext("Easy"),
    gettext("Undo"),
    # Translators: Anki's word for putting a card off until tomorrow.
    gettext("Bury"),
    # Translators: Anki's word for taking a card out of study.
    gettext("Suspend"),
    # Translators: the button that leads from the cards back to the overview.
    gettext("Overview"),
    gettext("Your answer"),
    gettext("Question"),
    gettext("Show answer"),
    gettext("Answer"),
    gettext("Page of card {id}"),
    gettext("How well did you know it?"),
    gettext("{title} is a leech: it was forgotten {count} times. It is suspended; the overview lists it."),
    gettext("Buried until tomorrow."),
    gettext("Suspended."),
    gettext("Undone."),
    # Translators: {time} is a time of day.
    gettext("The next card comes at {time}."),
    gettext("The page of card {id} cannot be loaded. Check the connection."),
    gettext("Try again"),
    gettext("No answer typed."),
    # Translators: the typed answer is correct.
    gettext("Right."),
    # Translators: the typed answer is not correct.
    gettext("Not quite."),
    gettext("Which question has this answer?"),
    # Translators: what a screen reader says for a gap in a text that learners fill in their minds.
    gettext("blank"),
    # Translators: days, months, years, minutes and hours, as short as possible: below the buttons that grade.
    gettext("{count} d"),
    gettext("{count} mo"),
    gettext("{count} y"),
    gettext("{count} min"),
    gettext("{count} h"),
    gettext("The file cannot be read."),
    gettext("The file is not JSON."),
    gettext("The file is not progress of this site."),
    gettext("The file was written by a newer version of the site."),
    gettext("The file is the progress of another deck."),
    gettext("The file is damaged."),
)
"""In English; `{name}` stands for a value."""


def study_words(language: str) -> Mapping[str, str]:
    """Return the words in a language by the English ones, without those that are the same."""
    translated = catalogue(language).gettext
    return {word: translated(word) for word in WORDS if translated(word) != word}
