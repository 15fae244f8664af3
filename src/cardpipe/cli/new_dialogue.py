"""The questions of `cardpipe new` in a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cardpipe.cli.prompts import ask
from cardpipe.cli.streams import say
from cardpipe.model.card_ids import slug
from cardpipe.model.deck import CardKind
from cardpipe.report.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cardpipe.authoring.card_text import NewCard
    from cardpipe.model.deck import Deck


def ask_all(deck: Deck) -> tuple[str, NewCard]:
    """Ask for the prefix, the kind, the title and the tags of a new card."""
    from cardpipe.authoring.card_text import NewCard
    from cardpipe.cli.new import kind_of

    say("A new card. Press Enter to accept the default in brackets, Tab to complete, Ctrl-C to cancel.")
    prefix = ask_prefix(deck)
    kinds = [*(kind.value for kind in CardKind), *deck.settings.note_types]
    kind = ask(f"Kind: {', '.join(kinds)} [{kinds[0]}]", _one_of(kinds, "kind"), kinds) or kinds[0]
    named = deck.settings.id_form.named
    title = ask(
        "Title, which gives the ID its name" if named else "Title [write it later]",
        _name_fault if named else _title_fault,
    )
    names = _tags(deck)
    shown = f" ({', '.join(names[:8])}{', …' if len(names) > 8 else ''})" if names else ""
    tags = _words(ask(f"Tags, separated by spaces{shown} [none]", lambda answer: _tags_fault(deck, answer), names))
    built_in, note_type = kind_of(deck, kind)
    return prefix, NewCard(kind=built_in, note_type=note_type, title=title, tags=tuple(dict.fromkeys(tags)))


def ask_prefix(deck: Deck) -> str:
    """Ask for the prefix, if the deck has several."""
    known = {subdeck.prefix.text: subdeck.name.text for subdeck in deck.settings.subdecks}
    first = next(iter(known))
    if len(known) == 1:
        return first
    shown = ", ".join(f"{prefix} ({name})" for prefix, name in known.items())
    answer = ask(f"Prefix: {shown} [{first}]", _one_of(list(known), "prefix"), list(known)) or first
    return next(prefix for prefix in known if prefix.casefold() == answer.casefold())


def _one_of(names: Sequence[str], word: str) -> Callable[[str], str | None]:
    folded = {name.casefold() for name in names}

    def fault(answer: str) -> str | None:
        return None if not answer or answer.casefold() in folded else f"Unknown {word}; choose from {', '.join(names)}."

    return fault


def _title_fault(answer: str) -> str | None:
    return None if safe(answer) == answer else "A title must have printable characters only."


def _name_fault(answer: str) -> str | None:
    return _title_fault(answer) if slug(answer) else "The title needs Latin letters or digits."


def _tags(deck: Deck) -> list[str]:
    """Return the tags that are offered, the most frequent first."""
    counts = Counter(tag.text for card in deck.cards for tag in card.tags)
    names = dict.fromkeys([*(info.name.text for info in deck.settings.tags), *counts])
    return sorted(names, key=lambda name: -counts[name])


def _tags_fault(deck: Deck, answer: str) -> str | None:
    from cardpipe.cli.new import checked_tags
    from cardpipe.errors import UsageError

    try:
        checked_tags(deck, _words(answer))
    except UsageError as error:
        return f"{error.message} {error.hint}"
    return None


def _words(answer: str) -> list[str]:
    return answer.replace(",", " ").split()
