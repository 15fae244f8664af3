"""What cardpipe renders specially, as tokens: formulas, pictures, sounds, cloze marks, blocks of original HTML."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.importing.code import fence_of
from cardpipe.importing.masking import CLOSE, OPEN, TOKEN
from cardpipe.model.card_ids import ANY_ID
from cardpipe.writers.api import ALERTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cardpipe.text.translation import Words

_RESERVED: Final = re.compile("[\ue000-\ue01f]")
_TAKEN: Final = re.compile(
    r'<div class="equation">\\\[(?P<block>[^<]*)\\\]</div>'
    r'|<span class="equation">\\\[(?P<display>[^<]*)\\\]</span>'
    r'|<span class="math inline">\\\((?P<inline>[^<]*)\\\)</span>'
    r'|<span class="sound" title="(?P<label>[^"]*)">\[sound:(?P<sound>[^\[\]<>\n]{1,300})\]</span>'
    r'|<figure class="figure (?:drawn|media)">(?P<figure><img [^<>]*>)'
    r"(?:<figcaption>(?:(?!</?fig).)*</figcaption>)?</figure>"
    r"|(?P<picture><img [^<>]*>)",
    re.DOTALL,
)
_CLOZE: Final = re.compile(r"\{\{c(?P<number>[0-9]{1,4})::|::|\}\}")
_ATTRIBUTE: Final = re.compile(r'\s([a-z-]+)="([^"]*)"')
_WIDTH: Final = re.compile(r"width:([0-9.]+(?:%|px));max-width:100%")
_CARD_LINK: Final = re.compile(
    rf'<em class="card-link">(?P<words>(?:(?!</?em[ >]).)*?(?:<em>(?:(?!</?em[ >]).)*?</em>(?:(?!</?em[ >]).)*?)*)</em>'
    rf'(?: <span class="card-id">\((?P<id>{ANY_ID})\)</span>)?',
    re.DOTALL,
)
_ORIGINAL: Final = '<div class="original">'
_DIV: Final = re.compile(r"<(/?)div\b[^<>]*>")
_ALERT: Final = re.compile(
    r"(<blockquote(?: dir=\"[a-z]+\")?>\s*<p(?: dir=\"[a-z]+\")?><strong>)([^<>]{1,60})(?=</strong></p>)"
)
_SPACED: Final = re.compile(r"\{ (?=\{)|\} (?=\})")


@dataclass(frozen=True, slots=True)
class Atom:
    """A token's meaning: in Markdown, in HTML for comparisons, and in a block of original HTML."""

    markdown: str
    comparable: str
    original: str
    is_block: bool = False
    cloze: int = 0
    """1 for the beginning of a deletion, -1 for its end."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: the name of its asset, and what is said of it."""

    asset: str
    alt: str
    width: str = ""
    """The chosen width, as the source has it."""
    is_media: bool = True
    """Whether it is from `source/media/`, and not a figure."""


@dataclass(slots=True)
class Tokens:
    """A field with tokens for its atoms."""

    html: str
    atoms: list[Atom] = field(default_factory=list)

    def restored(self, text: str, write: Callable[[Atom], str]) -> str:
        """Return a text with each token replaced; atoms can contain tokens themselves."""
        while TOKEN.search(text):
            text = TOKEN.sub(lambda match: write(self.atoms[int(match[1])]), text)
        return text

    def of(self, token: str) -> Atom | None:
        """Return the atom of a token; None for any other text."""
        match = TOKEN.fullmatch(token)
        return self.atoms[int(match[1])] if match is not None else None


def tokens_of(
    source: str,
    *,
    clozes: bool,
    name_of: Callable[[str], str | None],
    figures: Mapping[str, str],
    ids: Callable[[str], str],
    words: Words,
) -> Tokens:
    """Return a field of HTML that cardpipe rendered with tokens for its atoms.

    `name_of` returns the new name of a picture or sound, `figures` has the IDs of figures by asset, `ids` returns
    the ID of the card that a text mentions, and `words` are those of the deck's language.
    """
    found = Tokens("")

    def put(atom: Atom) -> str:
        found.atoms.append(atom)
        token = f"{OPEN}{len(found.atoms) - 1}{CLOSE}"
        return f"<div>{token}</div>" if atom.is_block else token

    def taken(match: re.Match[str]) -> str:
        if match["figure"] or match["picture"]:
            made = _picture(
                picture_of(match["figure"] or match["picture"]), name_of, figures, block=bool(match["figure"])
            )
            return put(made) if made is not None else match[0]
        if match["sound"]:
            name = name_of(html.unescape(match["sound"]))
            return put(_media(name, html.unescape(match["label"]), "audio-atom")) if name else match[0]
        display = match["inline"] is None
        tex = html.unescape(match["inline"] if not display else match["block"] or match["display"] or "").strip()
        return put(_formula(_joined(tex), display=display, is_block=match["block"] is not None))

    text = _RESERVED.sub("", source).replace(r"<span>\</span>", "\\")
    text = _CARD_LINK.sub(lambda match: _linked(match, ids), text)
    text = _ALERT.sub(lambda match: _in_english(match, words), text)
    text = _TAKEN.sub(taken, text)
    if clozes:
        text = _with_cloze_marks(text, put)
    found.html = _with_originals(text, found, put)
    return found


