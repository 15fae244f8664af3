"""Every rule reports exact positions: all scalar styles, both line ends, emoji before it.

Between « and » stands what a finding must underline; with | between them, the place is empty and stands right there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cardpipe.lint.engine import lint
from cardpipe.lint.registry import all_rules
from cardpipe.source.load import load
from cardpipe.text.positions import SourceFile
from lint_sample import CACHE, PNG

if TYPE_CHECKING:
    from pathlib import Path

DECK = """\
uid: 5b0f6c1e-0000-4000-8000-000000000000
slug: sample
name: Sample 😀
language: en
authors: [An Author]
description: A sample.
tags: {NN: Neural networks, CNN: Convolutions}
subdecks: {ML: Machine learning}
lint: {spelling: true}
"""
OTHER = "{id: ML0045, title: Layer, question: What is a layer, answer: Many units.}\n"
BEFORE = "A 😀 e\u0301 ü here: "
"""Characters of two code units, of two code points, and a colon, which is left out in plain scalars."""

# The code, the key that holds the text, the text, and keys beside it.
TEXTS: list[tuple[str, str, str, str]] = [
    ("ACC002", "details", "see [«here»](https://a.b/c).", ""),
    ("ACC003", "question", "see ![«The sum of units.»](neuron.png) there.", "answer: sum\n"),
    ("FIG001", "details", "see ![](«figure:xr»).", ""),
    ("KND002", "question", "«{{c1:»one}} and {{c1::two}}", "kind: cloze\n"),
    ("KND003", "question", "a {{c1::b «{{c2::»c}} d}}", "kind: cloze\n"),
    ("KND004", "details", "a «{{c1::»b}} c.", ""),
    ("KND005", "question", "a {{c1::b}} and «{{c3::»c}}", "kind: cloze\n"),
    ("KND011", "question", "a {{c1::b}} and «{{oxygen}}».", "kind: cloze\n"),
    ("KND011", "question", "a {{c1::b}} and «{{2::water}}».", "kind: cloze\n"),
    ("KND011", "details", "a «{{c3}}» c.", ""),
    ("MDN001", "details", "see «https://example.org/a» there.", ""),
    ("MDN010", "details", "see «__init__» there.", ""),
    ("MDN011", "details", "see «==this==» there.", ""),
    ("MDN012", "details", "see «%%this%%» there.", ""),
    ("MDN013", "details", "see this«[^1]» there.", ""),
    ("MDN014", "details", "it is «{漢字|}» here.", ""),
    ("MED001", "details", "see ![A neuron.](«neurn.png»).", ""),
    ("MED003", "details", "see ![A neuron.](«../neuron.png»).", ""),
    ("MED005", "details", "see ![A neuron.](«https://a.b/c.png»).", ""),
    ("MED006", "details", "see «![](neuron.png)».", ""),
    ("MED011", "details", "see ![A neuron.](neuron.png («width=9em»)).", ""),
    ("MKU001", "details", "a «<blink>»b</blink> c.", ""),
    ("MKU002", "details", "a «[sound:»a.mp3] b.", ""),
    ("MKU003", "details", "a zero«\u200b»width space.", ""),
    ("MTH001", "details", "it is $a + «\\foo» b$.", ""),
    ("MTH002", "details", "it is $«\\href»{a}{b}$.", ""),
    ("MTH003", "details", "it is $50«%» x$.", ""),
    ("MTH004", "details", "it is $$x + «$»y$ z$$ and.", ""),
    ("MTH005", "details", "it is $$«\\begin{array}» a & b \\end{array}$$.", ""),
    ("MTH006", "details", "it is «$»\\hat{y} = 1.", ""),
    ("MTH010", "details", "water is «H_2O» here.", ""),
    ("MTH020", "details", "it is «\\(x^2\\)» there.", ""),
    ("MTH022", "details", "it is $a = \\text{50«\\%» of}$.", ""),
    ("MTH023", "details", "it is $$a = b «\\\\» c = d$$.", ""),
    ("MTH024", "details", "it costs «$5 a month or 10$» a year.", ""),
    ("REF001", "details", "see [that](«card:ML0054»).", ""),
    ("REF002", "details", "see [that](«card:ML0044»).", ""),
    ("REF003", "details", "see [that](«javascript:alert»).", ""),
    ("WRD001", "question", "why does it learn? And how fast«?»", ""),
    ("WRD009", "details", "it is «TODO» later.", ""),
    ("WRD010", "details", "it is the «the» same.", ""),
    ("WRD013", "details", "it is $$a = «r»$$ where $a$ is it.", ""),
    ("WRD014", "details", "it is an «RBM» here.", ""),
    ("WRD018", "details", "it is a «wieght» here.", ""),
]
TWO = (
    "- {{id: ML0044, title: {0}, question: {2}, answer: A.}}\n- {{id: ML0046, title: {1}, question: {3}, answer: B.}}\n"
)
# The code and the whole file; the card's own keys may be missing.
FILES: list[tuple[str, str]] = [
    ("ACC001", "figures: [{id: a, kind: grid, values: [[1]], alt: «Image»}]\n"),
    ("FIG002", "figures:\n  - id: «a»\n    kind: grid\n    values: [[1]]\n"),
    (
        "FIG003",
        "figures:\n  - {id: a, kind: grid, values: [[1]], alt: A.}\n"
        "  - {id: «a», kind: grid, values: [[1]], alt: B.}\n",
    ),
    ("FIG004", "figures: [{id: a, kind: «grd», values: [[1]], alt: A.}]\n"),
    ("FIG005", "figures: [{id: a, kind: grid, values: [[1, 2], «[1]»], alt: A.}]\n"),
    ("IDN001", "id: «ml44»\n"),
    (
        "IDN002",
        "- {id: ML0044, title: One, question: What, answer: A.}\n"
        "- {id: «ML0044», title: Two, question: Why, answer: B.}\n",
    ),
    ("IDN003", "id: «ML0046»\n"),
    ("IDN004", "id: «XX0044»\n"),
    ("KND001", "kind: cloze\nquestion: «Nothing is hidden.»\n"),
    ("KND006", "kind: typed\nanswer: Two «*words*»\n"),
    ("KND007", "kind: typed\nanswer: «A rather long answer that nobody would ever want to type on a telephone»\n"),
    ("KND009", "replaced_by: «ML0045»\n"),
    ("REF001", "related: [ML0045, «ML0054»]\n"),
    ("REF002", "related: [ML0045, «ML0045»]\n"),
    ("REF003", "references: [{text: A, url: «ftp://a.b»}]\n"),
    ("SCH001", "details: 😀\n«detials»: A.\n"),
    ("SCH002", "«id»: ML0044\ntitle: 😀\nanswer: A.\n#\n"),
    ("SCH003", "tags: «NN»\n"),
    ("SCH004", "difficulty: «simple»\n"),
    ("SRC001", "title: Issue «#5 explained»\n"),
    ("SRC001", "answer:   The key of F  \t«# minor»\n"),
    ("SRC001", "answer:\n  Two lines\n  of number «#5»\n"),
    ("SRC001", "references:\n  - Rhodes, B. «#5»\n"),
    ("SRC001", "figures:\n  - id: a\n    kind: grid\n    values: [[1]]\n    alt: A grid «#2»\n"),
    ("SRC001", "figures:\n  - id: a\n    kind: grid\n    values: [[1]]\n    rows:\n      - Try «#2»\n    alt: A.\n"),
    ("SUP001", "«# cardpipe: ignore[WRD002]»\ndetails: A.\n"),
    ("SUP002", "# cardpipe: ignore[«WRD999»] a reason\ndetails: A.\n"),
    ("SUP003", "# cardpipe: ignore[«WRD002»] a reason\ndetails: A.\n"),
    ("TAG001", "tags: [NN, «CNNN»]\n"),
    ("TAG002", "tags: [NN, «NN»]\n"),
    ("TAG003", "tags: [NN, «neural nets»]\n"),
    ("WRD002", "question: «Does» it learn?\n"),
    ("WRD003", "question: Why does the perceptron stop at a line?\nanswer: «The perceptron.»\n"),
    ("WRD004", "question: What does «the previous card» say?\n"),
    ("WRD006", "answer: |\n  «-» one\n  - two\n"),
    ("WRD007", "answer: «This is» a unit.\n"),
    ("WRD011", "title: «Neuron.»\n"),
    ("WRD016", TWO.format("One", "Two", "Why does a deep network learn", "«Why does a deep network learn»")),
    ("WRD017", TWO.format("Neuron", "«neuron»", "Why", "How")),
    ("MKU010", "title: 'The norm «$x_1$» of it'\n"),
    ("MKU010", 'title: "A «**bold**» word"\n'),
    ("WRD030", "title: «Flag of Indonesia»\nanswer: Indonesia\n"),
    ("WRD030", "title: «It maximises the return»\nkind: cloze\nquestion: It maximises {{c1::the return}}.\n"),
    ("YML001", "title: One\nquestion: «[»\n"),
    ("YML002", "title: 😀\n«title»: Two\n"),
    ("YML003", "title: «&name» One\n"),
    ("YML004", "title: 😀 a«\x07»b\n"),
    ("YML004", 'title: "😀 a«\\0»b"\n'),
]
DECKS: list[tuple[str, str]] = [
    ("CFG001", "lint: {ignore: [WRD002, «WRD999»]}\n"),
    ("CFG002", "lint: {ignore: [«SCH001»]}\n"),
    ("CFG001", "lint: {allow-unsafe: {«MTH001»: a reason}}\n"),
    ("CFG002", "lint: {ignore: [«MTH002»]}\n"),
    ("CFG003", "lint: {allow-unsafe: {«MTH002»: a reason}}\n"),
    ("SRC001", "description: Deck «#5»\n"),
    ("SRC001", "authors:\n  - Ada «#2»\n"),
    ("EDN001", "editions: {a: {tags: [«CNNN»]}}\n"),
    ("EDN002", "editions: {«a»: {tags: [CNN]}}\n"),
    ("SCH005", "formats: {«anky»: }\n"),
    ("SCH006", "formats: {csv: {«dialct»: anki}}\n"),
    ("SCH004", "tags: {NN: A, «neural nets»: B}\n"),
    ("SCH004", "homepage: «ftp://a.b»\n"),
    ("YML004", 'editions: {a: {title: "A «\\e»deck"}}\n'),
    ("REF003", "homepage: «https://example.org@evil.example/»\n"),
    ("REF003", "report: «https://example.org@evil.example/{id}»\n"),
    ("REF003", "editions:\n  a:\n    link: «https://example.org@evil.example/{id}»\n"),
    ("MTH030", "macros:\n  nrm: {args: 1, body: 'a «#2»'}\n"),
    ("MTH031", "macros:\n  «nrm»: a\n"),
    ("MTH032", "macros: {«alpha»: a}\n"),
    ("MKU002", "name: Deck «[sound:»a.mp3]\n"),
]
ELSEWHERE = {
    "FIG006": "only an export draws (test_figure_sandbox.py)",
    "KND008": "points at the answer as a whole (test_card_kinds.py)",
    "KND010": "needs a retired card (test_card_kinds.py)",
    "MDN002": "points at a limit (test_rules_markdown.py)",
    "MED002": "a file has no columns",
    "MED004": "a file has no columns",
    "MED007": "lines of an SVG file (test_rules.py)",
    "MED008": "places in a picture (test_hostile_pictures.py)",
    "MED009": "places in a picture (test_hostile_pictures.py)",
    "MED010": "places in a picture (test_hostile_pictures.py)",
    "MTH007": "only double quotes have escapes (test_lint_project.py)",
    "MTH008": "points at a limit (test_hostile_bombs_lint.py)",
    "IDN005": "needs two cards (test_untitled_cards.py)",
    **{f"NTY{number:03}": "needs a note type (test_note_types_lint.py)" for number in range(1, 10)},
    "REL001": "an offset in JSON (test_release_lock.py)",
    "REL002": "a time in JSON (test_release_lock.py)",
    "SCH007": "points at a limit (test_hostile_bombs_lint.py)",
    "SCH008": "points at a limit (test_hostile_bombs_export.py)",
    "SCH010": "a file has no columns (test_unread_files.py)",
    "SUP": "",
    "SUP010": "points at a limit (test_hostile_bombs_lint.py)",
    "TAG004": "needs tags of several cards (test_everyday_decks.py)",
    "NTY010": "needs a note type (test_note_types_lint.py)",
    "NTY011": "needs an adopted note type (test_adopted_types.py)",
    "NTY012": "needs an adopted note type (test_adopted_types.py)",
    "WRD005": "points at the answer as a whole (test_rules_wording.py)",
    "WRD008": "points at an item of a list (test_rules_wording.py)",
    "WRD012": "points at a first line (test_rules_wording.py)",
    "WRD015": "needs words of two cards (test_rules_wording.py)",
    "YML005": "bytes, not characters (test_source_reader.py)",
}
STYLES = ("plain", "single", "double", "literal", "folded")


def written(key: str, text: str, style: str) -> str:
    """A key with a text in a style of YAML."""
    if style == "plain":
        return f"{key}: {text.replace('here: ', 'here ')}\n"
    if style == "single":
        return f"{key}: '{text.replace(chr(39), chr(39) * 2)}'\n"
    if style == "double":
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\u200b", "\\u200b")
        return f'{key}: "A tab\\t, then {escaped}"\n'
    if style == "literal":
        return f"{key}: |\n  One: #line\n\n  {text}\n"
    first, _, rest = text.partition(" ")
    return f"{key}: >-\n  One line\n  {first}\n  {rest}\n\n  the end\n"


def completed(card: str) -> str:
    """A file of cards with the keys that a card needs."""
    if card.startswith("- ") or card.endswith("#\n"):
        return card
    given = set(re.findall(r"^«?(\w+)»?:", card, re.MULTILINE))
    needed = {"id": "ML0044", "title": "Neuron", "question": "What does a neuron compute?", "answer": "A sum."}
    return "".join(f"{key}: {value}\n" for key, value in needed.items() if key not in given) + card


def places(marked: str, path: str) -> tuple[str, tuple[int, int, int, int]]:
    """A text without its marks, and the line and column of both."""
    start = marked.index("«")
    text = marked.replace("«", "", 1)
    end = text.index("»")
    text = text.replace("»", "", 1)
    span = SourceFile(path, text).span(start, end)
    return text, (span.line, span.column, span.end_line, span.end_column)


def found(folder: Path, contents: dict[str, str], code: str) -> list[tuple[int, int, int, int]]:
    media = folder / "source/media"
    media.mkdir(parents=True, exist_ok=True)
    (media / "neuron.png").write_bytes(PNG)
    loaded = load(folder, contents={path: text.encode() for path, text in contents.items()})
    return [
        (item.span.line, item.span.column, item.span.end_line, item.span.end_column)
        for item in lint(loaded.deck, loaded.findings, CACHE, files=loaded.files)
        if item.code == code
    ]


def check(folder: Path, marked: str, code: str, end: str, *, deck: bool = False) -> None:
    path = "source/deck.yaml" if deck else "source/cards/ML0044.yaml"
    text, place = places(marked.replace("\n", end), path)
    contents = {"source/deck.yaml": DECK, "source/cards/ML0045.yaml": OTHER, path: text}
    assert place in found(folder, contents, code), text


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("code", "key", "text", "beside"), TEXTS, ids=lambda value: str(value)[:6])
def test_a_place_in_a_text(code: str, key: str, text: str, beside: str, style: str, end: str, tmp_path: Path) -> None:
    check(tmp_path, completed(f"# 😀\n{beside}{written(key, BEFORE + text, style)}"), code, end)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(("code", "text"), FILES, ids=lambda value: str(value)[:6])
def test_a_place_in_a_file(code: str, text: str, end: str, tmp_path: Path) -> None:
    check(tmp_path, completed(text), code, end)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(("code", "text"), DECKS, ids=lambda value: str(value)[:6])
def test_a_place_in_the_deck(code: str, text: str, end: str, tmp_path: Path) -> None:
    key = text.partition(":")[0].strip("«»")
    rest = re.sub(rf"^{key}:.*\n", "", DECK, flags=re.MULTILINE)
    check(tmp_path, rest + text, code, end, deck=True)


def test_no_rule_is_left_out() -> None:
    asserted = {code for code, *_ in (*TEXTS, *FILES, *DECKS)}
    assert {rule.code for rule in all_rules()} - asserted == ELSEWHERE.keys() - {"SUP"}
