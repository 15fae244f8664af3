"""Small sources that are expensive to lint: one generator per line, for a given size in characters.

A generator answers with the files of a deck by path, without `source/deck.yaml` where the usual one will do. `DETAILS`
are texts that are put into a card's details, `CARDS` are card files, `DECKS` are whole decks.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Files = dict[str, str]

DECK = """\
uid: 7e4e631f-5be9-4023-a07e-de1296e0ae1a
slug: base
name: Base
language: en
authors: [Your name]
licence: CC-BY-4.0
description: Cards to learn from.
tags:
  example: Cards that show
subdecks:
  EX: Examples
"""
CARD = "id: EX0001\ntitle: T\nquestion: What is it?\nanswer: It is.\ntags: [example]\n"
LONGEST = 99_000
"""Characters of a text: lint looks no further at one that is longer than 100,000."""
CLOZE = "id: EX0001\ntitle: T\nkind: cloze\ntags: [example]\n"


def repeated(piece: str, size: int) -> str:
    """A piece over and over, of a size."""
    return piece * max(1, size // len(piece))


def numbered(form: str, size: int) -> str:
    """A form with `{}` for a number that counts on, of a size."""
    count = max(1, size // (len(form) + 4))
    return "".join(form.replace("{}", str(number)) for number in range(count))


def nested(opening: str, closing: str, size: int, inside: str = "x") -> str:
    """Openings within openings, of a size."""
    count = max(1, size // (len(opening) + len(closing)))
    return opening * count + inside + closing * count


def paragraphs(text: str) -> str:
    """A text with blank lines in it: many bounds are those of a paragraph."""
    return "\n\n".join(text[start : start + 1_900] for start in range(0, len(text), 1_900))


def quoted(text: str) -> str:
    """A text as a YAML scalar in quotes."""
    return json.dumps(text, ensure_ascii=False)


def block(text: str) -> str:
    """A text as a YAML block scalar."""
    return "|\n" + "".join(f"  {line}\n" for line in text.split("\n"))


def with_details(text: str) -> Files:
    """A card with this text: what goes beyond the bound of one text is put into several."""
    first, *others = [text[start : start + LONGEST] for start in range(0, len(text), LONGEST)] or [""]
    references = "".join(f"  - {quoted(other)}\n" for other in others)
    return {
        "source/cards/EX0001.yaml": f"{CARD}details: {quoted(first)}\n"
        + (f"references:\n{references}" if references else "")
    }


def with_key(line: str) -> Files:
    """A card with something more."""
    return {"source/cards/EX0001.yaml": CARD + line}


def with_figure(figure: str) -> Files:
    """A card with a figure, written in YAML's flow style without its braces."""
    return with_key(f"figures:\n  - {{id: a, alt: It shows what there is to see., {figure}}}\n")


def in_details(make: Callable[[int], str]) -> Callable[[int], Files]:
    """The bombs that are a text."""
    return lambda size: with_details(make(size))


def in_paragraphs(make: Callable[[int], str]) -> Callable[[int], Files]:
    """The same in many paragraphs."""
    return lambda size: with_details(paragraphs(make(size)))


def in_figure(make: Callable[[int], str]) -> Callable[[int], Files]:
    """The bombs that are a figure's keys."""
    return lambda size: with_figure(make(size))


def in_cloze(piece: str) -> Callable[[int], Files]:
    """The bombs that are a piece of a cloze over and over."""
    return lambda size: {"source/cards/EX0001.yaml": f"{CLOZE}question: {quoted(repeated(piece, size))}\n"}


def in_plain(piece: str) -> Callable[[int], Files]:
    """The bombs that are a piece of a text without quotes over and over."""
    return lambda size: with_key(f"details: a {repeated(piece, min(size, LONGEST))}a\n")


def items(form: str, size: int) -> str:
    """A list in brackets, each item a form with a number."""
    return "[" + numbered(form + ", ", size)[:-2] + "]"


def cards(form: str, size: int) -> Files:
    """One file with many cards; `{}` in the form counts."""
    return {"source/cards/many.yaml": numbered(form, size)}


