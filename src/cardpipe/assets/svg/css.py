"""Check the CSS of an SVG: it must not load anything, in any spelling (CSS Syntax 3, CSS Values 4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN: Final = re.compile(
    r"""/\*.*?\*/
    | (?P<call>\burl\(\s*(?:"(?P<double>[^"\\\n]*)"|'(?P<single>[^'\\\n]*)'|(?P<bare>[^\s"'()\\]*))\s*\))
    | "(?:[^"\\\n]|\\.)*"
    | '(?:[^'\\\n]|\\.)*'
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_OWN: Final = re.compile(r"#([^\s\"'()<>\\{};:%\x01\x02]+)")
_KEPT: Final = re.compile("\x01([^\x02]*)\x02")
"""The markers of an internal reference in plain text; XML does not allow these characters."""
_FONT: Final = re.compile(
    r"data:(?:font/(?:woff2?|ttf|otf|sfnt)|application/(?:x-)?font-(?:woff2?|ttf|otf|sfnt|truetype|opentype)"
    r"|application/(?:font-)?(?:woff2?|octet-stream))(?:;charset=[\w-]+)?;base64,[A-Za-z0-9+/=\s]*",
    re.IGNORECASE,
)
_FUNCTION: Final = re.compile(r"([-\w]*)\s*\(")
_FUNCTIONS: Final = frozenset(
    [
        *("", "rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "color-mix", "light-dark"),
        *("icc-color", "device-cmyk", "matrix", "matrix3d", "translate", "translatex", "translatey", "translatez"),
        *("translate3d", "scale", "scalex", "scaley", "scale3d", "rotate", "rotatex", "rotatey", "rotatez"),
        *("rotate3d", "skew", "skewx", "skewy", "perspective", "calc", "min", "max", "clamp", "var", "cubic-bezier"),
        *("steps", "linear", "blur", "brightness", "contrast", "drop-shadow", "grayscale", "hue-rotate", "invert"),
        *("opacity", "saturate", "sepia", "polygon", "circle", "ellipse", "inset", "path", "rect", "xywh", "shape"),
        *("linear-gradient", "radial-gradient", "conic-gradient", "repeating-linear-gradient"),
        *("repeating-radial-gradient", "ref"),
    ]
)
"""Allowed functions, in lower case: they compute a colour, a length, a shape or a transform."""
_FONT_FUNCTIONS: Final = frozenset(["format", "local", "tech"])
_SELECTOR_FUNCTIONS: Final = frozenset(["not", "is", "where", "lang", "dir"])
_AT_RULES: Final = frozenset(["media", "supports", "keyframes", "-webkit-keyframes", "font-face", "charset", "page"])
_AT: Final = re.compile(r"@([-\w]*)")
_PIECE: Final = re.compile(r"([^{};]*)([{};]|\Z)")
_COMPOUND: Final = re.compile(r"[^\s>+~]+")
_KEY: Final = re.compile(r"([.#]?)((?:[-\w]|[^\x00-\x7f])+)")
_ATTRIBUTE: Final = re.compile(r"\[[^\]]*\]?")
_LONGEST_SELECTOR: Final = 6
"""Maximum compounds of a selector: an engine can try each at every ancestor."""


class CssFault(NamedTuple):
    """A fault in a CSS text, and its position."""

    start: int
    message: str
    help: str


class UrlReference(NamedTuple):
    """A property that refers to an element of the same file."""

    property: str
    target: str


class StyleRule(NamedTuple):
    """The references of a style rule, and the elements that it can apply to."""

    keys: tuple[str, ...]
    """`.class`, `#id` or `element` of each selector's last compound; `*` if it could be any element."""
    properties: frozenset[str]
    references: tuple[UrlReference, ...]


class StyleSheet(NamedTuple):
    """The contents of a style sheet that matter for safety and for the work of drawing."""

    faults: list[CssFault]
    rules: list[StyleRule]
    selectors: int
    """All of them, each counted once for each of its compounds."""
    declarations: list[tuple[str, str]]
    """Each property in small letters with its value, without comments and strings."""


def value_fault(text: str) -> CssFault | None:
    """Return the fault of a value or a list of declarations that could load something, if any."""
    if not _SUSPECT.search(text):
        return None
    plain, fault = _plain(text)
    return fault or _rest_fault(plain, text, _FUNCTIONS)


def declarations(text: str) -> Iterator[tuple[str, str]]:
    """Return the declarations of a `style` attribute: property in lower case, and value.

    Comments and strings are removed, and internal references are marked for `kept`.
    """
    for part in (_plain(text)[0] if _SUSPECT.search(text) else text).split(";"):
        name, colon, value = part.partition(":")
        if colon:
            yield name.strip().lower(), value


def references(text: str) -> list[str]:
    """Return the ids of elements of the same file that a value refers to."""
    return kept(_plain(text)[0]) if "url" in text.lower() else []


def kept(value: str) -> list[str]:
    """Return the ids of elements of the same file in a value of `declarations`."""
    found: list[str] = _KEPT.findall(value)
    return found


def style_sheet(text: str) -> StyleSheet:
    """Read a style sheet."""
    plain, fault = _plain(text, font=True)
    faults = [fault] if fault is not None else []
    rules: list[StyleRule] = []
    count = 0
    blocks: list[str] = []
    declared: list[tuple[str, str]] = []
    for match in _PIECE.finditer(plain):
        piece, end = match[1].strip(), match[2]
        at = _AT.match(piece)
        in_font = bool(blocks) and blocks[-1].startswith("@font-face")
        if at is not None and at[1].lower() not in _AT_RULES:
            index = _index(text, f"@{at[1]}")
            faults.append(
                CssFault(
                    index,
                    f"The rule @{at[1][:40]} of this style sheet can load external resources.",
                    _REMOVE_RULE,
                )
            )
        elif "@" in piece[1:] or "\\" in piece:
            faults.append(CssFault(_index(text, "\\" if "\\" in piece else "@"), *_ESCAPED))
        else:
            functions = _FUNCTIONS
            if in_font:
                functions = _FUNCTIONS | _FONT_FUNCTIONS
            elif end == "{" and at is None:
                functions = _FUNCTIONS | _SELECTOR_FUNCTIONS
            found = _rest_fault(piece, text, functions)
            faults += [found] if found is not None else []
        if end == "{":
            blocks.append(piece)
            keys: tuple[str, ...] = ("*",)
            if at is None and not any("keyframes" in block.lower() for block in blocks[:-1]):
                keys, compounds, found = _selectors(piece, text)
                count += compounds
                faults += [found] if found is not None else []
            rules.append(StyleRule(keys, frozenset(), ()))
        elif end == "}" and blocks:
            blocks.pop()
        if end in {";", "}", ""} and ":" in piece and rules:
            name, _, value = piece.partition(":")
            name = name.strip().lower()
            declared.append((name, value))
            last = rules[-1]
            own = tuple(UrlReference(name, target) for target in kept(value))
            if own and name.startswith("--"):
                faults.append(CssFault(_index(text, name), *HIDDEN))
            rules[-1] = StyleRule(last.keys, last.properties | {name}, last.references + own)
        if len(faults) >= _MOST:
            break
    return StyleSheet(faults, rules, count, declared)


_SUSPECT: Final = re.compile(r"[\\(@\"']|/\*")
_MOST: Final = 20
HIDDEN: Final = (
    "A custom property contains a reference, so its uses cannot be checked.",
    "Write the reference where it is used.",
)
_REMOVE_RULE: Final = "Remove the rule."
_ESCAPED: Final = (
    "The CSS contains a backslash or an @, which can hide an external address.",
    "Write the characters themselves.",
)


def _plain(text: str, *, font: bool = False) -> tuple[str, CssFault | None]:
    """Return the text without comments and strings, with internal references marked, and the first external address."""
    faults: list[CssFault] = []

    def replaced(match: re.Match[str]) -> str:
        if match["call"] is None:
            return "" if match[0].startswith("/*") else "s"
        address = (match["double"] or match["single"] or match["bare"] or "").strip()
        own = _OWN.fullmatch(address)
        if own is not None:
            return f"\x01{own[1]}\x02"
        if not (font and _FONT.fullmatch(address)) and not faults:
            message = f"url({shortened(address, 40)}) loads an external resource."
            faults.append(CssFault(match.start(), message, "Embed it in the drawing, or remove it."))
        return "s"

    return _TOKEN.sub(replaced, text), faults[0] if faults else None


def _rest_fault(plain: str, text: str, functions: frozenset[str]) -> CssFault | None:
    if "\\" in plain or "@" in plain[1:]:
        return CssFault(_index(text, "\\" if "\\" in plain else "@"), *_ESCAPED)
    if '"' in plain or "'" in plain:
        return CssFault(_index(text, '"' if '"' in plain else "'"), "A quotation mark is not closed.", "Close it.")
    for match in _FUNCTION.finditer(plain):
        if match[1].lower() not in functions:
            message = f"The CSS function {match[1][:40]}() is not allowed: it can load external resources."
            return CssFault(_index(text, match[1]), message, "Remove it.")
    return None


def _selectors(piece: str, text: str) -> tuple[tuple[str, ...], int, CssFault | None]:
    """Return the targets of the selectors, their number of compounds, and their fault."""
    keys = []
    count = 0
    for selector in _ATTRIBUTE.sub("", piece).split(","):
        compounds = _COMPOUND.findall(selector)
        count += max(1, len(compounds))
        if len(compounds) > _LONGEST_SELECTOR:
            return ("*",), count, CssFault(_index(text, piece[:20]), "The selector is too long.", "Use a class.")
        costly = re.search(r"[+~]|:(?:nth|has|last|only|first|empty)", selector, re.IGNORECASE)
        if costly is not None:
            message = f"The selector {shortened(selector.strip(), 40)} is not allowed: its cost grows without bound."
            return ("*",), count, CssFault(_index(text, costly[0]), message, "Use a class instead.")
        named = _KEY.findall(re.sub(r":.*", "", compounds[-1])) if compounds else []
        best = max(named, key=lambda found: (".", "#").count(found[0]), default=("", "*"))
        keys.append(best[0] + best[1] if "(" not in selector else "*")
    return tuple(keys), count, None


def _index(text: str, part: str) -> int:
    return max(0, text.lower().find(part.lower()))
