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
    r"|(?P<tag>\\tag(?![A-Za-z])\*?)"
    r"(?:[ \t\n]*(?:\{(?P<number>(?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.)*\})*)\}|(?P<digit>[^{}\\\s])))?"
    r"|\\(?P<macro>eqref|ref)[ \t\n]*\{(?P<name>[^{}]*)\}"
    r"|\\(?P<edge>begin|end)[ \t\n]*\{[^{}]*\}"
    r"|(?P<end>\\\\)|\\.|(?P<brace>[{}])",
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
"""A tag that looks the same as text and as a formula."""


def with_numbers(tex: str) -> str:
    r"""The formula without labels, and with numbers instead of references to them.

    It is unchanged if a reference has no line with a `\tag`.
    """
    if "\\label" not in tex:
        return tex
    numbers = numbers_by_label(tex)
    wanted = {match["name"].strip() for match in _TOKEN.finditer(tex) if match["macro"]}
    if any(not numbers.get(name) for name in wanted):
        return tex

    def written(match: re.Match[str]) -> str:
        if match["macro"]:
            number = numbers[match["name"].strip()] or ""
            shown = f"({number})" if match["macro"] == "eqref" else number
            # A tag is text; MathJax lets text stand in text as well.
            return shown if _NUMBER.fullmatch(number) else rf"\text{{{shown}}}"
        return "" if match["label"] is not None else match[0]

    return _TOKEN.sub(written, tex)


def numbers_by_label(tex: str) -> dict[str, str | None]:
    r"""Return each label of a formula with the `\tag` of its line; None for a line without a tag.

    A `\\` within braces, or in an environment within another one, ends no line that can have a tag.
    """
    found: dict[str, str | None] = {}
    labels: list[str] = []
    tags: list[str] = []
    environments = braces = 0
    for match in (*_TOKEN.finditer(tex), None):
        if match is None or (match["end"] and environments < 2 and not braces):
            found |= dict.fromkeys(labels, tags[0] if tags else None)
            labels, tags = [], []
        elif match["label"] is not None:
            labels.append(match["label"].strip())
        elif match["tag"]:
            tags.append((match["number"] or match["digit"] or "").strip())
        elif match["edge"]:
            environments += 1 if match["edge"] == "begin" else -1
        elif match["brace"]:
            braces += 1 if match["brace"] == "{" else -1
    return found
