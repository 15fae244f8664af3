"""Titles that give the answer away are reported; others are not."""

from __future__ import annotations

import pytest

from lint_sample import findings


def is_found(card: str) -> bool:
    return "WRD030" in [one.code for one in findings(f"id: ML0044\ntags: [NN]\n{card}\n")]


TOLD = [
    "title: Flag of Indonesia\nquestion: Whose flag is this?\nanswer: Indonesia",
    "title: Indonesia's flag\nquestion: What is this?\nanswer: The flag",
    "title: The ESC key\nkind: typed\nquestion: Which key leaves insert mode?\nanswer: Esc",
    "title: They maximise the return\nkind: cloze\nquestion: They maximise {{c1::the return}}.",
    "title: Water and light\nkind: cloze\nquestion: Plants need {{c1::water}} and {{c2::soil}}.",
    "title: 光合作用产生氧气\nkind: cloze\nquestion: 植物产生{{c1::氧气}}。",
]
NOT_TOLD = [
    "title: A red and white flag\nquestion: Whose flag is this?\nanswer: Indonesia",
    "title: Flag of Indonesia\nkind: reversed\nquestion: A red and white flag\nanswer: Indonesia",
    "title: The capital of Luxembourg\nquestion: What is the capital of Luxembourg called?\nanswer: Luxembourg",
    "title: Policy gradients\nkind: cloze\nquestion: They maximise {{c1::the expected return}}.",
    "title: Indonesian flags\nquestion: Whose flag is this?\nanswer: Indonesia",
    "title: Layer 2\nquestion: How many are there?\nanswer: '2'",
    "title: Vitamin C\nquestion: Which letter?\nanswer: C",
    "title: Water\nkind: cloze\nquestion: Water is {{c1::water}}.",
]


@pytest.mark.parametrize("card", TOLD)
def test_a_title_that_tells_the_answer_is_found(card: str) -> None:
    assert is_found(card)


@pytest.mark.parametrize("card", NOT_TOLD)
def test_a_title_that_names_the_subject_is_not(card: str) -> None:
    assert not is_found(card)


MARKED = {
    r"The norm $\|x\|_2$ of a vector": r"$\|x\|_2$",
    "The `len` function": "`len`",
    "**Bold** title": "**Bold**",
    "What *is* it?": "*is*",
    "***Both***": "***Both***",
    "The *Iliad*.": "*Iliad*",
    "The $n$th term": "$n$",
    "$k$-means": "$k$",
    "Sorting in $O(n \\log n)$": "$O(n \\log n)$",
    "$n!$ and more": "$n!$",
    "When $x=0$": "$x=0$",
    "The sum $a + b$": "$a + b$",
    "$$x^2$$": "$$x^2$$",
    r"The norm \(\|x\|_2\)": r"\(\|x\|_2\)",
    r"The value \(f(x_1)\) of it": r"\(f(x_1)\)",
    "``a`b`` and `c`": "`c`",
    "_The Origin of Species_": "_The Origin of Species_",
    "__Very bold__ words": "__Very bold__",
    "~~Old~~ name": "~~Old~~",
    "H<sub>2</sub>O": "<sub>2</sub>",
    "A <b>bold</b> word": "<b>bold</b>",
    "See [this](https://example.org/a)": "[this](https://example.org/a)",
    "Costs $5, or $x$": "$x$",
    "هو `len` هنا": "`len`",
    "**学習**": "**学習**",
}
NOT_MARKED = [
    *["It costs $5", "From $5 to $6", "$5-$10 menus", "$5/$10", "US$ and A$", "US$/A$ rate", "A$AP Rocky and Ke$ha"],
    *["$HOME and $PATH", "$HOME/$USER", "$a+$b", "$a, $b", "$_GET and $_POST", "$_GET/$_POST", "$i<$n", "$$ and $!"],
    *["R$ 5 e R$ 6", "$1,000 or 1,000$", "$100-$200 a year (in $)", "jQuery's $", "^a$|^b$", "$5 < $10", "$3.50"],
    *["C*", "C*-algebra and W*-algebra", "A* search", "A* and B*", "int *p", "int *p, *q", "char **argv", "M*A*S*H"],
    *["*args and **kwargs", "*args, **kwargs", "f(*args, **kwargs)", "2*3*4", "a * b * c", "(a*b*c)", "*p*q", "5 * 3"],
    *["*.txt|*.md", "*.txt and *.md", "**/*.py", "/* comment */", "/*x*/", "SELECT *, COUNT(*)", "*nix and *BSD"],
    *["*ḱwṓ and *péds", "Total* and mean*", "** p < .01, * p < .05", "SELECT *", "****", "*", "**", "a** and b**"],
    *["snake_case", "snake_case_name", "__init__", "__init__ and __new__", "_private", "_ and __", "class_", "_x_"],
    *["The ` key", "`ayn and `alif", "`Abd al-`Aziz", "``quoted''", "Qur`an", "` and `"],
    *["The <b> element", "a<b and c>d", "<b>…</b>", "x[1](2)", "[a](b)", "Route [id](page)", "List<String>"],
    *["~/.bashrc and ~/bin", "~5 ~ 6", "~~", r"\(ab\)*\1", r"sed 's/\(a\)/b/'", r"\d{2}", "C:\\(x86)", "# 1", "- 5 °C"],
    *["1. e4 e5", "O(n^2)", "x_1", "5!", "R&D", "{x}", "Tom & Jerry", "«Guerre et Paix»", "f**k"],
]


def markup_found(title: str) -> list[str]:
    quoted = title.replace("'", "''")
    card = f"id: ML0044\ntags: [NN]\nquestion: What is it?\nanswer: So.\ntitle: '{quoted}'\n"
    lines = card.split("\n")
    return [
        lines[one.span.line - 1][one.span.column - 1 : one.span.end_column - 1]
        for one in findings(card)
        if one.code == "MKU010"
    ]


@pytest.mark.parametrize("title", MARKED)
def test_markup_in_a_title_is_found(title: str) -> None:
    assert MARKED[title] in markup_found(title)


@pytest.mark.parametrize("title", NOT_MARKED)
def test_signs_in_a_title_are_left_alone(title: str) -> None:
    assert markup_found(title) == []


def test_each_piece_of_markup_is_one_finding() -> None:
    assert markup_found("**One**, `two` and $x_3$") == ["**One**", "`two`", "$x_3$"]
    assert len(markup_found("`" + "a" * 300 + "`")) == 0
