"""Card IDs: their form, and which are free."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ID_FORM: Final = re.compile(r"[A-Z]{2,8}[0-9]{4}", re.ASCII)
"""Two to eight capital letters, the prefix, and four digits."""
ID_WORD: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2,8}[0-9]{4}(?![A-Za-z0-9])", re.ASCII)
"""An ID within a text."""
_NUMBERS: Final = 10_000


class FreeIds:
    """The unused IDs, by prefix."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {card_id for card_id in taken if ID_FORM.fullmatch(card_id)}
        self._next: dict[str, int] = {}

    def take(self, card_id: str) -> None:
        """Count an ID as used from now on."""
        self._taken.add(card_id)

    def is_free(self, card_id: str) -> bool:
        """Return whether an ID is unused."""
        return card_id not in self._taken

    def next(self, prefix: str) -> str | None:
        """Return the ID after the highest one of a prefix; if that is 9999, the lowest unused one, if there is one.

        Gaps are left, since they may be IDs of cards that were removed.
        """
        numbers = {int(card_id[-4:]) for card_id in self._taken if card_id[:-4] == prefix}
        number = max(numbers, default=0) + 1
        if number >= _NUMBERS:
            number = next((one for one in range(1, _NUMBERS) if one not in numbers), _NUMBERS)
        return f"{prefix}{number:04}" if number < _NUMBERS else None

    def after(self, card_id: str) -> str | None:
        """Return the first unused ID after a used one, if there is one."""
        if card_id not in self._taken:
            return None
        letters = card_id[:-4]
        passed = []
        number = int(card_id[-4:])
        while number < _NUMBERS and (name := f"{letters}{number:04}") in self._taken:
            passed.append(name)
            number = self._next.get(name, number + 1)
        # Remembered for each step, so that no run of used IDs is walked twice.
        self._next.update(dict.fromkeys(passed, number))
        return f"{letters}{number:04}" if number < _NUMBERS else None
