r"""References within a formula, for programs that typeset all formulas of a page together.

cardpipe sets each formula by itself, so that `\label` and `\eqref` mean lines of their own formula. Anki and GitHub let
MathJax set a page at once: there, two formulas with the same label are a fault, although both cards are right. So the
numbers are written in the place of the references, and the labels are left out, in every format alike.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"\\label[ \t\n]*\{(?P<label>[^{}]*)\}"
    r"|\\tag(?P<bare>\*?)[ \t\n]*\{(?P<number>[^{}]*)\}"
    r"|\\(?P<macro>eqref|ref)[ \t\n]*\{(?P<name>[^{}]*)\}"
    r"|(?P<end>\\\\)|\\.",
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
"""Text that looks like the number of a line, within `\\text` and outside."""


def with_numbers(tex: str) -> str:
    r"""The formula without labels, and with numbers instead of references to them.

    It is unchanged if a reference has no line with a `\tag`, or if the tag is not a plain number.
    """
    if "\\label" not in tex:
        return tex
    numbers = dict(_numbers(tex))
    wanted = {match["name"].strip() for match in _TOKEN.finditer(tex) if match["macro"]}
    if any(_NUMBER.fullmatch(numbers.get(name, "")) is None for name in wanted):
        return tex

    def written(match: re.Match[str]) -> str:
        if match["macro"]:
            number = numbers[match["name"].strip()]
            return f"({number})" if match["macro"] == "eqref" else number
        return "" if match["label"] is not None else match[0]

    return _TOKEN.sub(written, tex)


def _numbers(tex: str) -> list[tuple[str, str]]:
    """Return the number of the line of each label; labels of lines without one are left out."""
    found: list[tuple[str, str]] = []
    labels: list[str] = []
    tags: list[str] = []
    for match in (*_TOKEN.finditer(tex), None):
        if match is None or match["end"]:
            if len(tags) == 1:
                found += [(label, tags[0]) for label in labels]
            labels, tags = [], []
        elif match["label"] is not None:
            labels.append(match["label"].strip())
        elif match["number"] is not None:
            tags.append(match["number"].strip())
    return found
