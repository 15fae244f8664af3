"""Contract tests for writers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, cast

from cardpipe.errors import UsageError
from cardpipe.testing.deck import rendered
from cardpipe.testing.declared import check_attributes, check_name, check_options, expect
from cardpipe.testing.processes import check_elsewhere, check_light, digest_of
from cardpipe.writers.api import (
    Artefact,
    Capabilities,
    Configurable,
    HasRemarks,
    HasTools,
    HasWarnings,
    capabilities_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck, Writer

_LEFT: Final = re.compile(rb"\]\((asset|card):|\ssrc=\"([^\"/]+-[0-9a-f]{8,}\.\w+)\"")
"""Internal addresses of assets and cards in a rendered deck, which must not occur in output."""
_SUFFIX: Final = "-other"


def check_writer(writer: Writer, *, every_choice: bool = True) -> None:
    """Check that a writer fulfils its contract; raises AssertionError otherwise.

    With `every_choice`, each choice of each option is tested, not only the defaults.
    """
    called = check_name(writer, "writer")
    check_attributes(writer, "writer", "capabilities", "options", "write")
    expect(isinstance(writer.capabilities, Capabilities), f"{called} needs capabilities of the type Capabilities.")
    check_options(called, writer.options)
    check_light(called, writer)
    usual = {option.name: option.default for option in writer.options}
    expect(_tools_of(called, writer, usual), f"{called} cannot be used on this machine with its defaults.")
    artefacts = _checked(called, writer, usual)
    _check_names(called, writer, usual, artefacts)
    deck = rendered(capabilities_of(writer, usual))
    check_elsewhere(called, writer, written, deck, usual)
    _written(f"{called}, for a deck without cards,", writer, replace(deck, cards=()), usual)
    for settings in _variants(writer, usual) if every_choice else ():
        chosen = next(f"{name}={value}" for name, value in settings.items() if value != usual[name])
        if _tools_of(called, writer, settings):
            _checked(f"{called}, with {chosen},", writer, settings)


def written(writer: Writer, deck: RenderedDeck, settings: Mapping[str, str]) -> bytes:
    """Return a digest of a writer's output."""
    made = writer.write(deck, settings, _no_progress)
    return digest_of(part for artefact in made for part in (artefact.path, artefact.data))


def _variants(writer: Writer, usual: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for option in writer.options:
        for value in option.choices:
            if value != option.default:
                yield {**usual, option.name: value}


def _tools_of(called: str, writer: Writer, settings: Mapping[str, str]) -> bool:
    """Check a writer's list of tools; return false if a tool is missing."""
    if not isinstance(writer, HasTools):
        return True
    try:
        tools: object = writer.tools(settings)
    except UsageError:
        return False
    fine = isinstance(tools, (tuple, list)) and all(isinstance(tool, str) and tool for tool in tools)
    expect(fine, f"{called} needs a list of names with versions as tools, not {tools!r}.")
    return True


def _checked(called: str, writer: Writer, settings: Mapping[str, str]) -> Sequence[Artefact]:
    if isinstance(writer, Configurable):
        adapted: object = writer.capabilities_with(settings)
        expect(isinstance(adapted, Capabilities), f"{called} has capabilities_with() return {type(adapted).__name__}.")
    deck = rendered(capabilities_of(writer, settings))
    try:
        artefacts = _written(called, writer, deck, settings)
        again = _written(called, writer, deck, settings)
    except UsageError as error:
        # A writer may reject combinations of choices.
        expect(error.message.strip(), f"{called} raises a UsageError without a message.")
        return ()
    expect(artefacts, f"{called} writes no file.")
    first = [(one.path, one.data) for one in artefacts]
    expect(first == [(one.path, one.data) for one in again], f"{called} writes different bytes the second time.")
    for artefact in artefacts:
        _check_content(called, artefact, deck)
    if isinstance(writer, HasWarnings):
        _check_sentences(called, "warnings", writer.warnings(deck))
    if isinstance(writer, HasRemarks):
        _check_sentences(called, "remarks", writer.remarks(deck, settings))
    return artefacts


def _check_sentences(called: str, what: str, found: object) -> None:
    fine = isinstance(found, (tuple, list)) and all(isinstance(one, str) and one for one in found)
    expect(fine, f"{called} needs a list of sentences as {what}, not {found!r}.")


def _written(called: str, writer: Writer, deck: RenderedDeck, settings: Mapping[str, str]) -> Sequence[Artefact]:
    """Return a writer's output, a list of artefacts with portable paths."""
    from cardpipe.build.publish import is_safe_path

    steps: list[tuple[Any, Any]] = []
    try:
        made: object = writer.write(deck, settings, lambda done, count: steps.append((done, count)))
        artefacts = list(cast("Sequence[Artefact]", made)) if isinstance(made, (tuple, list)) else None
    except UsageError:
        raise
    except Exception as error:
        raise AssertionError(f"{called} raises {type(error).__name__}: {error}") from error
    expect(artefacts is not None, f"{called} returns {type(made).__name__}, not a list of artefacts.")
    seen: dict[str, str] = {}
    for artefact in artefacts or ():
        expect(
            _is_artefact(artefact), f"{called} returns {artefact!r}, which is not an Artefact with a path and bytes."
        )
        expect(
            is_safe_path(artefact.path),
            f"{called} writes “{artefact.path}”: a path must be relative, with forward slashes and names that every "
            "system allows.",
        )
        key = unicodedata.normalize("NFC", artefact.path).casefold()
        expect(key not in seen, f"{called} writes both {seen.get(key)} and {artefact.path}, one file on many systems.")
        seen[key] = artefact.path
    for done, count in steps:
        whole = isinstance(done, int) and isinstance(count, int) and 0 <= done <= count
        expect(whole, f"{called} reports the progress {done!r} of {count!r}, not a number of steps and their total.")
    return artefacts or []


def _is_artefact(made: object) -> bool:
    return isinstance(made, Artefact) and type(made.path) is str and type(made.data) is bytes


def _check_content(called: str, artefact: Artefact, deck: RenderedDeck) -> None:
    """Check that no internal address is left, and that figures have the requested format."""
    left = _LEFT.search(artefact.data)
    name = left[2].decode() if left is not None and left[2] else ""
    expect(
        left is None or (name and name not in deck.assets),
        f"{called} leaves “{left[0].decode().strip() if left else ''}” in {artefact.path}, an internal address: "
        "write a link to the file or card.",
    )
    path = PurePosixPath(artefact.path)
    for asset in map(PurePosixPath, deck.assets):
        expect(
            path.stem != asset.stem or path.suffix == asset.suffix,
            f"{called} writes {artefact.path}, but its capabilities ask for {asset.name}: ask for the form that is "
            "written.",
        )


def _check_names(called: str, writer: Writer, settings: Mapping[str, str], artefacts: Sequence[Artefact]) -> None:
    from cardpipe.build.output_names import with_suffix

    deck = rendered(capabilities_of(writer, settings))
    other = replace(deck, settings=with_suffix(deck.settings, deck.settings.slug.text, _SUFFIX))
    shared = {one.path for one in artefacts} & {one.path for one in _written(called, writer, other, settings)}
    expect(
        not shared,
        f"{called} writes {', '.join(sorted(shared)[:3])} for each selection of cards: take names of files from "
        "deck.settings.slug, and end the name of a folder with deck.settings.suffix.",
    )


def _no_progress(_done: int, _count: int) -> None:
    """Report nothing."""
