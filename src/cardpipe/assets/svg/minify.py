"""Smaller SVG of drawings that matplotlib made: fewer digits, relative coordinates, short IDs, no empty groups.

Coordinates are rounded to a thousandth of a pixel; no difference can be seen. A drawing with anything else than the
elements and attributes that matplotlib writes is not changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from cardpipe.assets.svg.names import SVG, XLINK
from cardpipe.assets.svg.path_data import UNITS, UnknownPathError, number, short_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

_HREF: Final = f"{{{XLINK}}}href"
_SHAPE: Final = frozenset(["id", "style", "clip-path", "transform"])
_BOX: Final = frozenset(["x", "y", "width", "height"])
_ATTRIBUTES: Final = {
    "clipPath": frozenset(["id"]),
    "defs": frozenset[str](),
    "g": _SHAPE,
    "image": _SHAPE | _BOX | {_HREF},
    "path": _SHAPE | {"d"},
    "pattern": _BOX | {"id", "patternUnits"},
    "rect": _SHAPE | _BOX | {"fill"},
    "style": frozenset(["type"]),
    "use": _SHAPE | {"x", "y", _HREF},
}
"""The attributes of each element that matplotlib writes."""
_DEEPEST: Final = 100
"""Levels of nesting; matplotlib has about ten."""
_ROOT_ATTRIBUTES: Final = frozenset(["width", "height", "viewBox", "version"])
_PAINTS: Final = ("style", "fill", "clip-path")
_SHEET: Final = "*{stroke-linejoin: round; stroke-linecap: butt}"
_TRANSFORM: Final = re.compile(r"\s*(translate|scale|rotate)\(([^()]*)\)")
_REFERENCE: Final = re.compile(r"url\(#([\w.-]+)\)")
_INHERITED: Final = re.compile(r"(?:(?:^|; )(?:fill|stroke)(?:-[a-z]+)?: [^;]+)+")
"""A style with properties that elements inherit."""
_UNKNOWN_STYLE: Final = re.compile(r"url\((?!#[\w.-]+\))|marker|var|\\|/\*")
_STYLE_SPACE: Final = re.compile(r"(?<=[:;,]) | (?=[:;,])|;\s*$")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class _UnknownError(Exception):
    """The drawing has something that is not known here."""


def minified(data: bytes) -> bytes:
    """Return a drawing with fewer bytes that looks the same; the same bytes if it has anything unknown."""
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - drawn by us, or checked by `svg_faults`
        _check_root(root)
        made = "".join(_Writer(root).written()).encode()
    except (ElementTree.ParseError, UnknownPathError, _UnknownError, ValueError, OverflowError):
        return data
    return made if len(made) < len(data) else data


def _name(element: Element) -> str:
    return str(element.tag).removeprefix(f"{{{SVG}}}")


def _check_root(root: Element) -> None:
    """Raise _UnknownError unless a unit is at most a pixel, and all elements are among those that matplotlib writes."""
    left, top, width, height = (float(side) for side in root.get("viewBox", "").split())
    shown = (float(root.get(side, "")) for side in ("width", "height"))
    enlarged = any(side > own * 1.01 for side, own in zip(shown, (width, height), strict=True))
    if _name(root) != "svg" or left or top or enlarged or root.attrib.keys() - _ROOT_ATTRIBUTES:
        raise _UnknownError
    _check_children(root, 0)


def _check_children(parent: Element, depth: int) -> None:
    if depth > _DEEPEST or _has_text(parent.text):
        raise _UnknownError
    for element in parent:
        name = _name(element)
        if name not in _ATTRIBUTES or _has_text(element.tail) or element.attrib.keys() - _ATTRIBUTES[name]:
            raise _UnknownError
        if any(_UNKNOWN_STYLE.search(element.get(paint, "")) for paint in _PAINTS):
            raise _UnknownError
        if name == "pattern" and element.get("patternUnits") != "userSpaceOnUse":
            raise _UnknownError
        if name != "style":
            _check_children(element, depth + 1)
        elif element.text != _SHEET:
            raise _UnknownError


def _has_text(text: str | None) -> bool:
    return bool(text and text.strip())


class _Writer:
    def __init__(self, root: Element) -> None:
        self.root = root
        used = [found for element in root.iter() for found in _references(element)]
        self.ids = {old: _short_id(place) for place, old in enumerate(dict.fromkeys(used))}
        """The new ID of each element that another refers to."""
        self.has_sheet = False

    def written(self) -> Iterator[str]:
        """Yield the parts of the file."""
        size = {name: self.root.attrib[name] for name in ("width", "height", "viewBox")}
        links = f' xmlns:xlink="{XLINK}"' if any(_HREF in element.attrib for element in self.root.iter()) else ""
        yield f'<svg xmlns="{SVG}"{links}{_attributes(size)}>'
        for child in self.root:
            yield from self._element(child)
        yield "</svg>\n"

    def _element(self, element: Element, shared_style: str = "") -> Iterator[str]:
        name = _name(element)
        if name == "style":
            if not self.has_sheet:
                self.has_sheet = True
                yield f"<style>{_STYLE_SPACE.sub('', _SHEET)}</style>"
            return
        attributes = dict(self._attributes(element))
        if shared_style:
            del attributes["style"]
        inner_style = _style_of_all(element) if name == "g" and not element.get("style") else ""
        if inner_style:
            attributes["style"] = _STYLE_SPACE.sub("", inner_style)
        inner = "".join(part for child in element for part in self._element(child, inner_style))
        if name in {"g", "defs"} and (not inner or (name == "g" and not attributes)):
            yield inner
        elif inner:
            yield f"<{name}{_attributes(attributes)}>{inner}</{name}>"
        else:
            yield f"<{name}{_attributes(attributes)}/>"

    def _attributes(self, element: Element) -> Iterator[tuple[str, str]]:
        for name, value in element.attrib.items():
            if name == "id":
                if value in self.ids:
                    yield name, self.ids[value]
            elif name == _HREF:
                # Only in an image it is no reference; base64 may have line breaks.
                yield "xlink:href", f"#{self.ids[value[1:]]}" if value[:1] == "#" else "".join(value.split())
            elif name in _PAINTS:
                short = _STYLE_SPACE.sub("", value)
                yield name, _REFERENCE.sub(lambda found: f"url(#{self.ids[found[1]]})", short)
            elif name == "d":
                yield name, short_path(value)
            elif name == "transform":
                yield name, _short_transform(value)
            elif name in _BOX:
                if float(value) or name in {"width", "height"}:
                    yield name, number(round(float(value) * UNITS))
            else:
                yield name, value


def _references(element: Element) -> Iterator[str]:
    """Yield the IDs to which an element refers."""
    address = element.get(_HREF, "")
    if address.startswith("#"):
        yield address[1:]
    for name in _PAINTS:
        yield from _REFERENCE.findall(element.get(name, ""))


def _short_id(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, digit = divmod(place - 1, len(_LETTERS))
        letters = _LETTERS[digit] + letters
    return letters


def _style_of_all(group: Element) -> str:
    """Return the style of all children of a group if each is a copy with the same one; empty if it is not inherited.

    The style sheet sets the joins and ends of lines for each element, so that no copy inherits them in either case.
    """
    styles = {child.get("style", "") if _name(child) == "use" else "" for child in group}
    style = styles.pop() if len(styles) == 1 and len(group) > 1 else ""
    return style if _INHERITED.fullmatch(style) else ""


def _short_transform(value: str) -> str:
    """Return a transform with fewer digits; raises _UnknownError if it enlarges, or is of another kind."""
    if _TRANSFORM.sub("", value).strip():
        raise _UnknownError
    return "".join(_short_step(*found.groups()) for found in _TRANSFORM.finditer(value))


def _short_step(kind: str, values: str) -> str:
    numbers = [float(value) for value in re.split(r"[\s,]+", values.strip())]
    if kind == "translate":
        return f"translate({' '.join(number(round(value * UNITS)) for value in numbers)})"
    if kind == "scale" and any(abs(value) > 1 for value in numbers):
        raise _UnknownError
    return f"{kind}({' '.join(f'{value:.9g}' for value in numbers)})"


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in values.items())
