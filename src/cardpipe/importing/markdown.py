"""HTML of fields to Markdown: a text is accepted only if rendering it again shows what the original showed."""

from __future__ import annotations

import html as html_module
import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import unquote

from cardpipe.importing.cleaning import clean, dropped, is_too_deep
from cardpipe.importing.code import code_span, fence_of
from cardpipe.importing.markdown_html import html_of, without_html
from cardpipe.importing.masking import TOKEN, ClozeMark, Formula, Masked, Sound, masked
from cardpipe.importing.shown import Line, shown
from cardpipe.markup import SegmentKind, scan
from cardpipe.markup import clozes as clozes_of
from cardpipe.markup.bounds import MAXIMUM_LENGTH, excess
from cardpipe.markup.html import is_allowed
from cardpipe.markup.plain import plain_paragraphs
from cardpipe.render.cloze import ClozeForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardpipe.markup import Image
    from cardpipe.render.placeholders import Item

MOST_TAGS: Final = 5_000
"""Maximum tags of a field that is converted; the conversion's time grows with their nesting."""
MOST_SHOWN: Final = 20_000
"""Maximum tags of a field that is compared; of one with more, only the words are taken over."""
DEEPEST: Final = 60
"""Maximum nesting of elements, since converters call themselves for each level."""
_LONGEST_KEPT: Final = 500
"""Maximum characters of a field whose conversion is kept in memory."""
_MOST_KEPT: Final = 48 * 1024 * 1024
"""Maximum bytes of the conversions that are kept: about 80,000 short fields."""
_BYTES_OF_ENTRY: Final = 350
"""What a kept conversion takes besides its two texts."""
_INVISIBLE: Final = re.compile(
    "[\u00ad\u115f\u1160\u180e\u3164\uffa0\u200b\u2060-\u206f\ufeff\ufff9-\ufffb\u202a-\u202e\U000e0000-\U000e007f]"
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|[\ud800-\udfff]"
)
_KEPT_NBSP: Final = re.compile("(?<=[«‹0-9])\xa0(?=\\S)|(?<=\\S)\xa0(?=[»›:;!?%°€$])")
_COMMENT: Final = re.compile(r"(?<!\\)%[^\n]*")
_ENDLESS: Final = re.compile(r"\s+")
_COMMANDS: Final = re.compile(r"\[(?=(?:sound:|/?latex\]|/?\${1,2}\]|/?anki:|\[type:))", re.IGNORECASE)


class Media(Protocol):
    """The media of the import."""

    def name_of(self, name: str) -> str | None:
        """Return the name below `source/media/` of a file that a field names; None if it is not taken over."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A field as Markdown."""

    text: str
    exact: bool = True
    """Whether rendering the Markdown shows what the field showed."""
    original: bool = False
    """Whether it is kept as a block of original HTML."""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forms:
    """A field in two forms, which need not show the same."""

    atoms: str
    """HTML in which atoms stand for formulas and sounds, as `shown` takes it."""
    markdown: str | None
    """None beyond the limits of the converter."""
    dropped: int
    """The number of pictures and sounds that are not taken over; both forms are without them."""


