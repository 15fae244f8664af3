"""The addresses of the preview's pages: a card, a view of it, and the filter of the list."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

from cardpipe.serve.views import VIEWS

if TYPE_CHECKING:
    from typing import Self

ROWS: Final = 500
"""Cards that the list shows at first, and more on request."""
_CARD: Final = "/card/"
_MOST_PARAMETERS: Final = 20
_LONGEST: Final = 200
"""Characters of a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a page shows; each field but the card is a parameter of the same name, left out if it has its default."""

    card: str = ""
    view: str = VIEWS[0]
    number: int = 1
    """Of the cards that Anki makes of a note."""
    phone: bool = False
    night: bool = False
    text: str = ""
    tag: str = ""
    kind: str = ""
    difficulty: str = ""
    findings: bool = False
    rows: int = ROWS

    @classmethod
    def of(cls, path: str, query: str) -> Self:
        """Return the address in a request; unknown and invalid parameters are ignored."""
        given: dict[str, Any] = {}
        known = {field.name: field.default for field in fields(cls) if field.name != "card"}
        for name, value in _parameters(query):
            default = known.get(name)
            if isinstance(default, bool):
                given[name] = value == "1"
            elif isinstance(default, int):
                given[name] = int(value) if value.isascii() and value.isdecimal() and len(value) < 7 else default
            elif default is not None:
                given[name] = value[:_LONGEST]
        if given.get("view") not in VIEWS:
            given.pop("view", None)
        return cls(card=unquote(path.removeprefix(_CARD)) if path.startswith(_CARD) else "", **given)

    @staticmethod
    def is_page(path: str) -> bool:
        """Return whether a path is that of a page."""
        card = path.removeprefix(_CARD)
        # An ID can have slashes, but none at an end and no two in a row.
        return path == "/" or (path.startswith(_CARD) and (not card or all(card.split("/"))))

    def url(self, **changes: Any) -> str:
        """Return the path and parameters, with some values changed."""
        wanted = replace(self, **changes)
        given = {}
        for field in fields(wanted):
            value = getattr(wanted, field.name)
            if field.name != "card" and value != field.default:
                given[field.name] = "1" if value is True else value
        path = f"{_CARD}{quote(wanted.card)}" if wanted.card else "/"
        return f"{path}?{urlencode(given)}" if given else path


def _parameters(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a query; none if there are too many."""
    try:
        return parse_qsl(query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return []
