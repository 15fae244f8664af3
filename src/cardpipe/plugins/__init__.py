"""Plug-ins by name (writers, readers, rules, figure kinds, layouts, engines): lazy look-up of entry points."""

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
READERS: Final = "cardpipe.readers"
RULES: Final = "cardpipe.rules"
FIGURES: Final = "cardpipe.figures"
PDF_LAYOUTS: Final = "cardpipe.pdf_layouts"
PDF_ENGINES: Final = "cardpipe.pdf_engines"

_WORDS: Final = {
    WRITERS: "format",
    READERS: "import format",
    RULES: "rule set",
    FIGURES: "figure kind",
    PDF_LAYOUTS: "PDF layout",
    PDF_ENGINES: "PDF engine",
}
_OWN: Final = "cardpipe"


@dataclass(frozen=True, slots=True)
class _Offer:
    """An entry point and the package that provides it."""

    package: str
    point: metadata.EntryPoint


@functools.cache
def _points_by_group() -> dict[str, tuple[metadata.EntryPoint, ...]]:
    """Return the entry points of all groups in all packages; cached, since each look-up scans all packages."""
    found = metadata.entry_points()
    return {group: tuple(found.select(group=group)) for group in _WORDS}


def _points(group: str) -> tuple[metadata.EntryPoint, ...]:
    """Return the entry points of a group."""
    return _points_by_group().get(group, ())


@functools.cache
def _package(distribution: metadata.Distribution | None) -> tuple[str, str]:
    """Return a package's name and version; cached, since each access reads its metadata."""
    return (distribution.name, distribution.version) if distribution is not None else ("an unnamed package", "")


@functools.cache
def _offers(group: str) -> dict[str, tuple[_Offer, ...]]:
    found: dict[str, list[_Offer]] = {}
    for point in _points(group):
        package, _ = _package(point.dist)
        offers = found.setdefault(point.name, [])
        # The same package can be on the path twice (an editable and a regular install).
        if all(other.package != package for other in offers):
            offers.append(_Offer(package, point))
    # Built-in plug-ins come first: another package must not replace one by using its name.
    return {
        name: tuple(sorted(offers, key=lambda offer: (offer.package != _OWN, offer.package)))
        for name, offers in sorted(found.items())
    }


def names(group: str) -> tuple[str, ...]:
    """Return all names of a group, sorted, without loading anything."""
    return tuple(_offers(group))


def built_in_first(group: str) -> tuple[str, ...]:
    """Return all names of a group, built-in ones first."""
    return tuple(sorted(_offers(group), key=lambda name: _offers(group)[name][0].package != _OWN))


@functools.cache
def versions() -> tuple[str, ...]:
    """Return the packages that provide plug-ins, with their versions, to identify a set of plug-ins."""
    found = set()
    for group in _WORDS:
        for point in _points(group):
            found.add(f"{group} {point.name} {point.value} {' '.join(_package(point.dist))}")
    return tuple(sorted(found))


@functools.cache
def distributions() -> tuple[tuple[metadata.Distribution, tuple[str, ...]], ...]:
    """Return the third-party packages with plug-ins, each with the top-level modules of its entry points."""
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
    """Load the object of an entry point.

    Raises UsageError if no plug-in has the name, and PluginError if it cannot be loaded.
    """
    offers = _offers(group).get(name)
    word = _WORDS.get(group, "plug-in")
    if offers is None:
        near = nearest(name, names(group))
        hint = f"Did you mean {near}?" if near else f"Choose from: {', '.join(names(group)) or 'none'}."
        raise UsageError(f"Unknown {word} “{name}”.", hint=hint)
    matplotlib_settings.guard()
    try:
        return offers[0].point.load()
    except Exception as error:
        raise PluginError(
            f"The {word} “{name}” of the package {offers[0].package} cannot be loaded: {type(error).__name__}: {error}",
            hint="Update or remove that package; everything else still works.",
        ) from error


def find(group: str, name: str) -> object | None:
    """What the entry point with a name refers to, None where there is none; raises PluginError as `load` does."""
    return load(group, name) if name in _offers(group) else None


@contextmanager
def named_where_they_fail(*called: tuple[str, str]) -> Iterator[None]:
    """Run code of plug-ins, given by group and name.

    If it fails, raises PluginError with the name of the first third-party plug-in; with built-in ones only, the
    error is passed on.
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
                    hint="This is a bug in that package: please report it to its authors.",
                ) from error
        raise


def refuse(group: str, name: str, what: str) -> PluginError:
    """Return the error for a plug-in that violates its contract, such as “returns None, which is not bytes”."""
    package = _offers(group)[name][0].package if name in _offers(group) else "an unnamed package"
    return PluginError(
        f"The {_WORDS[group]} “{name}” of the package {package} {what}.",
        hint="This is a bug in that package: please report it to its authors.",
    )


def _foreign(group: str, name: str) -> _Offer | None:
    offers = _offers(group).get(name)
    return offers[0] if offers is not None and offers[0].package != _OWN else None


def load_all(group: str, *, ours_first: bool = False) -> list[tuple[str, object]]:
    """Load all plug-ins of a group, sorted by name, or built-in ones first.

    Those that cannot be loaded are left out; `faults` reports them.
    """
    loaded = []
    for name in built_in_first(group) if ours_first else names(group):
        try:
            loaded.append((name, load(group, name)))
        except PluginError:
            continue
    return loaded


def faults(group: str, *, built_in: bool = True) -> tuple[str, ...]:
    """Return messages for plug-ins of a group that cannot be loaded, or whose name is used twice.

    Without `built_in`, those of cardpipe itself are not loaded.
    """
    word = _WORDS.get(group, "plug-in")
    messages = []
    for name, offers in _offers(group).items():
        try:
            if built_in or offers[0].package != _OWN:
                load(group, name)
        except PluginError as error:
            messages.append(error.message)
        messages.extend(
            f"The {word} “{name}” of the package {offer.package} is ignored: {offers[0].package} uses that name."
            for offer in offers[1:]
        )
    return tuple(messages)