def many(form: str, size: int) -> Files:
    """One file with cards of right IDs, each with these keys: 0 its number, 1 the next, 2 a digit, 3 two capitals."""
    count = min(9_998, max(1, size // (len(form) + 18)))
    letters = "ABCDEFGH"
    return {
        "source/cards/many.yaml": "".join(
            f"- {{id: EX{n:04}, {form.format(n, n + 1, n % 7, letters[n % 8] + letters[n // 8 % 8])}}}\n"
            for n in range(count)
        )
    }


def deck(more: str) -> Files:
    """A deck with more in its settings, and a card."""
    return {"source/deck.yaml": DECK + more, "source/cards/EX0001.yaml": CARD}


DETAILS: dict[str, Callable[[int], str]] = {
    "brackets": lambda size: repeated("[", size),
    "closing brackets": lambda size: repeated("]", size),
    "brackets in pairs": lambda size: nested("[", "]", size),
    "many brackets": lambda size: repeated("[a] ", size),
    "links": lambda size: numbered("[a](https://example.org/{}) ", size),
    "links without end": lambda size: repeated("[a](", size),
    "links to nowhere": lambda size: repeated("[a](b) ", size),
    "links to cards": lambda size: numbered("[a](card:EX{}) ", size),
    "link definitions": lambda size: numbered("[a{}]: https://example.org\n", size),
    "link references": lambda size: numbered("[a{}][b{}] ", size),
    "definitions and references": lambda size: (
        numbered("[a{}]: https://e.org\n", size // 2) + "\n" + numbered("[a{}] ", size // 2)
    ),
    "addresses": lambda size: numbered("https://example.org/{} ", size),
    "addresses without end": lambda size: repeated("https://", size),
    "mail addresses": lambda size: repeated("a@b.org ", size),
    "one mail address": lambda size: repeated("a.", size) + "@b.org",
    "pictures": lambda size: numbered("![a](b{}.png) ", size),
    "pictures without words": lambda size: numbered("![](b.png) ", size),
    "pictures in pictures": lambda size: nested("![", "](a)", size, "x $x$ $y$"),
    "pictures without end": lambda size: repeated("![", size),
    "figures": lambda size: numbered("![](figure:f{}) ", size),
    "stars": lambda size: repeated("*a ", size),
    "stars in pairs": lambda size: repeated("**a** ", size),
    "stars of all kinds": lambda size: repeated("*a **b ***c ~~d __e ", size),
    "stars that close": lambda size: repeated("a* b** ", size),
    "one run of stars": lambda size: repeated("*", size),
    "stars and underscores": lambda size: repeated("*_", size),
    "stars within stars": lambda size: nested("**a *b ", " c* d**", size),
    "underscores": lambda size: repeated("_a ", size),
    "tildes": lambda size: repeated("~~a ", size),
    "backticks": lambda size: repeated("`a ", size),
    "runs of backticks": lambda size: "".join("`" * n + " " for n in range(1, int((2 * size) ** 0.5))),
    "one run of backticks": lambda size: repeated("`", size),
    "code": lambda size: repeated("`a` ", size),
    "fences": lambda size: repeated("```\na\n```\n", size),
    "a fence without end": lambda size: "```\n" + repeated("a\n", size),
    "fences without end": lambda size: "".join("`" * (3 + n % 50) + "\n" for n in range(size // 28)),
    "indented code": lambda size: repeated("\n    a\n\nb\n", size),
    "quotes": lambda size: repeated("> a\n", size),
    "quotes in quotes": lambda size: repeated("> ", size) + "a",
    "quotes that go on": lambda size: repeated("> a\nb\n\n", size),
    "lists": lambda size: repeated("- a\n", size),
    "lists in lists": lambda size: "".join(f"{'  ' * (n % 20)}- a\n" for n in range(size // 23)),
    "lists in a line": lambda size: repeated("- ", size) + "a",
    "numbered lists": lambda size: numbered("{}. a\n", size),
    "loose lists": lambda size: repeated("- a\n\n", size),
    "headings": lambda size: repeated("# a\n", size),
    "headings without end": lambda size: "# " + repeated("# ", size),
    "underlined headings": lambda size: repeated("a\n---\n\n", size),
    "rules": lambda size: repeated("---\n\n", size),
    "one rule": lambda size: repeated("- ", size),
    "table rows": lambda size: "| a | b |\n|---|---|\n" + repeated("| a | b |\n", size),
    "table columns": lambda size: (
        repeated("|a", size // 3) + "|\n" + repeated("|-", size // 3) + "|\n" + repeated("|b", size // 3) + "|"
    ),
    "tables": lambda size: repeated("| a |\n|---|\n| b |\n\n", size),
    "almost tables": lambda size: repeated("| a | b |\n", size),
    "bars": lambda size: repeated("|", size),
    "delimiter rows": lambda size: repeated("|---|---|\n", size),
    "html tags": lambda size: repeated("<b>a</b> ", size),
    "html tags without end": lambda size: repeated("<u>", size),
    "html tags that only close": lambda size: repeated("</u>", size),
    "html within html": lambda size: nested("<u>", "</u>", size),
    "html attributes": lambda size: "<a " + repeated("b='c' ", size) + ">",
    "html comments": lambda size: repeated("<!-- ", size),
    "html declarations": lambda size: repeated("<?a ", size),
    "html sections": lambda size: repeated("<![CDATA[ ", size),
    "angle brackets": lambda size: repeated("<", size),
    "less than letters": lambda size: repeated("<a ", size),
    "html of long names": lambda size: "<" + repeated("a", size) + ">",
    "entities": lambda size: repeated("&amp;", size),
    "entities without end": lambda size: repeated("&", size),
    "numbers as entities": lambda size: "&#" + repeated("0", size) + "91;",
    "backslashes": lambda size: repeated("\\", size),
    "escapes": lambda size: repeated("\\*", size),
    "formulas": lambda size: numbered("$x_{{}}$ ", size),
    "the same formula": lambda size: repeated("$x$ ", size),
    "formulas for MathJax": lambda size: numbered("$\\boxed{{}}$ ", size),
    "refused formulas": lambda size: numbered("$\\nosuch{{}}$ ", size),
    "refused formulas of different names": lambda size: "".join(
        f"$\\{''.join(letters)}$ " for letters in itertools.islice(itertools.product("abcdefgh", repeat=5), size // 9)
    ),
    "empty formulas": lambda size: repeated("$$ $$ ", size),
    "displayed formulas": lambda size: repeated("$$\nx\n$$\n\n", size),
    "formulas of percents": lambda size: repeated("$%$ ", size),
    "formulas of percents without end": lambda size: "$$" + repeated("% ", size) + "$$",
    "dollars": lambda size: repeated("$", size),
    "dollars and letters": lambda size: repeated("$a ", size),
    "dollars in text": lambda size: repeated("\\text{$", size),
    "pairs of dollars": lambda size: repeated("$$ ", size),
    "money": lambda size: repeated("$5 ", size),
    "TeX without end": lambda size: repeated("$\\frac ", size),
    "braces in a formula": lambda size: "$" + repeated("{", size) + "$",
    "a formula of a megabyte": lambda size: "$" + repeated("x+", size) + "x$",
    "formulas of 4,000 characters": lambda size: repeated("$" + "\\foo" * 990 + "$ ", size),
    "arrays": lambda size: repeated("$$\\begin{array}a & b\\end{array}$$ ", size),
    "array columns": lambda size: "$$\\begin{array}{" + repeated("{}", size) + "$$",
    "array cells": lambda size: "$$\\begin{array}{c}" + repeated("a & ", size) + "\\end{array}$$",
    "environments": lambda size: "$$" + repeated("\\begin{a}", size) + "$$",
    "line ends": lambda size: "a" + repeated("\n", size) + "a",
    "line ends and spaces": lambda size: "a" + repeated("\n ", size) + "a",
    "spaces": lambda size: "a" + repeated(" ", size) + "a",
    "spaces at line ends": lambda size: repeated("a   \n", size),
    "tabs": lambda size: "a" + repeated("\t", size) + "a",
    "paragraphs": lambda size: repeated("a\n\n", size),
    "one word": lambda size: repeated("a", size),
    "one word of capitals": lambda size: repeated("A", size),
    "words": lambda size: numbered("word{} ", size),
    "the same word": lambda size: repeated("the ", size),
    "two words": lambda size: repeated("of the ", size),
    "acronyms": lambda size: "".join(
        f"{''.join(letters)} " for letters in itertools.islice(itertools.product("ABCDEFGH", repeat=5), size // 6)
    ),
    "one acronym": lambda size: repeated("QQX ", size),
    "acronyms in brackets": lambda size: repeated("Quick Quiet Xylophone (QQX) ", size),
    "hyphens": lambda size: repeated("a-", size),
    "apostrophes": lambda size: repeated("a'", size),
    "dots": lambda size: repeated("a.", size),
    "letters and dots": lambda size: repeated("e.g. ", size),
    "questions": lambda size: repeated("Why? ", size),
    "notes": lambda size: repeated("TODO ", size),
    "lorem ipsum": lambda size: repeated("lorem ipsum ", size),
    "sums": lambda size: repeated("1,000.00 ", size),
    "digits": lambda size: repeated("1", size),
    "units": lambda size: repeated("5kg ", size),
    "quotation marks": lambda size: repeated('"a ', size),
    "commands of Anki": lambda size: repeated("[sound:a] ", size),
    "LaTeX commands of Anki": lambda size: repeated("[latex]a[/latex] ", size),
    "blanks": lambda size: repeated("{{c1::a}} ", size),
    "blanks without end": lambda size: repeated("{{c1::", size),
    "odd blanks": lambda size: "{{c1" + repeated(", ", size),
    "many odd blanks": lambda size: repeated("{c1:", size),
    "braces": lambda size: repeated("{{", size),
    "footnotes": lambda size: numbered("[^{}] ", size),
    "footnotes defined": lambda size: numbered("[^{}]: a\n\n", size),
    "footnotes with references": lambda size: numbered("a[^{0}]\n\n[^{0}]: a\n\n", size),
    "footnotes of one label": lambda size: "a[^1]\n\n" + repeated("[^1]: a\n", size),
    "footnotes in links": lambda size: "[^1]: a\n\n" + repeated("[a[^1]](https://a.b) ", size),
    "footnotes in lists": lambda size: "[^1]: a\n\n" + repeated("- [^1]: a\n", size),
    "invisible characters": lambda size: repeated("a\u200bb", size),
    "joiners in code": lambda size: repeated("`\u200d` ", size),
    "turned directions": lambda size: repeated("\u202ea ", size),
    "emoji": lambda size: repeated("\U0001f600", size),
    "combining characters": lambda size: "a" + repeated("\u0301", size),
    "letters that grow": lambda size: repeated("\u0390\ufb03", size),
    "private characters": lambda size: repeated("\ue000", size),
    "Chinese": lambda size: repeated("\u4e2d\u6587", size),
    "Arabic": lambda size: repeated("\u0627\u0644 ", size),
    "definitions": lambda size: repeated("a\n: b\n\n", size),
    "admonitions": lambda size: repeated("!!! note\n    a\n\n", size),
    "attributes": lambda size: repeated("a {: .b}\n\n", size),
    "attributes without end": lambda size: repeated("{:", size),
    "abbreviations": lambda size: numbered("*[A{}]: b\n", size),
    "task lists": lambda size: repeated("- [ ] a\n", size),
    "lines of dashes": lambda size: repeated("a --- b -- c ", size),
    "superscripts": lambda size: repeated("^a^ ", size),
}

FIGURES: dict[str, Callable[[int], str]] = {
    "graph nodes": lambda size: f"kind: graph, nodes: {items('n{}', size)}, edges: []",
    "graph edges": lambda size: f"kind: graph, nodes: [a, b], edges: {items('{from: a, to: b}', size)}",
    "graph edges to nowhere": lambda size: f"kind: graph, nodes: [a, b], edges: {items('{from: x{}, to: y{}}', size)}",
    "heatmap rows": lambda size: f"kind: heatmap, rows: {items('[1, 2]', size)}",
    "a heatmap row": lambda size: f"kind: heatmap, rows: [{items('1', size)}]",
    "heatmap labels": lambda size: f"kind: heatmap, rows: [[1]], row-labels: {items('r{}', size)}",
    "grids": lambda size: f"kind: grid, grids: {items('{rows: [[1]]}', size)}",
    "confusion": lambda size: f"kind: confusion-matrix, rows: {items('[1, 2]', size)}, classes: {items('c{}', 99)}",
    "histogram values": lambda size: f"kind: histogram, values: {items('{}', size)}",
    "bars": lambda size: f"kind: bars, labels: {items('b{}', size // 2)}, values: {items('{}', size // 2)}",
    "lines": lambda size: f"kind: lines, lines: {items('{y: [1, 2]}', size)}",
    "points of a line": lambda size: f"kind: lines, lines: [{{y: {items('{}', size)}}}]",
    "scatter groups": lambda size: f"kind: scatter, groups: {items('{points: [[1, 2]]}', size)}",
    "scatter points": lambda size: f"kind: scatter, groups: [{{points: {items('[{}, 2]', size)}}}]",
    "curves": lambda size: f"kind: function, x: [0, 1], curves: {items('x + {}', size)}",
    "an expression of sums": lambda size: f"kind: function, x: [0, 1], curves: [{quoted(repeated('x+', size) + 'x')}]",
    "an expression of signs": lambda size: f"kind: function, x: [0, 1], curves: [{quoted(repeated('-', size) + 'x')}]",
    "an expression in brackets": lambda size: f"kind: function, x: [0, 1], curves: [{quoted(nested('(', ')', size))}]",
    "an expression of digits": lambda size: f"kind: function, x: [0, 1], curves: [{quoted(repeated('9', size))}]",
    "an expression of powers": lambda size: f"kind: function, x: [0, 1], curves: [{quoted('9**' * (size // 3) + '9')}]",
    "expressions for MathJax": lambda size: (
        "kind: function, x: [0, 1], curves: "
        + items('{expression: x, label: "$\\\\\\\\boxed{{}}$"}'.replace("\\\\\\\\", "\\\\"), size)
    ),
    "network layers": lambda size: f"kind: network, layers: {items('3', size)}",
    "network units": lambda size: f"kind: network, layers: [{'9' * min(size, 50)}]",
    "a tree": lambda size: f"kind: tree, root: {{label: a, children: {items('{label: b}', size)}}}",
    "a timeline": lambda size: f"kind: timeline, events: {items('{label: a, at: {}}', size)}",
    "a table": lambda size: f"kind: table, rows: {items('[a, b]', size)}",
    "sets": lambda size: f"kind: venn, sets: {items('{label: a{}}', size)}",
    "panel parts": lambda size: f"kind: panel, parts: {items('{kind: network, layers: [2, 2]}', size)}",
    "boxes": lambda size: f"kind: boxes, boxes: {items('b{}', size)}",
    "an unknown kind": lambda size: f"kind: {'k' * size}",
    "unknown keys": lambda size: f"kind: network, layers: [2, 2], {numbered('k{}: 1, ', size)[:-2]}",
    "a long caption": lambda size: f"kind: network, layers: [2, 2], caption: {quoted(repeated('*a ', size))}",
    "a long alternative text": lambda size: f"kind: network, layers: [2, 2], label: {quoted(repeated('a ', size))}",
    "an image of long name": lambda size: f"kind: image, file: {quoted(repeated('../', size))}",
    "a script of long name": lambda size: f"kind: script, script: {quoted(repeated('../', size))}",
}

_SHORT = "- {id: EX{}, title: T{}, question: What is {}?, answer: It is {}., tags: [example]}\n"

CARDS: dict[str, Callable[[int], Files]] = {
    **{f"details: {name}": in_details(make) for name, make in DETAILS.items()},
    **{f"paragraphs: {name}": in_paragraphs(make) for name, make in DETAILS.items()},
    **{f"figure: {name}": in_figure(make) for name, make in FIGURES.items()},
    "unknown tags": lambda size: {"source/cards/EX0001.yaml": CARD.replace("[example]", items("t{}", size))},
    "repeated tags": lambda size: {"source/cards/EX0001.yaml": CARD.replace("[example]", items("example", size))},
    "tags of wrong form": lambda size: {"source/cards/EX0001.yaml": CARD.replace("[example]", items("a b{}", size))},
    "one long tag": lambda size: {"source/cards/EX0001.yaml": CARD.replace("example", repeated("a::", size) + "a")},
    "tags in lines": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("[example]", "\n" + numbered("- t{}\n", size))
    },
    "related cards": lambda size: with_key(f"related: {items('EX{}', size)}\n"),
    "the same related card": lambda size: with_key(f"related: {items('EX0002', size)}\n"),
    "the card itself": lambda size: with_key(f"related: {items('EX0001', size)}\n"),
    "references": lambda size: with_key(f"references: {items('{text: a, url: https://e.org/{}}', size)}\n"),
    "references without scheme": lambda size: with_key(f"references: {items('{text: a, url: b}', size)}\n"),
    "reference texts": lambda size: with_key(f"references: {items('a{}', size)}\n"),
    "references with formulas": lambda size: with_key("references: " + items("'$\\boxed{{}}$'", size) + "\n"),
    "one long reference": lambda size: with_key(
        f"references: [{{text: a, url: {quoted(repeated('https://', size))}}}]\n"
    ),
    "many figures": lambda size: with_key(
        "figures: " + items("{id: f{}, kind: network, layers: [2, 2], alt: It shows what there is.}", size) + "\n"
    ),
    "figures without anything": lambda size: with_key(f"figures: {items('{}', size)}\n".replace("0", "{}")),
    "empty items": lambda size: with_key("references:\n" + repeated("-\n", size)),
    "items that are lists": lambda size: with_key(f"references: {items('[]', size)}\n"),
    "items that are mappings": lambda size: with_key("related: [" + repeated("{},", size) + "]\n"),
    "numbers as items": lambda size: with_key(f"references: {items('{}', size)}\n"),
    "a list of nothing else": lambda size: {"source/cards/EX0001.yaml": repeated("- a\n", size)},
    "empty cards": lambda size: {"source/cards/EX0001.yaml": repeated("- {}\n", size)},
    "cards of one key": lambda size: {"source/cards/EX0001.yaml": repeated("- {id: EX0001}\n", size)},
    "unknown keys": lambda size: with_key(numbered("key{}: a\n", size)),
    "keys like known ones": lambda size: with_key(numbered("question{}: a\n", size)),
    "unknown keys of long names": lambda size: with_key(numbered(f"{'a' * 900}{{}}: a\n", size)),
    "repeated keys": lambda size: with_key(repeated("title: a\n", size)),
    "one long key": lambda size: with_key(repeated("k", size) + ": a\n"),
    "a long title": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("title: T", f"title: {repeated('T ', size)}T")
    },
    "a long ID": lambda size: {"source/cards/EX0001.yaml": CARD.replace("EX0001", repeated("EX0001", size))},
    "a long question": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("What is it?", repeated("Why ", size) + "?")
    },
    "a question of questions": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("What is it?", repeated("Why? ", size) + "a")
    },
    "an answer that is the question": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("What is it?", numbered("a{} ", size // 2) + "?").replace(
            "It is.", numbered("a{} ", size // 2)
        )
    },
    "a long answer": lambda size: {"source/cards/EX0001.yaml": CARD.replace("It is.", numbered("word{} ", size) + "a")},
    "an answer that is a list": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("answer: It is.", "answer: " + block(repeated("- a\n", size)).rstrip())
    },
    "an answer of lists and code": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace(
            "answer: It is.", "answer: " + block(repeated("- `a`\n", size)).rstrip()
        )
    },
    "a long typed answer": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("title: T", "title: T\nkind: typed").replace(
            "It is.", repeated("_a ", size) + "a"
        )
    },
    "a reversed answer": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("title: T", "title: T\nkind: reversed").replace(
            "answer: It is.", f"answer: {quoted('a' + repeated(chr(10), size) + 'b')}"
        )
    },
    **{
        f"cloze: {name}": in_cloze(piece)
        for name, piece in {
            "blanks": "{{c1::a}} ",
            "empty blanks": "{{c1::}} ",
            "blanks without end": "{{c1::a ",
            "nested blanks": "{{c1::a {{c2::b ",
            "high numbers": "{{c999999999::a}} ",
            "blanks in formulas": "$\\boxed{{c1::a}}$ ",
            "odd blanks": "{C1:a}} ",
            "paragraphs in blanks": "{{c1::a\n\nb}} ",
            "colons": "{{c1::a::b::c}} ",
            "ends": "}}",
            "one blank with much in it": "}:{",
        }.items()
    },
    **{
        f"plain: {name}": in_plain(piece)
        for name, piece in {
            "repeated words": "the the ",
            "links": "[a](b) ",
            "operators": "$\\R$ ",
            "percents": "$50%$ ",
            "addresses": "[a](https://example.org/a b) ",
            "HTML": "<b>a</b> ",
            "invisible characters": "a\u200bb ",
        }.items()
    },
    "a question of question marks": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace("What is it?", quoted(repeated("?", min(size, LONGEST)) + "a"))
    },
    "cloze: numbers": lambda size: {
        "source/cards/EX0001.yaml": f"{CLOZE}question: {quoted(numbered('{{c{}::a}} ', size))}\n"
    },
    "control characters as escapes": lambda size: with_key('details: "' + repeated("\\a", size) + '"\n'),
    "escapes for line ends": lambda size: with_key('details: "a' + repeated("\\n", size) + '"\n'),
    "escapes for emoji": lambda size: with_key('details: "' + repeated("\\U0001F600", size) + '"\n'),
    "escapes for surrogates": lambda size: with_key('details: "' + repeated("\\uD800", size) + '"\n'),
    "escaped tabs in formulas": lambda size: with_key('details: "' + repeated("$\\theta$ ", size) + '"\n'),
    "escaped line ends": lambda size: with_key('details: "a' + repeated(" \\\n  ", size) + '"\n'),
    "doubled quotes": lambda size: with_key("details: '" + repeated("''", size) + "'\n"),
    "plain lines": lambda size: with_key("details: a\n" + repeated("  a\n", size)),
    "plain lines and gaps": lambda size: with_key("details: a\n" + repeated("\n\n  a\n", size)),
    "folded lines": lambda size: with_key("details: >\n" + repeated("  a\n", size)),
    "folded gaps": lambda size: with_key("details: >\n" + repeated("  a\n\n", size)),
    "folded spaces": lambda size: with_key("details: >\n" + repeated("   a\n  b\n", size)),
    "a block of gaps": lambda size: with_key("details: |+\n  a\n" + repeated("\n", size)),
    "block lines of spaces": lambda size: with_key("details: |\n  a\n" + repeated("     \n", size)),
    "HTML in quotes": lambda size: with_key("details: '" + repeated("<b>", size) + "'\n"),
    "comments": lambda size: {"source/cards/EX0001.yaml": repeated("# a\n", size) + CARD},
    "comments at line ends": lambda size: with_key("related:\n" + repeated("  - EX0001 # a\n", size)),
    "one long comment": lambda size: {"source/cards/EX0001.yaml": "#" + repeated("a#", size) + "\n" + CARD},
    "suppressions above": lambda size: {
        "source/cards/EX0001.yaml": repeated("# cardpipe: ignore[TAG001] a\n", size) + CARD
    },
    "suppressions at line ends": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace(
            " [example]", "\n" + repeated("  - example # cardpipe: ignore[TAG002] a\n", size)
        )
    },
    "suppressions of files": lambda size: {
        "source/cards/EX0001.yaml": repeated("# cardpipe: ignore-file[TAG002] a\n", size // 2)
        + CARD.replace("[example]", items("example", size // 2))
    },
    "suppressions of everything": lambda size: {
        "source/cards/EX0001.yaml": CARD.replace(
            "tags: [example]",
            repeated("# cardpipe: ignore[TAG002] a\n", size // 2) + "tags: " + items("example", size // 2),
        )
    },
    "suppressions without code": lambda size: {
        "source/cards/EX0001.yaml": repeated("# cardpipe: ignore a\n", size) + CARD
    },
    "suppressions of unknown codes": lambda size: {
        "source/cards/EX0001.yaml": numbered("# cardpipe: ignore[XYZ{}] a\n", size) + CARD
    },
    "codes in a suppression": lambda size: {
        "source/cards/EX0001.yaml": repeated(f"# cardpipe: ignore[{'A,' * 199}] a\n", size) + CARD
    },
    "suppressions in a text": lambda size: with_details(repeated("# cardpipe: ignore[TAG001] a\n", size)),
    "suppressions with gaps": lambda size: {
        "source/cards/EX0001.yaml": repeated("# cardpipe: ignore[TAG001] a\n\n", size) + CARD
    },
    "suppressions begun": lambda size: with_details(repeated("# cardpipe: ignore[", size)),
    "line ends of a file": lambda size: {"source/cards/EX0001.yaml": CARD + repeated("\n", size)},
    "carriage returns": lambda size: {"source/cards/EX0001.yaml": CARD + repeated("\r", size)},
    "carriage returns in a text": lambda size: with_key('details: "' + repeated("a\r", size) + '"\n'),
    "byte order marks": lambda size: {"source/cards/EX0001.yaml": repeated("\ufeff", size) + CARD},
    "byte order marks within": lambda size: with_details(repeated("a\ufeff", size)),
    "control characters": lambda size: with_details(repeated("\x01", size)),
    "line separators": lambda size: with_details(repeated("a\u2028", size)),
    "tabs before keys": lambda size: {"source/cards/EX0001.yaml": CARD + repeated("\t", size)},
    "brackets of YAML": lambda size: {"source/cards/EX0001.yaml": "a: " + repeated("[", size)},
    "braces of YAML": lambda size: {"source/cards/EX0001.yaml": "a: " + repeated("{", size)},
    "braces and keys": lambda size: {"source/cards/EX0001.yaml": repeated("{a: ", size)},
    "dashes of YAML": lambda size: {"source/cards/EX0001.yaml": repeated("- ", size)},
    "question marks of YAML": lambda size: {"source/cards/EX0001.yaml": repeated("? ", size)},
    "complex keys": lambda size: {"source/cards/EX0001.yaml": repeated("? a\n", size)},
    "colons of YAML": lambda size: {"source/cards/EX0001.yaml": repeated(": ", size)},
    "commas of YAML": lambda size: with_key("tags: [" + repeated("a,", size) + "]\n"),
    "steps of indentation": lambda size: {
        "source/cards/EX0001.yaml": "".join(f"{' ' * n}a:\n" for n in range(int((2 * size) ** 0.5)))
    },
    "anchors": lambda size: with_key(f"tags: {items('&a{} b', size)}\n"),
    "aliases": lambda size: with_key(f"a: &a b\ntags: {items('*a ', size)}\n"),
    "YAML tags": lambda size: with_key(f"tags: {items('!a{} b', size)}\n"),
    "one long YAML tag": lambda size: with_key(f"a: !{repeated('a', size)} b\n"),
    "one long anchor": lambda size: with_key(f"a: &{repeated('a', size)} b\n"),
    "directives": lambda size: {"source/cards/EX0001.yaml": repeated("%TAG ! a\n", size) + "---\n" + CARD},
    "documents": lambda size: {"source/cards/EX0001.yaml": repeated("---\na\n", size)},
    "a quote without end": lambda size: with_key('details: "' + repeated("a\n", size)),
    "a bracket without end": lambda size: with_key("tags: [" + repeated("a\n ", size)),
    "flow mappings": lambda size: with_key("a: {" + numbered("k{}: 1, ", size) + "}\n"),
    "flow mappings of one key": lambda size: with_key("a: {" + repeated("k, ", size) + "}\n"),
    "percent signs": lambda size: {"source/cards/EX0001.yaml": repeated("%a\n", size)},
    "cards": lambda size: cards(_SHORT, size),
    "cards of one ID": lambda size: cards(_SHORT.replace("EX{}", "EX0001"), size),
    "cards of right IDs": lambda size: many("title: T{0}, question: What is q{0}?, answer: It., tags: [example]", size),
    "cards that are alike": lambda size: many(
        "title: T, question: What is a perceptron of Rosenblatt and how does it learn?, answer: It.", size
    ),
    "cards that are nearly alike": lambda size: many(
        "title: T{0}, question: How do perceptrons of Rosenblatt learn {0} weights from w{2}?, answer: It.", size
    ),
    "cards that name each other": lambda size: many(
        "title: Title{0}, question: What is it?, answer: Title{1}., related: [EX{1:04}]", size
    ),
    "cards that name unknown cards": lambda size: many(
        "title: T, question: What?, answer: It., related: [EX{0}x]", size
    ),
    "cards that replace others": lambda size: many(
        "title: T, question: What?, answer: It., status: retired, replaced_by: EX{0}x", size
    ),
    "retired cards in a ring": lambda size: many(
        "title: T, question: What?, answer: It., status: retired, replaced_by: EX{1:04}", size
    ),
    "cards of unknown prefixes": lambda size: {
        "source/cards/many.yaml": "".join(
            f"- {{id: {''.join(letters)}0001, title: T, question: What?, answer: It.}}\n"
            for letters in itertools.islice(itertools.product("ABCDEFGH", repeat=6), size // 55)
        )
    },
    "cards with an acronym": lambda size: many("title: T, question: What is {3}X?, answer: It.", size),
    "cards with wrong statuses": lambda size: cards(
        "- {id: EX{}, title: T, question: a, answer: b, status: activ}\n", size
    ),
    "cards with formulas": lambda size: {
        "source/cards/many.yaml": numbered("- {id: EX{}, title: T, question: '$\\boxed{{}}$', answer: b}\n", size)
    },
    "many files": lambda size: {
        f"source/cards/EX{n:04}.yaml": f"id: EX{n:04}\ntitle: T\nquestion: What is {n}?\nanswer: It.\n"
        for n in range(min(9999, size // 55))
    },
}

DECKS: dict[str, Callable[[int], Files]] = {
    "vocabulary": lambda size: {
        "source/deck.yaml": DECK.replace(
            "  example: Cards that show\n", "  example: Cards that show\n" + numbered("  tag{}: a\n", size)
        ),
        "source/cards/EX0001.yaml": CARD,
    },
    "vocabulary and unknown tags": lambda size: {
        "source/deck.yaml": DECK.replace(
            "  example: Cards that show\n", "  example: Cards that show\n" + numbered("  tag{}: a\n", size)
        ),
        "source/cards/EX0001.yaml": CARD.replace("[example]", items("tga{}", size)),
    },
    "vocabulary of wrong form": lambda size: {
        "source/deck.yaml": DECK.replace(
            "  example: Cards that show\n", "  example: Cards that show\n" + numbered("  tag.{}/: a\n", size)
        ),
        "source/cards/EX0001.yaml": CARD,
    },
    "vocabulary of many levels": lambda size: {
        "source/deck.yaml": DECK.replace(
            "  example: Cards that show\n", "  example: Cards that show\n" + numbered("  a::b::c{}::d: a\n", size)
        ),
        "source/cards/EX0001.yaml": CARD,
    },
    "one tag of many levels": lambda size: {
        "source/deck.yaml": DECK.replace("example", repeated("a::", size) + "a"),
        "source/cards/EX0001.yaml": CARD,
    },
    "subdecks": lambda size: {
        "source/deck.yaml": DECK.replace(
            "  EX: Examples\n",
            "  EX: Examples\n"
            + "".join(
                f"  {''.join(letters)}: S\n"
                for letters in itertools.islice(itertools.product("ABCDEFGH", repeat=7), size // 13)
            ),
        ),
        "source/cards/EX0001.yaml": CARD.replace("EX0001", "XX0001"),
    },
    "subdecks of wrong form": lambda size: {
        "source/deck.yaml": DECK.replace("  EX: Examples\n", "  EX: Examples\n" + numbered("  e{}: S\n", size)),
        "source/cards/EX0001.yaml": CARD,
    },
    "a subdeck of many levels": lambda size: {
        "source/deck.yaml": DECK.replace("Examples", repeated("a::", size) + "a"),
        "source/cards/EX0001.yaml": CARD,
    },
    "editions": lambda size: deck("editions:\n" + numbered("  e{}: {tags: [nosuch]}\n", size)),
    "empty editions": lambda size: deck(
        "editions:\n" + numbered("  e{}: {tags: [example], without: [example]}\n", size)
    ),
    "editions with tags": lambda size: deck(f"editions:\n  e: {{tags: {items('t{}', size)}}}\n"),
    "editions with cards": lambda size: deck(f"editions:\n  e: {{ids: {items('EX{}', size)}}}\n"),
    "editions and cards": lambda size: {
        "source/deck.yaml": DECK + "editions:\n" + numbered("  e{}: {tags: [example], without: [example]}\n", size),
        **CARDS["cards of right IDs"](size),
    },
    "unknown tags in editions and a vocabulary": lambda size: {
        "source/deck.yaml": DECK.replace(
            "  example: Cards that show\n", "  example: Cards that show\n" + numbered("  tag{}: a\n", size // 2)
        )
        + f"editions:\n  e: {{tags: {items('tga{}', size // 2)}}}\n",
        "source/cards/EX0001.yaml": CARD,
    },
    "lint: ignored rules": lambda size: deck(f"lint:\n  ignore: {items('XYZ{}', size)}\n"),
    "lint: chosen rules": lambda size: deck(f"lint:\n  select: {items('MTH', size)}\n"),
    "lint: severities": lambda size: deck("lint:\n  severity:\n" + numbered("    XYZ{}: error\n", size)),
    "lint: paths": lambda size: {
        "source/deck.yaml": DECK + "lint:\n  per-path:\n" + numbered("    '*a*b*{}': [MTH]\n", size),
        "source/cards/EX0001.yaml": CARD.replace("[example]", items("example", size)),
    },
    "lint: a path of stars": lambda size: {
        "source/deck.yaml": DECK + f"lint:\n  per-path:\n    '{'*a' * (min(size, 4000) // 2)}': [MTH]\n",
        f"source/cards/{'a' * 200}.yaml": CARD.replace("[example]", items("example", size)),
    },
    "lint: essential rules ignored": lambda size: deck(f"lint:\n  ignore: {items('YML001', size)}\n"),
    "words": lambda size: deck(f"words: {items('Word{}', size)}\n"),
    "words and acronyms": lambda size: {
        "source/deck.yaml": DECK + f"words: {items('QX{}', size)}\n",
        **with_details(DETAILS["acronyms"](size)),
    },
    "spelling": lambda size: {
        "source/deck.yaml": DECK + "lint: {spelling: true}\n",
        **with_details(
            "".join(
                f"{''.join(letters)} "
                for letters in itertools.islice(itertools.product("abcdefgh", repeat=7), size // 8)
            )
        ),
    },
    "spelling of long words": lambda size: {
        "source/deck.yaml": DECK + "lint: {spelling: true}\n",
        **with_details(numbered(f"{'abcdefgh' * 12}{{}}q ", size)),
    },
    "spelling of letters before digits": lambda size: {
        "source/deck.yaml": DECK + "lint: {spelling: true}\n",
        **with_details(repeated("a", min(size, LONGEST)) + "1"),
    },
    "spelling of one word": lambda size: {
        "source/deck.yaml": DECK + "lint: {spelling: true}\n",
        **with_details(repeated("abcdefgh", size)),
    },
    "authors": lambda size: {
        "source/deck.yaml": DECK.replace("[Your name]", items("A{}", size)),
        "source/cards/EX0001.yaml": CARD,
    },
    "formats": lambda size: deck("formats:\n" + numbered("  f{}: {}\n", size).replace("f", "pdf")),
    "format options": lambda size: deck("formats:\n  pdf:\n" + numbered("    papre{}: a3\n", size)),
    "unknown keys of a deck": lambda size: deck(numbered("key{}: a\n", size)),
    "a description": lambda size: {
        "source/deck.yaml": DECK.replace("Cards to learn from.", block(repeated("[a](b) $\\nosuch$ *c `d ", size))),
        "source/cards/EX0001.yaml": CARD,
    },
    "a long name": lambda size: {
        "source/deck.yaml": DECK.replace("name: Base", f"name: {repeated('a', size)}"),
        "source/cards/EX0001.yaml": CARD,
    },
    "a long slug": lambda size: {
        "source/deck.yaml": DECK.replace("slug: base", f"slug: {repeated('a-', size)}a!"),
        "source/cards/EX0001.yaml": CARD,
    },
    "a long language": lambda size: {
        "source/deck.yaml": DECK.replace("language: en", f"language: en{repeated('-a1', size)}!"),
        "source/cards/EX0001.yaml": CARD,
    },
    "a long home page": lambda size: deck(f"homepage: https://{repeated('a', size)}\n"),
    "a report address": lambda size: deck(f"report: {quoted('https://a' + repeated('{id}', size) + '<')}\n"),
    "suppressions in a deck": lambda size: {
        "source/deck.yaml": repeated("# cardpipe: ignore[TAG001] a\n", size) + DECK,
        "source/cards/EX0001.yaml": CARD,
    },
}

BOMBS: dict[str, Callable[[int], Files]] = {**CARDS, **{f"deck: {name}": make for name, make in DECKS.items()}}