class Converter:
    """Converts fields; belongs to one thread, like the renderer.

    `is_refused(tex, display)` says whether MathJax refuses a formula.
    """

    def __init__(self, media: Media, is_refused: Callable[[str, bool], bool]) -> None:
        from cardpipe.render.markdown import MarkdownRenderer

        self._media = media
        self._is_refused = is_refused
        self._known: dict[tuple[str, bool], Converted] = {}
        self._kept = 0
        self._renderer = MarkdownRenderer(math=_math_atom, picture=_picture_atom, live_mathjax=False)

    def plain(self, source: str) -> Converted:
        """Convert plain text, whose line breaks are kept."""
        lines = (html_module.escape(line, quote=False) for line in source.split("\n"))
        return self.html("<br>".join(lines))

    def html(self, source: str, *, clozes: bool = False) -> Converted:
        """Convert a field of HTML."""
        source = _INVISIBLE.sub("", source)
        simple = " ".join(source.split()) if "\xa0" not in source else ""
        if not source.strip() or (simple and plain_paragraphs(simple) is not None):
            return Converted(simple)
        # Values are read twice where the kinds of fields are found first.
        key = (source, clozes)
        if key in self._known:
            return self._known[key]
        made = self._converted(source, clozes=clozes)
        size = sys.getsizeof(source) + sys.getsizeof(made.text) + _BYTES_OF_ENTRY
        if len(source) <= _LONGEST_KEPT and self._kept + size <= _MOST_KEPT:
            self._known[key] = made
            self._kept += size
        return made

    def _converted(self, source: str, *, clozes: bool) -> Converted:
        found = masked(source, clozes=clozes)
        remarks = [*found.remarks, *(f"dropped: {what}" for what in dropped(found.html))]
        if found.html.count("<") > MOST_SHOWN or is_too_deep(found.html):
            return replace(self.words(source, clozes=clozes), remarks=tuple(remarks))
        field_ = _Field(found, _spaces(clean(found.html)), self._media, self._is_refused, clozes)
        made = self._best(field_)
        return replace(made, remarks=(*remarks, *field_.remarks))

    def _best(self, field_: _Field) -> Converted:
        """Return the first form of a field that shows what it showed."""
        clozes = field_.clozes
        atoms = field_.atoms()
        original = shown(atoms, clozes=clozes)
        if not original:
            return Converted("")
        simple = field_.simple_markdown()
        if simple is not None and self.shows(simple, original, clozes=clozes):
            return Converted(simple)
        text = field_.markdown()
        if text is not None and self.shows(text, original, clozes=clozes):
            return Converted(text)
        block = field_.block()
        if self.shows(block, original, clozes=clozes):
            return Converted(block, exact=False, original=True)
        return Converted(text or field_.words(), exact=False)

    def markdown(self, source: str, *, clozes: bool = False) -> Converted:
        """Convert Markdown of another program: it is kept where cardpipe reads it in the same way."""
        text = _INVISIBLE.sub("", source).expandtabs(4).strip("\n").rstrip()
        made, missing = _with_media(without_html(text), self._media)
        # cardpipe reads Markdown as GitHub does, so only raw HTML and formulas can make a difference.
        if self._is_sound(made, clozes=clozes):
            return Converted(made, remarks=tuple(f"missing: {name[:100]}" for name in missing))
        return self.html(html_of(text), clozes=clozes)

    def _is_sound(self, text: str, *, clozes: bool) -> bool:
        scanned = scan(text)
        has_html = any(not is_allowed(tag.text, tag.name) for tag in scanned.html)
        if has_html or scanned.problems or excess(text) is not None or (clozes and clozes_of(scanned).faults):
            return False
        return not any(
            self._is_refused(formula.tex, formula.kind is SegmentKind.DISPLAY_MATH) for formula in scanned.math()
        )

    def forms(self, source: str, *, clozes: bool = False) -> Forms | None:
        """Return a field as HTML and as Markdown; None if it has too many tags to be compared."""
        found = masked(_INVISIBLE.sub("", source), clozes=clozes)
        if found.html.count("<") > MOST_SHOWN or is_too_deep(found.html):
            return None
        dropped: list[str] = []

        def kept(match: re.Match[str], name: str | None) -> str:
            if name is not None and self._media.name_of(name) is None:
                dropped.append(name)
                return ""
            return match[0]

        html = _IMAGE.sub(lambda match: kept(match, html_module.unescape(match["src"])), _spaces(clean(found.html)))
        sounds = {index: item.name for index, item in enumerate(found.items) if isinstance(item, Sound)}
        html = TOKEN.sub(lambda match: kept(match, sounds.get(int(match[1]))), html)
        field_ = _Field(found, html, self._media, self._is_refused, clozes)
        return Forms(field_.atoms(), field_.markdown(), len(dropped))

    def block(self, source: str, *, clozes: bool = False) -> Converted:
        """Return a field as a block of original HTML, whatever Markdown could say."""
        found = masked(_INVISIBLE.sub("", source), clozes=clozes)
        field_ = _Field(found, _spaces(clean(found.html)), self._media, self._is_refused, clozes)
        return Converted(field_.block(), exact=False, original=True, remarks=tuple(field_.remarks))

    def words(self, source: str, *, clozes: bool = False) -> Converted:
        """Return only the words, pictures and formulas of a field, each line as a paragraph."""
        found = masked(_INVISIBLE.sub("", source), clozes=clozes)
        field_ = _Field(found, _spaces(clean(found.html)), self._media, self._is_refused, clozes)
        return Converted(field_.words(), exact=False, remarks=tuple(field_.remarks))

    def shows(self, text: str, original: list[Line], *, clozes: bool, is_line: bool = False) -> bool:
        """Return whether a Markdown text, or a line, shows what the original showed, and is free of faults."""
        if "\n" in text and not is_line:
            # The card's file ends such a text with a line feed, so that its rules find the same scan in memory.
            text = f"{text}\n"
        if len(text) > MAXIMUM_LENGTH or excess(text) is not None:
            return False
        scanned = scan(text)
        if scanned.problems or (clozes and clozes_of(scanned).faults):
            return False
        try:
            made = (
                self._renderer.phrase(text)
                if is_line
                else self._renderer.block(text, ClozeForm.MARKS if clozes else None)
            )
        except Exception:  # noqa: BLE001 - whatever fails, the text is not accepted
            return False
        return shown(made, clozes=clozes) == original

    def rendered(self, text: str) -> str:
        """Return the HTML of a Markdown text, with atoms for formulas and sounds."""
        return self._renderer.block(text)


