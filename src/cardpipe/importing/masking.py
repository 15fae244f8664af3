r"""Take out what is not HTML in a field of Anki: formulas of every notation, sounds, cloze marks.

Each becomes a token, so that neither an HTML parser nor Markdown changes it. Tokens are numbers between two characters
for private use, which are removed from the field before.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

OPEN, CLOSE = "\ue010", "\ue011"
TOKEN: Final = re.compile(f"{OPEN}([0-9]+){CLOSE}")
_RESERVED: Final = re.compile("[\ue000-\ue01f]")

# Anki's notations (docs.ankiweb.net, “Math & Symbols”). None contains its own beginning, so that the time is linear.
_TAKEN: Final = re.compile(
    r"\[latex\](?P<latex>(?:(?!\[latex\]).)*?)\[/latex\]"
    r"|\[\$\$\](?P<old_display>(?:(?!\[\$\$\]).)*?)\[/\$\$\]"
    r"|\[\$\](?P<old_inline>(?:(?!\[\$\]).)*?)\[/\$\]"
    r"|\\\[(?P<display>(?:(?!\\\[).)*?)\\\]"
    r"|\\\((?P<inline>(?:(?!\\\().)*?)\\\)"
    r"|<anki-mathjax(?P<attributes>[^<>]*)>(?P<element>(?:(?!<anki-mathjax).)*?)</anki-mathjax>"
    r"|\[sound:(?P<sound>[^\[\]<>\n]{1,300})\]"
    r"|\{\{c(?P<cloze>[0-9]{1,4})::"
    r"|(?P<multiple>\{\{c(?:[0-9]{1,4},)+[0-9]{1,4}::)"
    r"|(?P<close>\}\})",
    re.DOTALL | re.IGNORECASE,
)
_DISPLAYED: Final = re.compile(r"\\begin\{(?:equation|align|gather|multline|eqnarray|displaymath|math)\*?\}")
_WRAPPED: Final = re.compile(
    r"\$\$(?P<double>.*)\$\$|\$(?P<single>[^$]*)\$|\\\[(?P<square>.*)\\\]|\\\((?P<round>.*)\\\)"
    r"|\\begin\{(?P<kind>displaymath|math)\}(?P<environment>.*)\\end\{(?P=kind)\}",
    re.DOTALL,
)
_IN_TEXT: Final = re.compile(r"\$\$(?P<double>[^$]+)\$\$|\$(?P<single>[^$]+)\$")
_COMMAND: Final = re.compile(r"\\[A-Za-z]+|[\^_]")
_BREAK: Final = re.compile(r"<br ?/?>|</?(?:div|p)(?: [^<>]*)?>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_STARS: Final = re.compile(r"\\begin\{eqnarray(\*?)\}|\\end\{eqnarray(\*?)\}")


class Formula(NamedTuple):
    """A formula's TeX, in which cloze marks can be."""

    tex: str
    display: bool


class Sound(NamedTuple):
    """A sound by the name of its file."""

    name: str


class ClozeMark(NamedTuple):
    """The beginning of a deletion, or its end, which has the number 0."""

    number: int


@dataclass(slots=True)
class Masked:
    """A field whose formulas, sounds and cloze marks are tokens."""

    html: str
    items: list[Formula | Sound | ClozeMark] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def restored(self, text: str, write: Callable[[Formula | Sound | ClozeMark], str]) -> str:
        """Return a text with each token replaced by what `write` returns for its item."""
        return TOKEN.sub(lambda match: write(self.items[int(match[1])]), text)


def masked(source: str, *, clozes: bool) -> Masked:
    """Return a field of HTML with tokens; cloze marks are taken out only with `clozes`."""
    found = Masked("")

    def put(item: Formula | Sound | ClozeMark) -> str:
        found.items.append(item)
        return f"{OPEN}{len(found.items) - 1}{CLOSE}"

    def taken(match: re.Match[str]) -> str:
        if match["cloze"]:
            return put(ClozeMark(int(match["cloze"]))) if clozes else match[0]
        if match["multiple"]:
            if not clozes:
                return match[0]
            first = re.search("[0-9]+", match[0])
            found.remarks.append(f"“{match[0]}” belongs to several cards; only the first number is kept.")
            return put(ClozeMark(int(first[0]) if first else 1))
        if match["close"]:
            return put(ClozeMark(0)) if clozes else match[0]
        if match["sound"]:
            return put(Sound(html.unescape(match["sound"]).strip()))
        return _formula(match, put)

    found.html = _TAKEN.sub(taken, _RESERVED.sub("", source))
    return found


def _formula(match: re.Match[str], put: Callable[[Formula | Sound | ClozeMark], str]) -> str:
    if match["latex"] is not None:
        return _latex(tex_of(match["latex"]), put)
    display = match["display"] if match["display"] is not None else match["old_display"]
    if match["element"] is not None:
        is_block = re.search(r"block\s*=\s*[\"']?true", match["attributes"] or "", re.IGNORECASE) is not None
        tex = tex_of(match["element"])
        return put(Formula(tex, is_block)) if tex else ""
    if display is not None:
        tex = tex_of(display)
        return put(Formula(tex, True)) if tex else ""
    tex = tex_of(match["inline"] if match["inline"] is not None else match["old_inline"])
    return put(Formula(tex, False)) if tex else ""


def tex_of(source: str) -> str:
    """Return the TeX that a formula's HTML shows: Anki's editor writes entities and line breaks as HTML."""
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", source))).replace("\xa0", " ")
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _latex(tex: str, put: Callable[[Formula | Sound | ClozeMark], str]) -> str:
    """Return a part in LaTeX as a formula, or as text with formulas."""
    tex = _STARS.sub(lambda match: match[0].replace("eqnarray", "align"), tex)
    whole = _WRAPPED.fullmatch(tex)
    if whole is not None:
        inner = next(value for key, value in whole.groupdict().items() if value is not None and key != "kind")
        display = whole["single"] is None and whole["round"] is None and whole["kind"] != "math"
        return put(Formula(inner.strip(), display)) if inner.strip() else ""
    if "$" in tex:
        parts = []
        position = 0
        for match in _IN_TEXT.finditer(tex):
            parts.append(html.escape(tex[position : match.start()]))
            parts.append(put(Formula((match["double"] or match["single"]).strip(), match["double"] is not None)))
            position = match.end()
        return "".join([*parts, html.escape(tex[position:])]).replace("\n", " ")
    if _DISPLAYED.search(tex) or _COMMAND.search(tex):
        # Anki shows the picture of a part in LaTeX within the line.
        return put(Formula(tex, _DISPLAYED.search(tex) is not None)) if tex else ""
    return html.escape(tex)
