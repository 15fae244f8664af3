"""What rules may ask: scans, MathJax's judgement and figure kinds, each worked out once."""

from __future__ import annotations

import functools
import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from cardpipe import plugins
from cardpipe.inspection import Inspection, inspected
from cardpipe.markup import scan
from cardpipe.markup.words import bare_words, words
from cardpipe.mathjax.plain import is_plain
from cardpipe.pictures import MEDIA_TYPES
from cardpipe.spelling import speller_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from cardpipe.cache import Cache
    from cardpipe.figure_kind import FigureKind
    from cardpipe.markup import Scan
    from cardpipe.markup.words import Word
    from cardpipe.mathjax import MathError, MathJax
    from cardpipe.model import Deck, Media
    from cardpipe.positions import SourceText
    from cardpipe.spelling import Speller


class LintContext:
    """The context of one run over one deck; implements `cardpipe.rule.Context`."""

    def __init__(self, deck: Deck, cache: Cache) -> None:
        self._deck = deck
        self._cache = cache
        self._scans: dict[str, Scan] = {}
        self._words: dict[str, tuple[Word, ...]] = {}
        self._bare_words: dict[str, tuple[str, ...]] = {}
        self._judged: dict[tuple[str, bool], MathError | None] = {}
        self._inspected: dict[str, Inspection] = {}
        self._mathjax: MathJax | None = None
        self._version = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._mathjax is not None:
            self._mathjax.close()
            self._mathjax = None

    @property
    def deck(self) -> Deck:
        """The deck as its maker gave it."""
        return self._deck

    def forget_texts(self) -> None:
        """Let go of what was worked out of texts, whose card is done with."""
        self._scans.clear()
        self._words.clear()
        self._bare_words.clear()

    def scan(self, text: SourceText) -> Scan:
        """The text divided into prose, math, code and references."""
        found = self._scans.get(text.text)
        if found is None:
            found = self._scans[text.text] = scan(text.text)
        return found

    def words(self, text: SourceText) -> tuple[Word, ...]:
        """The words that readers read, outside of formulas, code and addresses."""
        found = self._words.get(text.text)
        if found is None:
            found = self._words[text.text] = words(self.scan(text))
        return found

    def bare_words(self, text: SourceText) -> tuple[str, ...]:
        """The same words without their places."""
        found = self._bare_words.get(text.text)
        if found is None:
            found = self._bare_words[text.text] = bare_words(self.scan(text))
        return found

    def math_error(self, tex: str, *, display: bool) -> MathError | None:
        """What MathJax says against a formula, if anything; asked once, then remembered in the cache."""
        asked = (tex, display)
        if asked not in self._judged:
            self._judged[asked] = self._judge(tex, display=display)
        return self._judged[asked]

    def inspected(self, media: Media) -> Inspection:
        """What is known of an author's picture; looked at once, then remembered in the cache."""
        if media.name not in self._inspected:
            media_type = MEDIA_TYPES.get(PurePosixPath(media.name).suffix.lower())
            if media_type is None or not media.data:
                return Inspection()
            self._inspected[media.name] = inspected(media.data, media_type, self._cache)
        return self._inspected[media.name]

    @functools.cached_property
    def speller(self) -> Speller | None:
        """What knows how words are spelt, where the deck wants its words looked up."""
        return speller_of(self._deck)

    def figure_kind(self, name: str) -> FigureKind | None:
        """The figure kind with a name, if there is one."""
        if name not in plugins.names(plugins.FIGURES):
            return None
        return cast("FigureKind", plugins.load(plugins.FIGURES, name))

    def figure_kinds(self) -> Iterable[str]:
        """The names of all figure kinds."""
        return plugins.names(plugins.FIGURES)

    def _judge(self, tex: str, *, display: bool) -> MathError | None:
        if is_plain(tex):
            return None
        from cardpipe.mathjax import MathError, MathJax, mathjax_version

        self._version = self._version or mathjax_version()
        key = self._cache.key("math-check", self._version, "display" if display else "inline", tex)
        known = _decoded(self._cache.get(key))
        if known is not None:
            return MathError(known[0], known[1]) if known else None
        if self._mathjax is None:
            self._mathjax = MathJax()
        error = self._mathjax.check(tex, display=display)
        answer = [] if error is None else [error.message, error.offset]
        self._cache.put(key, json.dumps(answer).encode())
        return error


def _decoded(value: bytes | None) -> tuple[()] | tuple[str, int] | None:
    """What was remembered of a formula: nothing, its soundness (an empty tuple), or its fault."""
    if value is None:
        return None
    try:
        answer = json.loads(value)
    except ValueError:
        return None
    match answer:
        case []:
            return ()
        case [str(message), int(offset)]:
            return (message, offset)
    return None
