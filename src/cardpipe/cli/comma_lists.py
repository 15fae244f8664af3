"""Options that may be given again, and take several values at once with commas between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click


def comma_separated(values: Iterable[str]) -> tuple[str, ...]:
    """The values of an option that was given several times, lists with commas taken apart."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def callback(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """The same for click, of an option whose values never hold a comma."""
    return comma_separated(values) if any(value.strip(", ") for value in values) else values