@dataclass(slots=True)
class _Field:
    """A field whose formulas, sounds and cloze marks are tokens, in well-formed HTML."""

    masked: Masked
    html: str
    media: Media
    is_refused: Callable[[str, bool], bool]
    clozes: bool
    remarks: list[str] = field(default_factory=list)

    def atoms(self) -> str:
        """Return the HTML with what the tokens stand for, as `shown` takes it."""
        return self.masked.restored(self._with_names(self.html), self._atom)

    def _atom(self, item: Formula | Sound | ClozeMark) -> str:
        if isinstance(item, ClozeMark):
            return f"{{{{c{item.number}::" if item.number else "}}"
        if isinstance(item, Sound):
            name = self.media.name_of(item.name)
            return f'<audio-atom src="{html_module.escape(name)}">' if name else html_module.escape(item.name)
        if self.is_refused(item.tex, item.display):
            return f"<code>{html_module.escape(_line(item.tex))}</code>"
        return _math_atom(html_module.escape(tex_line(item.tex)), item.display)

    def _with_names(self, html: str) -> str:
        """Return HTML with the new names of pictures; pictures that are not taken over become their names."""
        return _IMAGE.sub(self._image, html)

    def _image(self, match: re.Match[str]) -> str:
        target = html_module.unescape(match["src"])
        name = self.media.name_of(target)
        if name is None:
            if _REMOTE.match(target):  # `dropped` names it
                return ""
            self.remarks.append(f"missing: {target[:100]}")
            return html_module.escape(PurePosixPath(target).name[:100], quote=False)
        alt = html_module.unescape(match["alt"] or "")
        words = re.sub(r"[<>\"&\\\[\]`*_$|{}]", " ", alt).strip() or _words_of(target)
        return f'<img src="{html_module.escape(name)}" alt="{" ".join(words.split())[:300]}">'

    def simple_markdown(self) -> str | None:
        """Return Markdown for HTML of a few elements, in a fraction of the time; None for any other."""
        from cardpipe.importing.elements import simple_markdown

        return simple_markdown(self.html)

    def markdown(self) -> str | None:
        """Return Markdown; None if the field is beyond the limits of the converter."""
        if self.html.count("<") > MOST_TAGS or depth_of(self.html) > DEEPEST:
            return None
        from cardpipe.importing.elements import to_markdown

        made = to_markdown(self._with_names(self.html), self._is_block)
        return self._restored(made)

    def _is_block(self, text: str) -> bool:
        match = TOKEN.fullmatch(text)
        item = self.masked.items[int(match[1])] if match is not None else None
        return isinstance(item, Formula) and item.display and not self.is_refused(item.tex, True)

    def _restored(self, made: str) -> str:
        """Put Markdown in place of tokens, and line breaks that work inside and outside of deletions."""
        from cardpipe.importing.elements import BREAK

        parts = []
        depth = 0
        position = 0
        for match in re.finditer(f"{TOKEN.pattern}|{BREAK}", made):
            parts.append(made[position : match.start()])
            position = match.end()
            if match[0] == BREAK:
                parts.append("<br>\n" if depth else "\\\n")
                continue
            item = self.masked.items[int(match[1])]
            if isinstance(item, ClozeMark):
                depth += 1 if item.number else -1
            parts.append(self._written(item))
        return "".join([*parts, made[position:]])

    def _written(self, item: Formula | Sound | ClozeMark) -> str:
        if isinstance(item, ClozeMark):
            return f"{{{{c{item.number}::" if item.number else "}}"
        if isinstance(item, Sound):
            name = self.media.name_of(item.name)
            if name is None:
                self.remarks.append(f"missing: {item.name[:100]}")
                return item.name
            return f"![{_words_of(item.name)}]({name})"
        if self.is_refused(item.tex, item.display):
            self.remarks.append(f"MathJax refuses: {_line(item.tex)[:200]}")
            return code_span(_line(item.tex))
        return f"$${tex_line(item.tex)}$$" if item.display else f"${tex_line(item.tex)}$"

    def block(self) -> str:
        """Return the field as a block of original HTML."""
        made = self.masked.restored(self._with_names(self.html), self._in_block)
        made = _COMMANDS.sub("[ ", "\n".join(line.rstrip() for line in made.strip().split("\n") if line.strip()))
        fence = fence_of(made)
        return f"{fence}html original\n{made}\n{fence}"

    def _in_block(self, item: Formula | Sound | ClozeMark) -> str:
        if isinstance(item, ClozeMark):
            return f"{{{{c{item.number}::" if item.number else "}}"
        if isinstance(item, Sound):
            name = self.media.name_of(item.name)
            if name is None:
                return html_module.escape(item.name)
            return f'<audio src="{html_module.escape(name)}" alt="{_words_of(item.name)}"></audio>'
        if self.is_refused(item.tex, item.display):
            return f"<code>{html_module.escape(_line(item.tex))}</code>"
        tex = html_module.escape(tex_line(item.tex))
        return rf"\[{tex}\]" if item.display else rf"\({tex}\)"

    def words(self) -> str:
        """Return the words, pictures and formulas as Markdown, each line as a paragraph."""
        from cardpipe.importing.elements import escaped

        text = re.sub(r"<(?:br|/?(?:div|p|li|tr|h[1-6]|table|ul|ol|pre|blockquote))\b[^<>]*>", "\n", self.html)
        paragraphs = []
        for line in text.split("\n"):
            pieces = []
            position = 0
            line_ = self._with_names(line)
            for match in _IMAGE.finditer(line_):
                pieces.append(escaped(_bare(line_[position : match.start()])))
                pieces.append(f"![{match['alt'] or ''}]({html_module.unescape(match['src'])})")
                position = match.end()
            pieces.append(escaped(_bare(line_[position:])))
            made = self.masked.restored("".join(pieces), self._written).strip()
            if made:
                paragraphs.append(made)
        return "\n\n".join(paragraphs)


