"""Style sheets of note types: the rules that cardpipe allows, and what is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.importing.styles import declarations
from cardpipe.text.style_sheets import LARGEST_SHEET, faults

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST_READ: Final = 100_000
"""Maximum characters of a sheet that is read."""
_CLASS: Final = re.compile(
    r"[.#](?!(?:card|nightMode|night_mode|mobile|win|mac|linux|iphone|ipad|android|front|back|answer|cloze|hint)(?![\w-]))"
    r"[A-Za-z_-][\w-]*"
)
"""Classes and ids that only elements of Anki's templates have; those of faces have none but these."""
_BRACE: Final = re.compile(r"[{}]")
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_STOCK: Final = {
    "font-family": "arial",
    "font-size": "20px",
    "line-height": "1.5",
    "text-align": "center",
    "color": "black",
    "background-color": "white",
}
"""The style of cards in new note types of Anki; nobody has chosen it, and cardpipe has one of its own."""
_OF_PAGE: Final = frozenset({"color", "background-color", "background"})
"""What must not be set for whole cards, since they have a night mode."""


def allowed(css: str) -> tuple[str, list[str]]:
    """Return the rules of a sheet that a note type can have, and in words what is left out."""
    if len(css) > _LARGEST_READ:
        return "", [f"the style sheet, which has more than {_LARGEST_READ:,} characters"]
    kept: list[str] = []
    left: list[str] = []
    size = 0
    for head, body in _rules(_COMMENT.sub(" ", css)):
        if head.startswith("@"):
            left.append(f"{head[:60]} of the style sheet")
            continue
        kept_head = ", ".join(part.strip() for part in head.split(",") if _CLASS.sub("", part) == part)
        if not kept_head:
            left.append("styles of classes, which the elements of faces do not have")
            continue
        rule = _rule(kept_head, body)
        if not rule:
            continue
        fault = next(faults(rule), None)
        if fault is not None:
            left.append(f"the style of {head[:60]}: {fault[2]}")
        elif size + len(rule) > LARGEST_SHEET - 1:
            left.append("rules of the style sheet beyond its maximum size")
        else:
            kept.append(rule)
            size += len(rule) + 1
    return "".join(f"{rule}\n" for rule in kept), list(dict.fromkeys(left))


def safe_rules(css: str) -> tuple[str, list[str]]:
    """Return the rules of a sheet that are safe, as they are, and in words what is left out."""
    if len(css) > _LARGEST_READ:
        return "", [f"the style sheet, which has more than {_LARGEST_READ:,} characters"]
    kept: list[str] = []
    left: list[str] = []
    size = 0
    for head, body in _rules(_COMMENT.sub(" ", css)):
        lines = (" ".join(part.split()) for part in body.split(";"))
        inner = "".join(f"  {line};\n" for line in lines if line)
        rule = f"{head} {{\n{inner}}}\n"
        size += len(rule)
        if head.startswith("@"):
            left.append(f"{head[:60]}")
        elif (fault := next(faults(rule), None)) is not None:
            left.append(f"the rule of {head[:60]}: {fault[2]}"[:-1])
        elif size > LARGEST_SHEET:
            left.append("what is beyond its maximum size")
        else:
            kept.append(rule)
    return "".join(kept), list(dict.fromkeys(left))


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors and the declarations of each rule; of an at-rule its beginning, with everything in it."""
    position = 0
    while position < len(css):
        opening = css.find("{", position)
        ending = css.find(";", position)
        if ending >= 0 and (opening < 0 or ending < opening):
            head = " ".join(css[position:ending].split())
            if head:
                yield (head if head.startswith("@") else f"@ {head}"), ""
            position = ending + 1
            continue
        if opening < 0:
            return
        head = " ".join(css[position:opening].split())
        position = _end(css, opening)
        yield head or "@", css[opening + 1 : position - 1].strip()


def _end(css: str, opening: int) -> int:
    depth = 0
    for match in _BRACE.finditer(css, opening):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.end()
    return len(css) + 1


def _rule(head: str, body: str) -> str:
    """Return a rule in canonical form; empty if it says nothing, or only what every new note type says."""
    lines = [" ".join(part.split()) for part in body.split(";")]
    if re.fullmatch(r"\.card|\.cloze|(?:\.nightMode|\.night_mode) \.cloze", head):
        found = declarations(body)
        if head == ".card":
            lines = [
                line
                for line in lines
                if (name := line.partition(":")[0].strip().lower()) not in _OF_PAGE
                and _STOCK.get(name) != found.get(name)
            ]
        elif found.keys() <= {"font-weight", "color"}:
            return ""
    lines = [line for line in lines if line]
    return f"{head} {{ {'; '.join(lines)} }}" if lines else ""
