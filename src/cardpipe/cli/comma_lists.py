"""Options that can be repeated, and accept comma-separated values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click


def comma_separated(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values of a repeated option, with comma-separated lists split."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def callback(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """The same as a click callback, for an option whose values never contain a comma."""
    return comma_separated(values) if any(value.strip(", ") for value in values) else values
