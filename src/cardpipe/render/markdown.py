"""Render a card's Markdown as sanitised HTML, by Python-Markdown.

Formulas, code and pictures found by the scanner are replaced by placeholders, `blocks` parses the block structure,
Python-Markdown parses the inline text, the sanitiser filters the result, and then the placeholders are restored.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from cardpipe.markup import Deletion, SegmentKind, excess, ruby, scan
from cardpipe.markup.html import is_allowed
from cardpipe.markup.plain import plain_paragraphs
from cardpipe.render import cloze as clozing
from cardpipe.render.blocks import BlockReader
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.code import code_block
from cardpipe.render.direction import directed
from cardpipe.render.footnotes import numbered, unread
from cardpipe.render.line_breaks import without_gaps
from cardpipe.render.links import LinkTags
from cardpipe.render.original import original_html
from cardpipe.render.placeholders import Item, Placeholders
from cardpipe.render.sanitise import sanitise
from cardpipe.text.escaping import DIRECTION_CONTROLS, html_text, without_delimiters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cardpipe.markup import Image, Scan, Segment
    from cardpipe.markup.lines import Container
    from cardpipe.text.escaping import PlainText

# Python-Markdown has placeholders of its own between U+0002 and U+0003; control characters have no meaning in texts.
# Bidirectional control characters make a text look different from its source.
_CONTROL = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f{DIRECTION_CONTROLS}]")
_ITEM_MARK = re.compile(r"[^>\s]")
_FULL_STOP = re.compile(r"\A(<p [^<>]*>)?\.")
"""The full stop that `phrase` puts before a text, which can be in a paragraph with a direction."""
_ONE_PARAGRAPH = re.compile(r"<p>((?:(?!</?p>).)*)</p>", re.DOTALL)


class MarkdownRenderer:
    """Renders texts; belongs to one thread, like Python-Markdown."""

    def __init__(
        self,
        *,
        math: Callable[[str, bool], str],
        picture: Callable[[Image], Item],
        live_mathjax: bool,
        direction: str = "ltr",
        numbered_clozes: bool = False,
        expand: Callable[[str], str] = str,
    ) -> None:
        r"""Create a renderer; `math(tex, display)` returns the HTML of a formula, `picture` that of an image.

        `direction` is that of the deck's language; paragraphs in the other direction get an attribute. With
        `live_mathjax`, `\(` in prose is split, since MathJax would parse it as the start of a formula. With
        `numbered_clozes`, deletions have the attributes of `Capabilities.numbered`. `expand` returns the TeX of a
        formula without the deck's macros.
        """
        self._math = math
        self._picture = picture
        self._live_mathjax = live_mathjax
        self._direction = direction
        self._numbered_clozes = numbered_clozes
        self._expand = expand
        self._markdown = _python_markdown()

    def block(self, text: str, cloze: ClozeForm | None = None) -> str:
        """Return the HTML of a text; a text beyond all limits, which lint refuses, is returned as written.

        With a cloze form, `{{c1::…}}` are deletions; without one they are text.
        """
        if cloze is None:
            return self._rendered(text, None, Placeholders(), numbered)
        made = self._rendered(clozing.without_reserved(text), cloze, Placeholders(), numbered)
        return clozing.finished(made) if cloze is ClozeForm.MARKS else made

    def _rendered(
        self, text: str, cloze: ClozeForm | None, placeholders: Placeholders, footnotes: Callable[[str], str] = unread
    ) -> str:
        text = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
        if not text.strip():
            return ""
        if excess(text) is not None:
            return f"<p>{html.escape(text)}</p>"
        paragraphs = plain_paragraphs(text)
        if paragraphs is not None:
            # The same result as below, in a hundredth of the time.
            made = "\n".join(f"<p>{text[start:end]}</p>" for start, end in paragraphs)
            return directed(without_gaps(made), self._direction)
        return self._as_markdown(footnotes(text), cloze, placeholders)

    def _as_markdown(self, text: str, cloze: ClozeForm | None, placeholders: Placeholders) -> str:
        scanned = scan(text)
        taken = self._take_out(scanned, placeholders, cloze)
        try:
            made = self._convert(taken, placeholders)
        except RecursionError:
            return f"<p>{html.escape(text)}</p>"
        restored = placeholders.restore_tags(made)
        placeholders.drop_addresses(restored)
        clean = directed(sanitise(restored), self._direction, placeholders)
        made = without_gaps(placeholders.restore(clean).strip())
        # HTML that lint refuses is removed with its content.
        if all(is_allowed(tag.text, tag.name) for tag in scanned.html):
            placeholders.check_complete()
        return without_delimiters(made) if self._live_mathjax else made

    def plain(self, text: PlainText) -> str:
        """Return the HTML of a plain-text paragraph."""
        made = directed(f"<p>{html_text(text)}</p>", self._direction) if text else ""
        return without_delimiters(made) if self._live_mathjax else made

    def inline(self, text: str) -> str:
        """Return the HTML of an inline text, without a paragraph around it."""
        return _without_paragraph(self._rendered(text, None, Placeholders()))

    def phrase(self, text: str) -> str:
        """Return the HTML of an inline text, whatever it begins with."""
        # After a full stop, nothing begins a list, a heading or a code block.
        made = self._rendered(f".{text}", None, Placeholders(within_line=True)) if text else ""
        return _FULL_STOP.sub(r"\1", _without_paragraph(made), count=1)

    def _take_out(self, scanned: Scan, placeholders: Placeholders, cloze: ClozeForm | None) -> str:
        images = {image.segment.start: image for image in scanned.images()}
        links = LinkTags(scanned, placeholders)
        if cloze is None:
            return "".join(self._taken(segment, images, links, scanned, placeholders) for segment in scanned.segments)
        return "".join(
            placeholders.put(self._deletion(part, scanned.text, cloze))
            if isinstance(part, Deletion)
            else self._taken(part, images, links, scanned, placeholders, cloze)
            for part in clozing.stretches(scanned)
        )

    def _deletion(self, deletion: Deletion, text: str, cloze: ClozeForm) -> Item:
        source = text[deletion.start : deletion.end]
        plain_hint = clozing.hint_text(text, deletion)
        hint = self.phrase(plain_hint)
        number = f' data-cloze="{deletion.number}"' if self._numbered_clozes else ""
        if cloze is ClozeForm.BLANK:
            shown = f' data-hint="{html.escape(plain_hint)}"' if number and plain_hint else ""
            return Item(source, f'<span class="cloze blank"{number}{shown}>[{hint or "…"}]</span>', words=hint)
        hidden = self.phrase(clozing.hidden_text(text, deletion))
        if cloze is ClozeForm.FILLED:
            return Item(source, f'<span class="cloze"{number}>{hidden}</span>', words=hidden)
        return Item(source, clozing.marks(deletion.number, hidden, hint), words=hidden)

    def _taken(
        self,
        segment: Segment,
        images: dict[int, Image],
        links: LinkTags,
        scanned: Scan,
        placeholders: Placeholders,
        cloze: ClozeForm | None = None,
    ) -> str:
        kind = segment.kind
        if kind is SegmentKind.PROSE or kind is SegmentKind.FOOTNOTE:
            return ruby.replaced(
                links.prose(segment.start, segment.end), lambda *found: placeholders.put(_ruby(*found))
            )
        if kind is SegmentKind.CODE_BLOCK:
            if segment.is_original:
                made = self._original(segment, images, cloze)
                return _fence(placeholders.put(Item(segment.text, "", made, is_fence=True)), segment)
            token = placeholders.put(Item(segment.text, "", _raw_code(segment)))
            return _fence(token, segment) if segment.is_fenced else token
        if kind is SegmentKind.CODE_SPAN:
            code = _span_code(segment.content)
            if _within(segment.start, scanned.tables):
                code = code.replace(r"\|", "|")
            return placeholders.put(Item(segment.text, f"<code>{html.escape(code, quote=False)}</code>"))
        if kind is SegmentKind.IMAGE:
            return placeholders.put(self._picture(images[segment.start]))
        display = kind is SegmentKind.DISPLAY_MATH
        tex = self._expand(segment.tex.strip())
        made = self._math(tex if cloze is None else clozing.tex(tex, cloze), display)
        if self._numbered_clozes and cloze is not None and (numbers := clozing.numbers_in(tex)):
            made = f'<span class="cloze formula-cloze" data-cloze="{" ".join(map(str, numbers))}">{made}</span>'
        block = f'<div class="equation">{made}</div>' if display else None
        inline = f'<span class="equation">{made}</span>' if display else made
        token = placeholders.put(Item(segment.text, inline, block, is_fence=segment.is_fenced))
        return _fence(token, segment) if segment.is_fenced else token

    def _original(self, block: Segment, images: dict[int, Image], cloze: ClozeForm | None) -> str:
        def media(start: int) -> str | None:
            return self._picture(images[start]).inline if start in images else None

        return original_html(block, math=self._math, media=media, cloze=cloze, numbered=self._numbered_clozes)

    def _convert(self, text: str, placeholders: Placeholders) -> str:
        reader = BlockReader(
            text, lambda number, containers: _finish_code(placeholders.items[number], containers), placeholders.drop
        )
        root = reader.read()
        return str(self._markdown.convert_tree(root, reader.references, placeholders))


def _ruby(found: ruby.Ruby, source: str) -> Item:
    """Return ruby in HTML; programs without it show the reading in brackets."""
    # An element for each pair, since the style for PDF engines cannot put several side by side.
    made = "".join(
        f"<ruby>{html.escape(base)}<rp>(</rp><rt>{html.escape(reading)}</rt><rp>)</rp></ruby>"
        for base, reading in found.pairs
    )
    return Item(source, made, words=html.escape(found.base))


def _without_paragraph(made: str) -> str:
    only = _ONE_PARAGRAPH.fullmatch(made)
    return only.group(1) if only else made


def _within(position: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)


def _span_code(content: str) -> str:
    """Return the text of a code span: line ends become spaces, and a space at both ends is removed (CommonMark 6.1)."""
    code = content.replace("\n", " ")
    if len(code) > 1 and code.startswith(" ") and code.endswith(" ") and code.strip(" "):
        return code[1:-1]
    return code


def _fence(token: str, segment: Segment) -> str:
    """Return a fence on one line, which the block reader still recognises."""
    return f"```{token}" + ("\n" if segment.text.endswith("\n") else "")


def _raw_code(segment: Segment) -> str:
    """Return what the block reader needs to finish a code block: stored in `block` until the containers are known."""
    fenced = segment.is_fenced
    first = segment.text.partition("\n")[0].lstrip("`~") if fenced else ""
    line_start = segment.source.rfind("\n", 0, segment.start) + 1
    before = segment.source[line_start : segment.start]
    return "\x00".join((first.strip(), "fenced" if fenced else "indented", before, segment.content))


def _finish_code(item: Item, containers: tuple[Container, ...]) -> bool:
    """Create the HTML of a code block; False for an item that is not between fences."""
    if item.block is None or "\x00" not in item.block:
        return item.is_fence
    language, how, before, content = item.block.split("\x00", 3)
    lines = content.split("\n")
    own = _own_indent(before, containers)
    if how == "fenced":
        code = "\n".join(_without(line, containers, min(own, 3)) for line in lines)
        code += "" if code.endswith("\n") or not code else "\n"
    else:
        rest = [_without(line, containers, 4) for line in lines[1:]]
        code = "\n".join([" " * (own - 4) + lines[0], *rest]).rstrip("\n") + "\n"
    item.block = code_block(code, language.split(maxsplit=1)[0] if language else "")
    return True


def _own_indent(before: str, containers: tuple[Container, ...]) -> int:
    """Return the columns between the containers of a code block and its first line, which begins with `before`."""
    # The marker of a list item is as wide as the indentation of its further lines.
    inside = _without(_ITEM_MARK.sub(" ", before) + "|", containers, 0)
    return len(inside) - len(inside.lstrip(" "))


def _without(line: str, containers: tuple[Container, ...], indent: int) -> str:
    """Return a line of code without the markers of its containers, and without its own indentation."""
    line = line.expandtabs(4) if line[:1] in {" ", "\t"} else line
    for container in containers:
        if container.is_quote:
            bare = line.lstrip(" ")
            if bare.startswith(">"):
                line = bare[1:].removeprefix(" ")
        else:
            line = _dedented(line, container.width)
    return _dedented(line, indent)


def _dedented(line: str, columns: int) -> str:
    white = len(line) - len(line.lstrip(" "))
    return line[min(white, columns) :]


def _python_markdown() -> Any:
    """Return a Python-Markdown instance with its inline patterns only, without images and blocks."""
    from cardpipe.render.inline import InlineMarkdown

    return InlineMarkdown()
