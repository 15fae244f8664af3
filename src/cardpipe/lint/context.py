"""What rules can look up: scanned texts, MathJax errors, figure kinds; each is computed once."""

from __future__ import annotations

import functools
import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, cast

from cardpipe import plugins
from cardpipe.assets.inspection import Inspection, inspected
from cardpipe.assets.pictures import MEDIA_TYPES
from cardpipe.lint.spelling import speller_of
from cardpipe.markup import scan
from cardpipe.markup.bounds import excess
from cardpipe.markup.words import bare_words, words
from cardpipe.mathjax.formula import MathError, Verdict
from cardpipe.mathjax.macros import MacroError, by_name, expanded, is_used
from cardpipe.mathjax.plain import is_plain
from cardpipe.mathjax.refusals import is_refused, refusals
from cardpipe.model.deck import media_key
from cardpipe.text.suggestions import nearest, normal_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from cardpipe.cache.store import Cache
    from cardpipe.figures.api import FigureKind
    from cardpipe.lint.spelling import Speller
    from cardpipe.markup import Scan
    from cardpipe.markup.words import Word
    from cardpipe.mathjax import MathJax
    from cardpipe.mathjax.macros import Expansion
    from cardpipe.model.deck import DeckSettings, Macro, Media
    from cardpipe.text.positions import SourceText

MOST_WORK_OF_FILE: Final = 60_000
"""Limit for MathJax's work per file, in the steps of `typeset.js`: a few seconds."""
MOST_COMPARED: Final = 100_000
"""Limit for name comparisons per file (suggestions for misspelt names); they take a second or two."""
UNREAD: Final = MathError("This formula was not read")
"""The result for a formula beyond the limit."""
_UNDEFINED: Final = "Undefined control sequence"
_NOTHING: Final = scan("")


