"""Lint a project on disk; only files without cached results are checked."""

from __future__ import annotations

import functools
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from cardpipe.cache.rebuild_log import RebuildLog
from cardpipe.lint.context import LintContext
from cardpipe.lint.engine import Examined, diagnosed, examine, judge, local_checks
from cardpipe.lint.file_cache import FileResultCache, digest, signature
from cardpipe.lint.file_result import FileResult, decoded, encoded
from cardpipe.lint.spelling import is_installed
from cardpipe.model.deck import Deck
from cardpipe.model.selection import CardEntry
from cardpipe.source.load import load, load_settings, read_cards, read_data
from cardpipe.source.text_files import text_file
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from cardpipe.cache.store import Cache
    from cardpipe.lint.summary import CardSummary
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.diagnostics import Diagnostic, Finding
    from cardpipe.source.load import LoadedSettings
    from cardpipe.source.tree import FoundFile

    LintFiles = Callable[[DeckSettings, Iterable[tuple[str, bytes | None]]], Iterator[str]]
    """Lints card files, given by path and content (None if unreadable): a `FileResult` for each, as JSON."""


_STEP: Final = "lint, files"


_ENTRY_OF: Final = attrgetter(*CardEntry._fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """The result of linting a project."""

    diagnostics: tuple[Diagnostic, ...]
    files: SourceFiles
    settings: DeckSettings | None
    """None if `deck.yaml` is invalid."""
    source: str
    """A digest of the state of the whole project."""
    state: Mapping[str, str]
    """A digest of each input except the card files, by name."""
    contents: Mapping[str, str]
    """A digest of each card file, by path."""
    cards: Sequence[CardEntry] | None
    """In source order; None if `deck.yaml` is invalid."""
    unspelt: bool = False
    """Whether spelling should be checked, but the dictionary is not installed."""


class SourceFiles(Mapping[str, SourceFile]):
    """The files of a project by path; each is read on demand, since few are needed."""

    def __init__(
        self, known: Mapping[str, SourceFile], files: Mapping[str, FoundFile], data: Mapping[str, bytes]
    ) -> None:
        self._known = dict(known)
        self._files = files
        self._data = data

    def among(self, is_wanted: Callable[[str], bool]) -> SourceFiles:
        """Return the files with these paths, without reading them."""
        known = {path: file for path, file in self._known.items() if is_wanted(path)}
        return SourceFiles(known, {path: file for path, file in self._files.items() if is_wanted(path)}, self._data)

    def data(self, path: str) -> bytes | None:
        """Return the bytes of a readable file."""
        return read_data(self._files[path], self._data, [])

    def __getitem__(self, path: str) -> SourceFile:
        if path not in self._known:
            data = self.data(path)
            self._known[path] = (text_file(path, data, []) if data is not None else None) or SourceFile(path, "")
        return self._known[path]

    def __iter__(self) -> Iterator[str]:
        yield from self._known.keys() | self._files.keys()

    def __len__(self) -> int:
        return len(self._known.keys() | self._files.keys())


def lint_project(
    root: Path,
    cache: Cache,
    *,
    contents: Mapping[str, bytes] | None = None,
    rebuild_log: RebuildLog | None = None,
    lint_files: LintFiles | None = None,
) -> Linted:
    """Lint a project; `contents` replaces files on disk, by path in the project.

    The rebuild log records which files were linted, and why. `lint_files` lints them; by default sequentially in this
    process.

    Raises ProjectError if the project cannot be read, and PluginError if a rule fails or yields findings of another
    rule.
    """
    unsaved = dict(contents or {})
    return _lint(root, cache, unsaved, rebuild_log or RebuildLog(), lint_files or _one_after_another(cache))


def _one_after_another(cache: Cache) -> LintFiles:
    def lint_files(settings: DeckSettings, files: Iterable[tuple[str, bytes | None]]) -> Iterator[str]:
        checks = local_checks()
        with LintContext(settings, cache) as context:
            for path, data in files:
                yield encoded(examine(read_cards(path, data, settings), context, checks))

    return lint_files


def _lint(
    root: Path, cache: Cache, unsaved: Mapping[str, bytes], rebuild_log: RebuildLog, lint_files: LintFiles
) -> Linted:
    loaded = load_settings(root, contents=unsaved)
    found: list[Finding] = list(loaded.findings)
    by_path = {file.path: file for file in loaded.card_files}
    known = {file.path: file for file in loaded.files}
    settings = loaded.settings
    if settings is None:
        whole_source = load(root, contents=unsaved)
        files = SourceFiles({file.path: file for file in whole_source.files}, by_path, unsaved)
        return _without_settings(diagnosed(whole_source.findings), files)
    data: dict[str, bytes] = {}
    memory = FileResultCache(cache, loaded)
    parts = _parts(memory, loaded, settings, root, unsaved, data, found, rebuild_log, lint_files)

    @functools.cache
    def cards_of(path: str) -> list[Card]:
        return read_cards(path, read_data(by_path[path], {**unsaved, **data}, []), settings).cards

    def whole() -> Deck:
        deck = load(root, contents={**unsaved, **data}, incomplete=True).deck
        return deck if deck is not None else Deck(settings=settings, cards=())

    def find(summary: CardSummary) -> Card:
        return cards_of(summary.path)[summary.number]

    with LintContext(settings, cache) as context:
        diagnostics = judge(Examined(settings=settings, parts=parts, find=find, whole=whole), found, context)
    unspelt = settings.lint is not None and settings.lint.spelling and not is_installed()
    # Results must belong to the content that was read, so other files are read again on demand.
    if not loaded.is_complete:
        return _without_settings(diagnostics, SourceFiles(known, by_path, {**unsaved, **data}))
    told = {path: data[path] for path in {found.span.path for found in diagnostics} if path in data}
    return Linted(
        diagnostics=diagnostics,
        files=SourceFiles(known, by_path, {**unsaved, **told}),
        settings=settings,
        source=memory.source,
        state=memory.state,
        contents=memory.contents,
        cards=[CardEntry(*_ENTRY_OF(card)) for part in parts for card in part.cards],
        unspelt=unspelt,
    )


def _without_settings(diagnostics: tuple[Diagnostic, ...], files: SourceFiles) -> Linted:
    """Return the result for a deck whose `deck.yaml` is invalid."""
    return Linted(diagnostics=diagnostics, files=files, settings=None, source="", state={}, contents={}, cards=None)


def _parts(
    memory: FileResultCache,
    loaded: LoadedSettings,
    settings: DeckSettings,
    root: Path,
    unsaved: Mapping[str, bytes],
    data: dict[str, bytes],
    findings: list[Finding],
    rebuild_log: RebuildLog,
    lint_files: LintFiles,
) -> list[FileResult]:
    """Return the result of each file, in order; contents that were read are added to `data`."""
    parts: dict[str, FileResult | None] = {}
    unknown: deque[str] = deque()
    facts = {}
    rebuild_log.begin(_STEP, len(loaded.card_files))

    def read_unknown() -> Iterator[tuple[str, bytes | None]]:
        for file in loaded.card_files:
            seen = signature(f"{root}/{file.path}") if file.path not in unsaved else None
            part = memory.recall(file.path, seen)
            parts[file.path] = part
            if part is not None:
                continue
            content = read_data(file, unsaved, findings)
            if content is not None:
                facts[file.path] = (seen, digest(content))
                part = parts[file.path] = memory.recall_content(file.path, *facts[file.path])
                data[file.path] = content
            if part is None:
                rebuild_log.note(_STEP, file.path, memory.reason(file.path))
                unknown.append(file.path)
                yield file.path, content

    for part_text in lint_files(settings, read_unknown()):
        path = unknown.popleft()
        parts[path] = decoded(json.loads(part_text))
        if path in facts and path not in unsaved:
            memory.remember(path, *facts[path], part_text)
    memory.save({file.path for file in loaded.card_files})
    return [part for part in parts.values() if part is not None]
