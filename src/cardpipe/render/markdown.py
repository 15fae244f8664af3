"""The one room around Python-Markdown: a card's text to HTML that is safe to show.

Math, code and pictures are taken out as the scanner finds them, blocks are read by `blocks`, Python-Markdown reads
the text within them, the sanitiser reads all that comes out, and then what was taken out is put back.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from cardpipe.markup import Deletion, SegmentKind, excess, scan
from cardpipe.markup.html import PAIRED_TAGS, SINGLE_TAGS
from cardpipe.markup.plain import plain_paragraphs
from cardpipe.render import cloze as clozing
from cardpipe.render.blocks import BlockReader
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.code import code_block
from cardpipe.render.direction import directed
from cardpipe.render.footnotes import numbered, unread
from cardpipe.render.line_breaks import without_gaps
from cardpipe.render.links import LinkTags
from cardpipe.render.placeholders import Item, Placeholders
from cardpipe.render.sanitise import sanitise
from cardpipe.text.escaping import DIRECTION_CONTROLS, html_text, without_delimiters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cardpipe.markup import Image, Scan, Segment
    from cardpipe.markup.lines import Container
    from cardpipe.text.escaping import PlainText

# Python-Markdown keeps places of its own between U+0002 and U+0003; no control character means anything in a text.
# A character that turns the direction of writing makes a text read otherwise than it is written.
_CONTROL = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f{DIRECTION_CONTROLS}]")
_ITEM_MARK = re.compile(r"[^>\s]")
_ONE_PARAGRAPH = re.compile(r"<p>((?:(?!</?p>).)*)</p>", re.DOTALL)


class MarkdownRenderer:
    """Renders texts one after another; belongs to one thread, as Python-Markdown does."""

    def __init__(
        self,
        *,
        math: Callable[[str, bool], str],
        picture: Callable[[Image], Item],
        live_mathjax: bool,
        direction: str = "ltr",
    ) -> None:
        r"""`math(tex, display)` is the HTML of an equation, `picture` that of an image.

        `direction` is that of the deck's language; paragraphs that run the other way are marked. With `live_mathjax` a
        `\(` in prose is broken up, since MathJax would take it for the start of math.
        """
        self._math = math
        self._picture = picture
        self._live_mathjax = live_mathjax
        self._direction = direction
        self._markdown = _python_markdown()

    def block(self, text: str, cloze: ClozeForm | None = None) -> str:
        """HTML of a text; a text beyond all bounds, which lint refuses, comes out as it was written.

        With a cloze form, `{{c1::…}}` are deletions; without one they are words.
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
            # What all the rest would make of it, in a hundredth of the time.
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
        # HTML that lint refuses takes what is in it along.
        if all(tag.name in PAIRED_TAGS | SINGLE_TAGS for tag in scanned.html):
            placeholders.check_complete()
        return without_delimiters(made) if self._live_mathjax else made

    def plain(self, text: PlainText) -> str:
        """HTML of a paragraph in which every character stands for itself."""
        made = directed(f"<p>{html_text(text)}</p>", self._direction) if text else ""
        return without_delimiters(made) if self._live_mathjax else made

    def inline(self, text: str) -> str:
        """HTML of a text that is meant to stand within a line: without the paragraph around it."""
        return _without_paragraph(self._rendered(text, None, Placeholders()))

    def _phrase(self, text: str) -> str:
        """HTML of a text that stands within a line, whatever it begins with."""
        # Behind a full stop nothing begins a list, a heading or a block of code.
        made = self._rendered(f".{text}", None, Placeholders(within_line=True)) if text else ""
        return _without_paragraph(made).removeprefix(".")

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
        hint = self._phrase(clozing.hint_text(text, deletion))
        if cloze is ClozeForm.BLANK:
            return Item(source, f'<span class="cloze blank">[{hint or "…"}]</span>', words=hint)
        hidden = self._phrase(clozing.hidden_text(text, deletion))
        if cloze is ClozeForm.FILLED:
            return Item(source, f'<span class="cloze">{hidden}</span>', words=hidden)
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
            return links.prose(segment.start, segment.end)
        if kind is SegmentKind.CODE_BLOCK:
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
        tex = segment.tex.strip()
        made = self._math(tex if cloze is None else clozing.tex(tex, cloze), display)
        block = f'<div class="equation">{made}</div>' if display else None
        inline = f'<span class="equation">{made}</span>' if display else made
        token = placeholders.put(Item(segment.text, inline, block, is_fence=segment.is_fenced))
        return _fence(token, segment) if segment.is_fenced else token

    def _convert(self, text: str, placeholders: Placeholders) -> str:
        reader = BlockReader(
            text, lambda number, containers: _finish_code(placeholders.items[number], containers), placeholders.drop
        )
        root = reader.read()
        return str(self._markdown.convert_tree(root, reader.references, placeholders))


def _without_paragraph(made: str) -> str:
    only = _ONE_PARAGRAPH.fullmatch(made)
    return only.group(1) if only else made


def _within(position: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)


def _span_code(content: str) -> str:
    """The text of a code span: line ends are spaces, and one space at both ends stands aside (CommonMark 6.1)."""
    code = content.replace("\n", " ")
    if len(code) > 1 and code.startswith(" ") and code.endswith(" ") and code.strip(" "):
        return code[1:-1]
    return code


def _fence(token: str, segment: Segment) -> str:
    """A fence that stays one for the block reader, on one line."""
    return f"```{token}" + ("\n" if segment.text.endswith("\n") else "")


def _raw_code(segment: Segment) -> str:
    """What the block reader needs to finish a code block: kept in `block` until the containers are known."""
    fenced = segment.is_fenced
    first = segment.text.partition("\n")[0].lstrip("`~") if fenced else ""
    line_start = segment.source.rfind("\n", 0, segment.start) + 1
    before = segment.source[line_start : segment.start]
    return "\x00".join((first.strip(), "fenced" if fenced else "indented", before, segment.content))


def _finish_code(item: Item, containers: tuple[Container, ...]) -> bool:
    """Make the HTML of a code block; False for an item that does not stand between fences."""
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
    """Columns between the containers around a block of code and its first line, of which `before` is the beginning."""
    # The mark of a list item is as wide as the white space that stands for it on further lines.
    inside = _without(_ITEM_MARK.sub(" ", before) + "|", containers, 0)
    return len(inside) - len(inside.lstrip(" "))


def _without(line: str, containers: tuple[Container, ...], indent: int) -> str:
    """A line of code without what belongs to the containers around it, and without its own indentation."""
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
    """Python-Markdown as it is used here: its inline patterns, without images and without blocks."""
    from cardpipe.render.inline import InlineMarkdown

    return InlineMarkdown()