def picture_of(tag: str) -> Picture:
    """Return the picture of an `<img>` as cardpipe writes it."""
    values = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
    width = _WIDTH.match(values.get("style", ""))
    return Picture(
        asset=values.get("src", ""),
        alt=values.get("alt", ""),
        width=width[1] if width is not None else "",
        is_media=values.get("class") == "media",
    )


def _formula(tex: str, *, display: bool, is_block: bool) -> Atom:
    atom = f'<math-atom d="{int(display)}">{html.escape(tex, quote=False)}</math-atom>'
    escaped = html.escape(tex, quote=False)
    if not display:
        return Atom(f"${tex}$", atom, rf"\({escaped}\)")
    written = f"$$\n{tex}\n$$" if is_block else f"$${tex}$$"
    return Atom(written, f'<div class="equation">{atom}</div>' if is_block else atom, rf"\[{escaped}\]", is_block)


def _joined(tex: str) -> str:
    """Return TeX without the spaces that cardpipe puts between braces."""
    while (made := _SPACED.sub(lambda match: match[0][0], tex)) != tex:
        tex = made
    return tex


def _picture(
    picture: Picture, name_of: Callable[[str], str | None], figures: Mapping[str, str], *, block: bool
) -> Atom | None:
    """Return the atom of a figure or picture; None if the file is not taken over."""
    figure = figures.get(picture.asset)
    if figure is not None and not picture.is_media:
        target = f"figure:{figure}"
        return Atom(f"![]({target})", f'<img src="{target}">', "", block)
    name = name_of(picture.asset)
    return _media(name, picture.alt, "img", picture.width) if name else None


def _media(name: str, label: str, tag: str, width: str = "") -> Atom:
    alt = "" if label == name else label
    written = re.sub(r"([\\`*_\[\]<>$!])", r"\\\1", alt)
    # Only brackets and what the scanner reads as markup must be escaped.
    written = written if any(mark in alt for mark in "\\`[]<>$") else alt
    title = f' "width={width}"' if width else ""
    element = "audio" if tag == "audio-atom" else "img"
    end = "</audio>" if element == "audio" else ""
    original = f'<{element} src="{html.escape(name)}" alt="{html.escape(alt or PurePosixPath(name).stem)}">{end}'
    return Atom(f"![{written}]({name}{title})", f'<{tag} src="{html.escape(name)}">', original)


def _linked(match: re.Match[str], ids: Callable[[str], str]) -> str:
    card = match["id"] or ids(html.unescape(re.sub("<[^<>]*>", "", match["words"])))
    return f'<a href="#card-{card}">{match["words"]}</a>' if card else match[0]


def _in_english(match: re.Match[str], words: Words) -> str:
    title = next((name for name in ALERTS if html.escape(words.gettext(name)) == match[2]), match[2])
    return f"{match[1]}{title}"


def _with_cloze_marks(text: str, put: Callable[[Atom], str]) -> str:
    depth = 0

    def mark(match: re.Match[str]) -> str:
        nonlocal depth
        if match["number"]:
            depth += 1
            return put(Atom(match[0], match[0], match[0], cloze=1))
        if not depth:
            return match[0]
        if match[0] == "}}":
            depth -= 1
            return put(Atom("}}", "}}", "}}", cloze=-1))
        return put(Atom("::", "::", "::"))

    return _CLOZE.sub(mark, text)


def _with_originals(text: str, found: Tokens, put: Callable[[Atom], str]) -> str:
    """Return HTML with tokens for blocks of original HTML."""
    parts = []
    position = 0
    while (start := text.find(_ORIGINAL, position)) >= 0:
        depth = 0
        end = len(text)
        inner_end = end
        for tag in _DIV.finditer(text, start):
            depth += -1 if tag[1] else 1
            if not depth:
                inner_end, end = tag.start(), tag.end()
                break
        inner = text[start + len(_ORIGINAL) : inner_end]
        content = found.restored(inner, lambda atom: atom.original)
        fence = fence_of(content)
        markdown = f"{fence}html original\n{content}\n{fence}"
        parts += [text[position:start], put(Atom(markdown, f"<div>{inner}</div>", content, is_block=True))]
        position = end
    return "".join([*parts, text[position:]])
