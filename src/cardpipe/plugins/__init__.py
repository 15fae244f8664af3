"""Writers, rules, figure kinds and layouts by name: one lazy look-up of entry points for ours and for anybody's."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Final

from cardpipe.errors import CardpipeError, PluginError, UsageError
from cardpipe.plugins import matplotlib_settings
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITERS: Final = "cardpipe.writers"
RULES: Final = "cardpipe.rules"
FIGURES: Final = "cardpipe.figures"
PDF_LAYOUTS: Final = "cardpipe.pdf_layouts"
PDF_ENGINES: Final = "cardpipe.pdf_engines"

_WORDS: Final = {
    WRITERS: "format",
    RULES: "rule set",
    FIGURES: "figure kind",
    PDF_LAYOUTS: "PDF layout",
    PDF_ENGINES: "PDF engine",
}
_OWN: Final = "cardpipe"


@dataclass(frozen=True, slots=True)
class _Offer:
    """One entry point and the package that offers it."""

    package: str
    point: metadata.EntryPoint


@functools.cache
def _points(group: str) -> tuple[metadata.EntryPoint, ...]:
    """What all packages offer to a group: found once, since each look goes through all of them."""
    return tuple(metadata.entry_points(group=group))


@functools.cache
def _package(distribution: metadata.Distribution | None) -> tuple[str, str]:
    """A package's name and version, which are read anew from its metadata each time that somebody asks for them."""
    return (distribution.name, distribution.version) if distribution is not None else ("an unnamed package", "")


@functools.cache
def _offers(group: str) -> dict[str, tuple[_Offer, ...]]:
    found: dict[str, list[_Offer]] = {}
    for point in _points(group):
        package, _ = _package(point.dist)
        offers = found.setdefault(point.name, [])
        # The same package can be on the path twice (an editable install beside a built one).
        if all(other.package != package for other in offers):
            offers.append(_Offer(package, point))
    # Ours first: another package must not replace a built-in by taking its name.
    return {
        name: tuple(sorted(offers, key=lambda offer: (offer.package != _OWN, offer.package)))
        for name, offers in sorted(found.items())
    }


def names(group: str) -> tuple[str, ...]:
    """All names of a group, sorted, without loading anything."""
    return tuple(_offers(group))


def own_first(group: str) -> tuple[str, ...]:
    """All names of a group, those of this package before those of others."""
    return tuple(sorted(_offers(group), key=lambda name: _offers(group)[name][0].package != _OWN))


@functools.cache
def versions() -> tuple[str, ...]:
    """The packages that offer anything, with their versions: what tells one set of plug-ins from another."""
    found = set()
    for group in _WORDS:
        for point in _points(group):
            found.add(f"{group} {point.name} {point.value} {' '.join(_package(point.dist))}")
    return tuple(sorted(found))


@functools.cache
def distributions() -> tuple[tuple[metadata.Distribution, tuple[str, ...]], ...]:
    """The packages of others that offer anything, each with the top-level modules that its entry points name."""
    found: dict[str, tuple[metadata.Distribution, set[str]]] = {}
    for group in _WORDS:
        for point in _points(group):
            package, version = _package(point.dist)
            if point.dist is not None and package != _OWN:
                _, modules = found.setdefault(f"{package} {version}", (point.dist, set()))
                modules.add(point.module.partition(".")[0])
    return tuple((found[name][0], tuple(sorted(found[name][1]))) for name in sorted(found))


@functools.cache
def load(group: str, name: str) -> object:
    """What an entry point refers to.

    Raises UsageError where no plug-in has the name, and PluginError where the one that has it cannot be loaded.
    """
    offers = _offers(group).get(name)
    word = _WORDS.get(group, "plug-in")
    if offers is None:
        near = nearest(name, names(group))
        hint = f"Did you mean {near}?" if near else f"There are: {', '.join(names(group)) or 'none'}."
        raise UsageError(f"There is no {word} named “{name}”.", hint=hint)
    matplotlib_settings.guard()
    try:
        return offers[0].point.load()
    except Exception as error:
        raise PluginError(
            f"The {word} “{name}” of the package {offers[0].package} cannot be loaded: {type(error).__name__}: {error}",
            hint="Update or remove that package; everything else goes on working.",
        ) from error


def find(group: str, name: str) -> object | None:
    """What the entry point with a name refers to, None where there is none; raises PluginError as `load` does."""
    return load(group, name) if name in _offers(group) else None


@contextmanager
def named_where_they_fail(*called: tuple[str, str]) -> Iterator[None]:
    """Run code of plug-ins, each given by group and name.

    Where it fails, raises PluginError with the name of the first that is of another package; with ours alone, the
    error goes through as it is.
    """
    try:
        yield
    except CardpipeError:
        raise
    except Exception as error:
        for group, name in called:
            if (offer := _foreign(group, name)) is not None:
                raise PluginError(
                    f"The {_WORDS[group]} “{name}” of the package {offer.package} failed: "
                    f"{type(error).__name__}: {error}",
                    hint="This is a fault of that package: please report it to its authors.",
                ) from error
        raise


def refuse(group: str, name: str, what: str) -> PluginError:
    """The error on a plug-in that does not keep its contract, such as “returns None, which is not bytes”."""
    package = _offers(group)[name][0].package if name in _offers(group) else "an unnamed package"
    return PluginError(
        f"The {_WORDS[group]} “{name}” of the package {package} {what}.",
        hint="This is a fault of that package: please report it to its authors.",
    )


def _foreign(group: str, name: str) -> _Offer | None:
    offers = _offers(group).get(name)
    return offers[0] if offers is not None and offers[0].package != _OWN else None


def load_all(group: str, *, ours_first: bool = False) -> list[tuple[str, object]]:
    """All plug-ins of a group that can be loaded, sorted by name, or ours before others.

    `faults` tells what is wrong with those that cannot.
    """
    loaded = []
    for name in own_first(group) if ours_first else names(group):
        try:
            loaded.append((name, load(group, name)))
        except PluginError:
            continue
    return loaded


def faults(group: str) -> tuple[str, ...]:
    """What is wrong with the plug-ins of a group: those that cannot be loaded, and names taken twice."""
    word = _WORDS.get(group, "plug-in")
    messages = []
    for name, offers in _offers(group).items():
        try:
            load(group, name)
        except PluginError as error:
            messages.append(error.message)
        messages.extend(
            f"The {word} “{name}” of the package {offer.package} is left out: {offers[0].package} has that name."
            for offer in offers[1:]
        )
    return tuple(messages)
