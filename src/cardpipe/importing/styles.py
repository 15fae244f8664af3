"""Inline styles of fields: which are shown, and which are only left over from copying."""

from __future__ import annotations

import re
from typing import Final

# Styles that say how a whole page looks come with text that is pasted; they are not what an author has chosen.
_COLOURS_OF_TEXT: Final = frozenset(
    [
        "inherit",
        "initial",
        "unset",
        "currentcolor",
        "windowtext",
        "black",
        "#000",
        "#000000",
        "rgb(0,0,0)",
        "rgba(0,0,0,1)",
        "var(--fg)",
        "canvastext",
        "rgb(32,33,34)",
        "rgb(33,33,33)",
        "rgb(34,34,34)",
        "rgb(51,51,51)",
        "#222",
        "#222222",
        "#333",
        "#333333",
        "#202122",
        "#212529",
        "rgb(33,37,41)",
        "rgb(17,17,17)",
        "#111",
        "#111111",
        "rgb(26,26,26)",
        "rgb(36,39,41)",
    ]
)
_BACKGROUNDS: Final = frozenset(
    [
        "inherit",
        "initial",
        "unset",
        "none",
        "transparent",
        "white",
        "#fff",
        "#ffffff",
        "rgb(255,255,255)",
        "rgba(255,255,255,1)",
        "rgba(0,0,0,0)",
        "rgba(255,255,255,0)",
        "var(--canvas)",
        "canvas",
        "rgb(248,249,250)",
        "#f8f9fa",
        "rgb(250,250,250)",
    ]
)
_NAMES: Final = {"black": "#000000", "white": "#ffffff", "red": "#ff0000", "blue": "#0000ff", "green": "#008000"}
_SHORT: Final = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")
_RGB: Final = re.compile(r"rgba?\(([0-9]{1,3}),([0-9]{1,3}),([0-9]{1,3})(?:,1(?:\.0+)?)?\)")
_COLOUR: Final = re.compile(r"#[0-9a-f]{3,8}|[a-z]{3,30}|(?:rgb|hsl)a?\([0-9.,%\s/]{1,60}\)|var\(--[a-z-]{1,30}\)")
_BOLD_FROM: Final = 600


def declarations(style: str) -> dict[str, str]:
    """Return the declarations of a style attribute, in lower case; the last one of a property counts."""
    found = {}
    for part in style.lower().split(";"):
        name, colon, value = part.partition(":")
        value = value.replace("!important", "").strip()
        if colon and value:
            found[name.strip()] = value
    return found


def colour_of(value: str) -> str:
    """Return a text colour that is shown, in one spelling; empty for the usual one."""
    plain = re.sub(r"\s", "", value.lower())
    if not plain or plain in _COLOURS_OF_TEXT or not _COLOUR.fullmatch(plain):
        return ""
    return _normal(plain)


def background_of(value: str) -> str:
    """Return a background colour that is shown, in one spelling; empty for the usual one."""
    plain = re.sub(r"\s", "", value.lower())
    if not plain or plain in _BACKGROUNDS or not _COLOUR.fullmatch(plain):
        return ""
    return _normal(plain)


def _normal(plain: str) -> str:
    plain = _NAMES.get(plain, plain)
    if match := _SHORT.fullmatch(plain):
        return "#" + "".join(sign * 2 for sign in match.groups())
    if match := _RGB.fullmatch(plain):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in match.groups())
    return plain


def marks_of_style(style: str) -> frozenset[str]:
    """Return the marks that a style gives its text: emphasis, and colours other than the usual ones."""
    if not style:
        return frozenset()
    found = declarations(style)
    marks = set()
    weight = found.get("font-weight", "")
    if weight in {"bold", "bolder"} or (weight.isdigit() and int(weight) >= _BOLD_FROM):
        marks.add("strong")
    if found.get("font-style") in {"italic", "oblique"}:
        marks.add("em")
    lines = f"{found.get('text-decoration', '')} {found.get('text-decoration-line', '')}".split()
    if "underline" in lines:
        marks.add("u")
    if "line-through" in lines:
        marks.add("s")
    if found.get("vertical-align") in {"sub", "super"}:
        marks.add("sub" if found["vertical-align"] == "sub" else "sup")
    if background_of(found.get("background-color", found.get("background", ""))):
        marks.add("mark")
    if colour := colour_of(found.get("color", "")):
        marks.add(f"color {colour}")
    if found.get("display") == "none" or found.get("visibility") == "hidden":
        marks.add("hidden")
    return frozenset(marks)
