"""Inline styles of fields: which are shown, and which are only left over from copying."""

from __future__ import annotations

import functools
import re
from typing import Final

# Styles that say how a whole page looks come with text that is pasted; they are not what an author has chosen.
_USUAL: Final = frozenset(
    [
        "inherit",
        "initial",
        "unset",
        "none",
        "transparent",
        "currentcolor",
        "windowtext",
        "canvas",
        "canvastext",
        "var(--fg)",
        "var(--canvas)",
        "rgba(0,0,0,0)",
        "rgba(255,255,255,0)",
    ]
)
_DARKEST, _LIGHTEST = 0x48, 0xF4
"""Greys up to the one are the black of a page's text, greys from the other its white paper."""
_GREY: Final = 0x18
"""The largest difference between the parts of a colour that looks grey."""
_HEX: Final = re.compile("#[0-9a-f]{6}")
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


_CODE: Final = frozenset({"code", "tt", "samp", "kbd", "pre"})


def colour_of(value: str) -> str:
    """Return a text colour that is shown, in one spelling; empty for the usual one."""
    colour = _shown(value)
    return "" if _is_grey(colour) and max(_parts(colour)) <= _DARKEST else colour


def background_of(value: str) -> str:
    """Return a background colour that is shown, in one spelling; empty for the usual one."""
    colour = _shown(value)
    return "" if _is_grey(colour) and min(_parts(colour)) >= _LIGHTEST else colour


def _shown(value: str) -> str:
    plain = re.sub(r"\s", "", value.lower())
    return _normal(plain) if plain not in _USUAL and _COLOUR.fullmatch(plain) else ""


def _is_grey(colour: str) -> bool:
    return _HEX.fullmatch(colour) is not None and max(_parts(colour)) - min(_parts(colour)) <= _GREY


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _normal(plain: str) -> str:
    if plain.isalpha():
        return _named(plain)
    if match := _SHORT.fullmatch(plain):
        return "#" + "".join(sign * 2 for sign in match.groups())
    if match := _RGB.fullmatch(plain):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in match.groups())
    return plain


@functools.cache
def _named(name: str) -> str:
    """Return a colour of CSS by its name; an unknown one stays as it is."""
    from PIL import ImageColor

    try:
        red, green, blue, *_ = ImageColor.getrgb(name)
    except ValueError:
        return name
    return f"#{red:02x}{green:02x}{blue:02x}"


def marks_of_element(tag: str, style: str, *, is_link: bool) -> frozenset[str]:
    """Return the marks that an element's style gives its text.

    Code has a background of its own, and a link a colour and a line.
    """
    marks = marks_of_style(style)
    if tag in _CODE:
        return marks - {"mark"}
    return frozenset(mark for mark in marks if mark != "u" and not mark.startswith("color ")) if is_link else marks


@functools.lru_cache(2_000)
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
