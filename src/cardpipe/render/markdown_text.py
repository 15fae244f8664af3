r"""A card's text as Markdown for a code host: prose stays as written, formulas are written so that they survive.

GitHub parses Markdown before formulas: in `$…$` a backslash before punctuation is an escape (`\{`, `\\`, `\,`), and
pairs of `*` or `_`, `<`, `&` and brackets are Markdown. Its documentation offers ``$`…`$`` and code fences of the
language `math` for formulas that overlap with Markdown; both are code in Markdown and so unchanged. Plain dollar signs
are used where nothing looks like Markdown, since every other renderer supports them. (docs.github.com, "Writing
mathematical expressions"; GitLab supports all four.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cardpipe.markup import Deletion, SegmentKind, ruby, scan
from cardpipe.markup.lines import LineKind, LineReader
from cardpipe.mathjax.refusals import is_refused
from cardpipe.render import cloze as clozing
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.footnotes import numbered, unread
from cardpipe.render.line_breaks import joined
from cardpipe.text.escaping import DIRECTION_CONTROLS, markdown_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardpipe.markup import Image, Scan, Segment
    from cardpipe.text.escaping import PlainText

# Backslash before punctuation, emphasis, HTML, entities, links and strikethrough; `_` between two letters or digits is
# not emphasis (CommonMark 6.2), nor is one before a brace.
_TAKEN_FOR_MARKDOWN = re.compile(
    r"\\[!-/:-@\[-`{-~]|\\$|[*<>&~`\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9{\\])|\n\s*[-+#=>]|\n\s*\d+[.)]"
)
_HIDDEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f{DIRECTION_CONTROLS}]")
_BLANK_LINE = re.compile(r"\n[ \t]*(?=\n)")


class MarkdownText:
    """Renders texts to Markdown; `picture` returns an image, `expand` a formula without the deck's macros."""

    def __init__(self, *, picture: Callable[[Image], str], expand: Callable[[str], str] = str) -> None:
        self._picture = picture
        self._expand = expand

    def block(self, text: str, cloze: ClozeForm | None = None) -> str:
        """Return the text with rewritten pictures and formulas; with a cloze form, also deletions."""
        return self._written(text, cloze, numbered)

    def _written(self, text: str, cloze: ClozeForm | None, footnotes: Callable[[str], str]) -> str:
        text = _HIDDEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
        scanned = scan(footnotes(text))
        text = scanned.text
        images = {image.segment.start: image for image in scanned.images()}
        parts = []
        for segment in scanned.segments if cloze is None else clozing.stretches(scanned):
            if isinstance(segment, Deletion):
                parts.append(self._deletion(segment, text, cloze or ClozeForm.FILLED))
            elif segment.is_math:
                parts.append(_math(segment, self._expand(segment.tex.strip()), scanned, cloze))
            elif segment.kind is SegmentKind.IMAGE:
                parts.append(self._picture(images[segment.start]))
            else:
                parts.append(_without_ruby(segment.text) if segment.kind is SegmentKind.PROSE else segment.text)
        return "".join(parts).strip("\n")

    def _deletion(self, deletion: Deletion, text: str, cloze: ClozeForm) -> str:
        if cloze is ClozeForm.BLANK:
            return f"<b>[{self.inline(clozing.hint_text(text, deletion)) or '…'}]</b>"
        # Elements, since asterisks could combine with the text's own.
        return f"<ins>{self.inline(clozing.hidden_text(text, deletion))}</ins>"

    def plain(self, text: PlainText) -> str:
        """Return a plain-text line in Markdown."""
        return markdown_text(text)

    def phrase(self, text: str) -> str:
        """Return a text within a line."""
        return self.inline(text)

    def inline(self, text: str) -> str:
        """Return the text on one line."""
        return " ".join(joined(self._written(text, None, unread)).split("\n"))


def _without_ruby(text: str) -> str:
    return ruby.replaced(text, lambda found, _source: found.text)


def _math(segment: Segment, tex: str, scanned: Scan, cloze: ClozeForm | None = None) -> str:
    if cloze is not None:
        tex = clozing.tex(tex, cloze)
    if any(start <= segment.start < end for start, end in scanned.tables):
        # A cell's bar is unescaped before anything else is parsed.
        tex = re.sub(r"\\\|(?=[A-Za-z])", r"\\Vert ", tex).replace(r"\|", r"\Vert")
    if is_refused(tex):
        return _as_code(tex)
    damaged = _TAKEN_FOR_MARKDOWN.search(tex) is not None
    if segment.kind is SegmentKind.INLINE_MATH:
        return _ticked(" ".join(tex.split())) if damaged else f"${tex}$"
    prefix = _fence_prefix(segment)
    if prefix is not None and (damaged or "\n" in tex or segment.is_fenced):
        lines = _BLANK_LINE.sub("", tex).split("\n")
        return "\n".join(["```math", *(prefix + line for line in lines), prefix + "```"])
    if not damaged:
        return f"$${' '.join(tex.split())}$$"
    return _ticked(r"\displaystyle " + " ".join(tex.split()))


def _as_code(tex: str) -> str:
    """Return a formula that cannot be typeset, as inline code."""
    line = " ".join(tex.split()).replace("`", "'")
    return f"`{line}`"


def _ticked(tex: str) -> str:
    # A backtick has no use in TeX for MathJax; as an opening quotation mark it has a name.
    return "$`" + tex.replace("`", r"\lq ") + "`$"


def _fence_prefix(segment: Segment) -> str | None:
    """Return the prefix of each further line of a fence at this position; None if no fence can begin or end here."""
    source = segment.source
    start = source.rfind("\n", 0, segment.start) + 1
    end = source.find("\n", segment.end)
    after = source[segment.end : end if end >= 0 else len(source)]
    before = source[start : segment.start]
    if after.strip() or not _only_containers(source, start, segment.start):
        return None
    return re.sub(r"[^>\s]", " ", before)


def _only_containers(source: str, start: int, position: int) -> bool:
    """Return whether there are only markers of quotations and list items between the start of a line and a position."""
    line = LineReader(source[start:position] + "x").read(0)
    return line.kind is LineKind.TEXT and line.content == position - start