def _with_media(text: str, media: Media) -> tuple[str, list[str]]:
    """Return a Markdown text with the new names of its pictures, and the names of those that are not taken over."""
    from cardpipe.importing.elements import escaped

    parts = []
    missing = []
    position = 0
    for image in scan(text).images():
        name = media.name_of(unquote(image.target))
        parts.append(text[position : image.segment.start])
        position = image.segment.end
        if name is not None:
            parts.append(f"![{image.alt.strip() or _words_of(name)}]({name})")
            continue
        missing.append(image.target)
        if not _REMOTE.match(image.target):
            parts.append(escaped(PurePosixPath(image.target).name[:100]))
    return "".join([*parts, text[position:]]), missing


# The cleaner writes attributes in double quotes, in the order of their source.
_IMAGE: Final = re.compile(
    r"<img\b(?=[^<>]*?\ssrc=\"(?P<src>[^\"]*)\")(?:(?=[^<>]*?\salt=\"(?P<alt>[^\"]*)\"))?(?:[^<>\"]|\"[^\"]*\")*>"
)
_REMOTE: Final = re.compile(r"(?:https?:)?//", re.IGNORECASE)


def _math_atom(tex: str, display: bool) -> str:
    return f'<math-atom d="{int(display)}">{_comparable(tex)}</math-atom>'


def _comparable(tex: str) -> str:
    escaped = html_module.escape(html_module.unescape(tex), quote=False)
    return re.sub(r"\\Vert(?![A-Za-z])", r"\\|", re.sub(r"\\vert(?![A-Za-z])", "|", escaped))


def _picture_atom(image: Image) -> Item:
    from cardpipe.assets.sounds import is_sound
    from cardpipe.render.placeholders import Item

    name = html_module.escape(image.target)
    made = f'<audio-atom src="{name}">' if is_sound(image.target) else f'<img src="{name}">'
    return Item(image.segment.text, made)


def tex_line(tex: str) -> str:
    """Return a formula on one line, without comments."""
    return _line(_COMMENT.sub("", tex))


def _line(text: str) -> str:
    return " ".join(text.split())


def _words_of(name: str) -> str:
    """Return the name of a file in words, for want of a description."""
    stem = PurePosixPath(name).stem
    return " ".join(re.sub(r"[^\w]+|_+", " ", stem).split())[:100] or "media"


def _spaces(html: str) -> str:
    """Return HTML without non-breaking spaces, but those that typography asks for."""
    html = html.replace("&nbsp;", "\xa0")
    kept = _KEPT_NBSP.sub("\ue01e", html)
    return kept.replace("\xa0", " ").replace("\ue01e", "\xa0")


def depth_of(html: str) -> int:
    """Return how deeply the elements of well-formed HTML are nested."""
    depth = deepest = 0
    for match in re.finditer(r"<(/?)([a-z0-9]+)", html):
        if match[2] in {"br", "img", "hr", "col", "wbr"}:
            continue
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _bare(html: str) -> str:
    return _ENDLESS.sub(" ", html_module.unescape(re.sub(r"<[^<>]*>", "", html)))