class LintContext:
    """The context of one run over one deck; implements `cardpipe.lint.api.Context`."""

    def __init__(self, settings: DeckSettings, cache: Cache) -> None:
        self._settings = settings
        self._cache = cache
        self._scans: dict[str, Scan] = {}
        self._words: dict[str, tuple[Word, ...]] = {}
        self._bare_words: dict[str, tuple[str, ...]] = {}
        self._judged: dict[tuple[str, bool], Verdict] = {}
        self._read: set[tuple[str, bool]] = set()
        self._expanded: dict[str, Expansion | MathError] = {}
        self._work = 0
        self._compared = 0
        self._inspected: dict[str, Inspection] = {}
        self._mathjax: MathJax | None = None
        self._version = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the formula engine, if one was started."""
        if self._mathjax is not None:
            self._mathjax.close()
            self._mathjax = None

    @property
    def settings(self) -> DeckSettings:
        """The deck that is checked."""
        return self._settings

    def begin_file(self) -> None:
        """Discard results for the previous file and reset the limits that apply per file."""
        self._scans.clear()
        self._words.clear()
        self._bare_words.clear()
        self._read.clear()
        self._expanded.clear()
        self._work = 0
        self._compared = 0

    def scan(self, text: SourceText) -> Scan:
        """Return the text divided into prose, math, code and references; a text beyond the limits is not divided."""
        found = self._scans.get(text.text)
        if found is None:
            # A text that exceeds the limits is reported by its own rule; no other rule looks into it.
            found = _NOTHING if excess(text.text) is not None else scan(text.text)
            self._scans[text.text] = found
        return found

    def words(self, text: SourceText) -> tuple[Word, ...]:
        """Return the words of the prose, without formulas, code and addresses."""
        found = self._words.get(text.text)
        if found is None:
            found = self._words[text.text] = words(self.scan(text))
        return found

    def bare_words(self, text: SourceText) -> tuple[str, ...]:
        """Return the same words without their positions."""
        found = self._bare_words.get(text.text)
        if found is None:
            found = self._bare_words[text.text] = bare_words(self.scan(text))
        return found

    def math_error(self, tex: str, *, display: bool) -> MathError | None:
        """Return MathJax's error for a formula, if any; cached.

        `UNREAD` means that the formula was not checked, because earlier formulas of its file used up the limit.
        """
        if self._macros and is_used(tex, self._macros):
            return self._error_with_macros(tex, display=display)
        error = self._math_error(tex, display=display)
        # An unknown command may be a macro whose definition has a finding already.
        is_told = "macros" in self._settings.faulty and error is not None and _UNDEFINED in error.message
        return None if is_told else error

    def is_tex_command(self, name: str) -> bool:
        """Return whether MathJax knows a command, without its backslash; the deck's macros do not count."""
        error = self._judge(f"\\{name} {{x}} {{x}}", display=False).error
        return error is None or f"{_UNDEFINED} \\{name}" not in error.message

    @functools.cached_property
    def _macros(self) -> Mapping[str, Macro]:
        return by_name(self._settings.macros)

    def _error_with_macros(self, tex: str, *, display: bool) -> MathError | None:
        expansion = self._expansion(tex)
        if expansion is None:
            return UNREAD
        if isinstance(expansion, MathError):
            return expansion
        # A macro and its arguments can be parts of a command that neither of them contains.
        refused = next(refusals(expansion.text), None)
        if refused is not None and not is_refused(tex):
            message = f"With the deck's macros it contains \\{refused.macro}, which is not allowed: {refused.why}"
            return MathError(message, expansion.origin(refused.start))
        error = self._math_error(expansion.text, display=display)
        if error is None or error is UNREAD:
            return error
        offset = min(error.offset, max(len(expansion.text) - 1, 0))
        name = expansion.from_macros[offset]
        message = f"{error.message} in the deck's macro \\{name}" if name else error.message
        return MathError(message, expansion.origin(error.offset))

    def _expansion(self, tex: str) -> Expansion | MathError | None:
        """Return a formula with its macros expanded, or why it cannot be; None beyond the limit of the file."""
        if tex not in self._expanded:
            if self._work > MOST_WORK_OF_FILE:
                return None
            try:
                found = expanded(tex, self._macros)
                self._expanded[tex], work = found, found.work
            except MacroError as failed:
                self._expanded[tex], work = failed.error, failed.work
            self._work += work
        return self._expanded[tex]

    def _math_error(self, tex: str, *, display: bool) -> MathError | None:
        asked = (tex, display)
        if asked not in self._read:
            # Cached results count too, so that findings do not depend on the state of the cache.
            if self._work > MOST_WORK_OF_FILE:
                return UNREAD
            if asked not in self._judged:
                self._judged[asked] = self._judge(tex, display=display)
            self._read.add(asked)
            self._work += self._judged[asked].work
        return self._judged[asked].error

    def nearest(self, word: str, known: Collection[str], *, other_than: str = "") -> str | None:
        """Return the known name closest to a word; None if none is close, or the limit of the file is reached."""
        if self._compared + len(known) > MOST_COMPARED:
            return None
        self._compared += len(known)
        return nearest(word, (name for name in known if name != other_than))

    @functools.cached_property
    def tags(self) -> Collection[str]:
        """The tags of the deck's vocabulary, in order."""
        return {tag.name.text: None for tag in self._settings.tags}

    def same_tag(self, word: str) -> str | None:
        """Return the tag of the vocabulary that a word is a different spelling of, if any."""
        return self._tags_by_normal_form.get(normal_tag(word))

    @functools.cached_property
    def _tags_by_normal_form(self) -> dict[str, str]:
        return {normal_tag(tag): tag for tag in reversed(list(self.tags))}

    @functools.cached_property
    def prefixes(self) -> Collection[str]:
        """The ID prefixes of the deck's subdecks, in order."""
        return {subdeck.prefix.text: None for subdeck in self._settings.subdecks}

    @functools.cached_property
    def known_words(self) -> Collection[str]:
        """The words that need no explanation in this deck, including its tags."""
        return {word.text for word in self._settings.words}.union(self.tags)

    @functools.cached_property
    def media_names(self) -> Mapping[str, str]:
        """The names of the files in `source/media/`, by the key under which all spellings of a name are the same."""
        return {media_key(media.name): media.name for media in self._settings.media}

    def inspected(self, media: Media) -> Inspection:
        """Return the inspection results of a media picture; cached."""
        if media.name not in self._inspected:
            media_type = MEDIA_TYPES.get(PurePosixPath(media.name).suffix.lower())
            if media_type is None or not media.data:
                return Inspection()
            self._inspected[media.name] = inspected(media.data, media_type, self._cache)
        return self._inspected[media.name]

    @functools.cached_property
    def speller(self) -> Speller | None:
        """The spelling checker, if the deck enables it."""
        return speller_of(self._settings, self._cache)

    def figure_kind(self, name: str) -> FigureKind | None:
        """Return the figure kind with a name, if there is one."""
        return cast("FigureKind | None", plugins.find(plugins.FIGURES, name))

    def figure_kinds(self) -> Iterable[str]:
        """The names of all figure kinds."""
        return plugins.names(plugins.FIGURES)

    def _judge(self, tex: str, *, display: bool) -> Verdict:
        if is_plain(tex):
            return Verdict(None, 1 + len(tex) // 4)
        from cardpipe.mathjax import mathjax_version, shared_mathjax

        self._version = self._version or mathjax_version()
        key = self._cache.key("math-check", self._version, "display" if display else "inline", tex)
        known = _decoded(self._cache.get(key))
        if known is not None:
            return known
        if self._mathjax is None:
            self._mathjax = shared_mathjax()
        verdict = self._mathjax.judge(tex, display=display)
        error = None if verdict.error is None else [verdict.error.message, verdict.error.offset]
        self._cache.put(key, json.dumps([verdict.work, error]).encode())
        return verdict


def _decoded(value: bytes | None) -> Verdict | None:
    """Return the cached result of a formula, if there is one."""
    if value is None:
        return None
    try:
        answer = json.loads(value)
    except ValueError:
        return None
    match answer:
        case [int(work), None]:
            return Verdict(None, work)
        case [int(work), [str(message), int(offset)]]:
            return Verdict(MathError(message, offset), work)
    return None
