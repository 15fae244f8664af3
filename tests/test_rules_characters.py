"""Characters that Markdown would remove are reported; intended Markdown is not."""

from __future__ import annotations

import pytest

from lint_sample import markdown_findings

EATEN = [
    ("> 140/90 mmHg", ">"),
    ("> 5", ">"),
    ("+ 3 volts", "+"),
    ("- 5 degrees\n", "-"),
    ("* 5", "*"),
    ("# of items", "#"),
    ("### of it", "###"),
    ("1) first", "1)"),
    ("10. Mai", "10."),
    ("---", "---"),
    ("The method __init__ runs.", "__init__"),
    ("See `x` and __FILE__ too.", "__FILE__"),
    ("- obj.__dict__\n- b", "__dict__"),
    ("It is 2*3*4 in all.", "*3*"),
    ("So 2**3**4 it is.", "**3**"),
    ("As width*height*depth it is.", "*height*"),
    ("| a*b*c | d |\n|---|---|\n| 1 | 2 |", "*b*"),
    (r"\d+\.\d+", r"\."),
    (r"The share \\server\share there.", r"\\"),
    (r"In C:\Users\_me it is.", r"\_"),
    (r"In C:\temp\*.txt it is.", r"\*"),
    (r"Match example\.com and \w.", r"\."),
    (r"> The \.txt files" + "\n\nMore.", r"\."),
]
SHOWN = [
    "`> 140/90`, `__init__`, `2*3*4`, `\\d+\\.\\d+`",
    "```\n> 1\n__init__ 2*3*4 \\d+\\.\\d+\n```",
    "    __init__ 2*3*4 \\d+\\.\\d+",
    r"$2*3*4$ and $\d\.\{x\}$",
    "> To be\n> or not to be",
    "- one\n- two",
    "# Title\n\nMore.",
    "> 5 is more.\n\nIt is.",
    r"\> 140/90, \# of items, \+ 3 and \- 5",
    r"1986\. A great year",
    r"\*not emphasis\* and snake\_case, \$5, \[x\], \`, \~, \|, \<b>, \\",
    r"It ends with \n or \t, and C:\Users\me.",
    "**bold**, *italic*, __Wichtig__ und __zwei Wörter__",
    "ver**steh**en, in***side***words, *em*phasis",
    "2 * 3 * 4, snake_case_name, 5*",
    "[ab](https://example.org/a\\_b\\c)",
    "One line\\\nand a break",
]


def eaten(text: str) -> list[str]:
    lines = text.split("\n")
    return [
        lines[finding.span.line - 1][finding.span.column - 1 : finding.span.end_column - 1]
        for finding in markdown_findings(text)
        if finding.code == "MDN010"
    ]


@pytest.mark.parametrize(("text", "sign"), EATEN)
def test_a_sign_that_is_taken_away_is_reported(text: str, sign: str) -> None:
    assert eaten(text) == [sign]


@pytest.mark.parametrize("text", SHOWN)
def test_what_is_meant_as_markdown_or_shown_is_not_reported(text: str) -> None:
    assert eaten(text) == []
