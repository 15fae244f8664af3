"""Card IDs: the forms that a deck can choose from, and which IDs are free.

A form is a template with a fixed set of placeholders, not a regular expression: every ID of every form is safe in file
names, addresses, anchors and fields, and takes linear time to check.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ANY_ID: Final = r"[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*"
"""A pattern that includes the IDs of all forms, for places that do not know the deck."""
ANY_PREFIX: Final = r"[A-Za-z][A-Za-z0-9]{0,39}(?:-[A-Za-z0-9]{1,40}){0,9}"
"""A pattern that includes the prefixes of all forms."""
LIKE_ID: Final = r"(?<![\w/.-])(?:[A-Za-z]{1,8}[-_/]?[0-9]{1,8}|[a-z][a-z0-9-]*(?:/[a-z0-9-]+)+)(?![\w/-]|\.\w)"
"""A pattern of words in a text that can be IDs: with a number at the end, or with a slash."""
LONGEST_ID: Final = 100
ID_FORMS: Final = r"\{prefix\}(?:[-_/]?\{number(?::[1-8])?\}|/\{name\})"
"""A regular expression of the templates of IDs in `deck.yaml`, in a form that Python and JavaScript share."""
DEFAULT_FORM: Final = "{prefix}{number:4}"

_FORM: Final = re.compile(
    r"\{prefix\}(?:(?P<separator>[-_/]?)\{number(?::(?P<digits>[1-8]))?\}|(?P<slash>/)\{name\})", re.ASCII
)
_MOST_DIGITS: Final = 8
"""The maximum number of digits of a number without a fixed length."""
_LETTERS: Final = r"(?:[A-Z]{1,8}|[a-z]{1,8})"
_DEFAULT_LETTERS: Final = r"[A-Z]{2,8}"
_FOLDER: Final = r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,39}"
_PART: Final = r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,39}"
_NAME: Final = rf"{_PART}(?:/{_PART}){{0,3}}"
_LONGEST_PART: Final = 40
_RESERVED: Final = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.IGNORECASE)
"""Names of devices on Windows, which cannot name files or folders there."""
_LETTERS_FIRST: Final = re.compile(r"[A-Za-z]+", re.ASCII)


def id_prefix(card_id: str) -> str:
    """Return the part of an ID that names its subdeck: what precedes a slash, or the letters that it begins with."""
    if "/" in card_id:
        return card_id.partition("/")[0]
    match = _LETTERS_FIRST.match(card_id)
    return match[0] if match else ""


def is_reserved(name: str) -> bool:
    """Return whether Windows reserves a name, so that no file or folder can have it."""
    return _RESERVED.fullmatch(name) is not None


def file_name(card_id: str) -> str:
    """Return an ID as a name without folders, different for different IDs: `geo.france` for `geo/france`."""
    return card_id.replace("/", ".")


@dataclass(frozen=True, slots=True)
class IdForm:
    """The form of a deck's IDs: a prefix, a separator, and either a number or a name."""

    separator: str = ""
    digits: int | None = 4
    """The number of digits; None for numbers without leading zeros."""
    named: bool = False
    """Whether a name stands in place of the number."""

    @property
    def is_default(self) -> bool:
        """Whether it is the form of a deck that chooses none."""
        return self == IdForm()

    def matches(self, card_id: str) -> bool:
        """Return whether a text is an ID of this form."""
        if len(card_id) > LONGEST_ID or _pattern(self).fullmatch(card_id) is None:
            return False
        return not any(map(is_reserved, card_id.split("/")))

    def takes_prefix(self, prefix: str) -> bool:
        """Return whether IDs of this form can have a prefix."""
        return re.fullmatch(self._prefix, prefix, re.ASCII) is not None and not (
            "/" in self.separator and is_reserved(prefix)
        )

    def found_in(self, text: str) -> list[str]:
        """Return the IDs within a text."""
        return [word for word in _word(self).findall(text) if self.matches(word)]

    def of_path(self, path: str) -> Iterator[str]:
        """Yield the IDs that a file can be named after, by its path: in any case, and with its folders."""
        parts = path.rpartition(".")[0].split("/")
        depths = range(1, len(parts) + 1) if self.separator == "/" else (1,)
        for depth in depths:
            name = "/".join(parts[-depth:])
            yield from {one for one in (name, name.upper(), name.lower()) if self.matches(one)}

    def leading(self, name: str) -> Iterator[str]:
        """Yield the IDs that the name of a file or folder begins with, in any case, the longest first."""
        if self.separator == "/":
            ends = [match.start() for match in re.finditer(r"[./]", name[: LONGEST_ID + 1])]
            yield from (name[:end] for end in reversed(ends))
        elif (match := _leading(self).match(name)) is not None:
            yield match[0]

    def numbered(self, prefix: str, number: int) -> str:
        """Return the ID of a prefix with a number."""
        return f"{prefix}{self.separator}{number:0{self.digits or 1}}"

    def rest(self, card_id: str) -> str:
        """Return what follows the prefix and the separator: the number or the name."""
        return card_id[len(id_prefix(card_id)) + len(self.separator) :]

    def with_prefix(self, prefix: str, card_id: str) -> str:
        """Return an ID with another prefix."""
        return f"{prefix}{self.separator}{self.rest(card_id)}"

    @property
    def largest(self) -> int:
        """The largest number."""
        return int(10 ** (self.digits or _MOST_DIGITS)) - 1

    def example(self, prefix: str = "") -> str:
        """Return an ID of this form, for messages."""
        if self.named:
            return f"{prefix if self.takes_prefix(prefix) else 'geo'}/france"
        return self.numbered(prefix if self.takes_prefix(prefix) else "ML", 44 if (self.digits or 2) > 1 else 4)

    def described(self) -> str:
        """Describe the form in words."""
        if self.named:
            return "a prefix, a slash, then a name of lower-case letters, digits, hyphens and further slashes"
        between = f", {_SEPARATORS[self.separator]}" if self.separator else ""
        return f"{self.prefix_described()}{between}, then {self._number_described()}"

    def prefix_described(self) -> str:
        """Describe a prefix in words."""
        if self.named:
            return "lower-case letters, digits and hyphens, beginning with a letter"
        return "two to eight capital letters" if self.is_default else "one to eight letters of one case"

    def _number_described(self) -> str:
        if self.digits is None:
            return "a number without leading zeros"
        return f"{_COUNTS[self.digits - 1]} digit{'s' if self.digits > 1 else ''}"

    @property
    def _prefix(self) -> str:
        return _FOLDER if self.named else _DEFAULT_LETTERS if self.is_default else _LETTERS

    @property
    def _expression(self) -> str:
        if self.named:
            return f"{_FOLDER}/{_NAME}"
        number = rf"[0-9]{{{self.digits}}}" if self.digits is not None else rf"[1-9][0-9]{{0,{_MOST_DIGITS - 1}}}"
        return f"{self._prefix}{self.separator}{number}"


