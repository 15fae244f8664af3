"""Numbers as figures show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_TIMES: Final = "\N{MULTIPLICATION SIGN}"
_POWERS: Final = tuple("⁰¹²³⁴⁵⁶⁷⁸⁹")
_MOST_DIGITS: Final = 4
"""More would show a precision that three significant digits do not have."""


def printed(value: float) -> str:
    """Format a single number: whole numbers whole, others with three significant digits."""
    text = f"{value:.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.3g}"
    factor, _, power = text.partition("e")
    if not power:
        return _with_minus(text)
    raised = str(int(power)).translate(_RAISED)
    return f"{_with_minus(factor)}{_TIMES}10{raised}" if abs(float(factor)) != 1 else f"{_sign(factor)}10{raised}"


def alike(values: Iterable[float]) -> Callable[[float], str]:
    """Return a format for several numbers with equally many decimals where reasonable: 0.70 next to 0.71."""
    numbers = list(values)
    alone = [printed(number) for number in numbers]
    decimals = max((len(text.partition(".")[2]) for text in alone), default=0)
    longest = max((len(f"{abs(number):.{decimals}f}".replace(".", "")) for number in numbers), default=0)
    if any(_TIMES in text or text.endswith(_POWERS) for text in alone) or longest > _MOST_DIGITS:
        return printed
    return lambda value: _with_minus(f"{value:.{decimals}f}")


def _sign(factor: str) -> str:
    return "\N{MINUS SIGN}" if factor.startswith("-") else ""


def _with_minus(text: str) -> str:
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace("-", "\N{MINUS SIGN}")