_SEPARATORS: Final = {"-": "a hyphen", "_": "an underscore", "/": "a slash"}
_COUNTS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight")


@functools.cache
def _pattern(form: IdForm) -> re.Pattern[str]:
    return re.compile(form._expression, re.ASCII)


@functools.cache
def _word(form: IdForm) -> re.Pattern[str]:
    edge = "[A-Za-z0-9]" if form.is_default else "[A-Za-z0-9_/-]"
    return re.compile(rf"(?<!{edge}){form._expression}(?!{edge})", re.ASCII)


@functools.cache
def _leading(form: IdForm) -> re.Pattern[str]:
    return re.compile(f"{form._expression}(?![A-Za-z0-9])", re.ASCII | re.IGNORECASE)


def mention(card_id: str) -> re.Pattern[str]:
    """Return the pattern of an ID within a text, and not within a longer ID or word."""
    edge = r"[\w/-]" if re.search("[-_/]", card_id) else r"\w"
    return re.compile(rf"(?<!{edge}){re.escape(card_id)}(?!{edge})")


def slug(text: str) -> str:
    """Return a text as a name in an ID: lower-case letters, digits and hyphens; empty without Latin letters."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode("ascii")
    words = re.findall("[a-z0-9]+", plain.replace("'", ""))
    while len(words) > 1 and len("-".join(words)) > _LONGEST_PART:
        words.pop()
    return "-".join(words)[:_LONGEST_PART]


@functools.lru_cache(64)
def form_of(template: str) -> IdForm:
    """Return the form that a template of `deck.yaml` describes; the default for one that is invalid."""
    match = _FORM.fullmatch(template)
    if match is None:
        return IdForm()
    if match["slash"]:
        return IdForm("/", None, named=True)
    return IdForm(match["separator"], int(match["digits"]) if match["digits"] else None)


class FreeIds:
    """The unused IDs of a form."""

    def __init__(self, taken: Iterable[str], form: IdForm = IdForm()) -> None:
        self._form = form
        self._taken = {card_id for card_id in taken if form.matches(card_id)}
        self._next: dict[str, int] = {}

    def take(self, card_id: str) -> None:
        """Count an ID as used from now on."""
        self._taken.add(card_id)

    @property
    def is_named(self) -> bool:
        """Whether IDs have names instead of numbers."""
        return self._form.named

    def is_free(self, card_id: str) -> bool:
        """Return whether an ID is unused."""
        return card_id not in self._taken

    def next(self, prefix: str) -> str | None:
        """Return the ID after the highest one of a prefix; if that is the last, the lowest unused one, if there is one.

        Gaps are left, since they may be IDs of cards that were removed. A form without numbers has no next ID.
        """
        form = self._form
        if form.named:
            return None
        numbers = {int(form.rest(card_id)) for card_id in self._taken if id_prefix(card_id) == prefix}
        number = max(numbers, default=0) + 1
        if number > form.largest:
            number = next((one for one in range(1, form.largest + 1) if one not in numbers), form.largest + 1)
        card_id = form.numbered(prefix, number)
        # Windows reserves a few IDs, such as COM1.
        while number <= form.largest and not (form.matches(card_id) and self.is_free(card_id)):
            number += 1
            card_id = form.numbered(prefix, number)
        return card_id if number <= form.largest else None

    def after(self, card_id: str) -> str | None:
        """Return the first unused ID after a used one, if there is one; after a name, one with a number at its end."""
        if card_id not in self._taken:
            return None
        if self._form.named:
            return self._after(f"{card_id}-", 2, 0)
        rest = self._form.rest(card_id)
        return self._after(card_id[: len(card_id) - len(rest)], int(rest), self._form.digits or 1)

    def _after(self, start: str, number: int, digits: int) -> str | None:
        passed = []
        while number <= self._form.largest and (name := f"{start}{number:0{digits}}") in self._taken:
            passed.append(name)
            number = self._next.get(name, number + 1)
        # Remembered for each step, so that no run of used IDs is walked twice.
        self._next.update(dict.fromkeys(passed, number))
        found = f"{start}{number:0{digits}}"
        return found if number <= self._form.largest and self._form.matches(found) else None
