"""Fixes: each is correct in every scalar style, keeps the rest unchanged, and creates no finding."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.cache.store import Cache
from cardpipe.fix.proposals import fixed
from cardpipe.fix.splice import Spans, Splice, is_faithful, spliced
from cardpipe.source.splicing import replacing
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import MapNode
from cardpipe.text.positions import SourceFile, SourceText

if TYPE_CHECKING:
    from pathlib import Path

DECK = """\
uid: 5b0f6c1e-0000-4000-8000-000000000000
slug: sample
name: Sample
language: en
authors: [An Author]
description: A sample.
tags: {NN: Neural networks, CNN: Convolutions}
subdecks: {ML: Machine learning}
formats: {csv: }
"""
HEAD = "id: ML0044\ntitle: Neuron\nquestion: What does a neuron compute?\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "source/cards").mkdir(parents=True)
    (tmp_path / "source/deck.yaml").write_text(DECK)
    return tmp_path


def put(project: Path, text: str, name: str = "ML0044") -> Path:
    path = project / f"source/cards/{name}.yaml"
    path.write_bytes(text.encode())
    return path


def mended(project: Path, text: str, *, unsafe: bool = False) -> str:
    """The card file after all its fixes."""
    path = put(project, text)
    with Cache.disabled() as cache:
        result = fixed(project, cache, is_wanted=lambda _: True, unsafe=unsafe)
    changed = result.contents.get(path.relative_to(project).as_posix())
    return text if changed is None else changed.decode()


SAFE = [
    ("answer: A.\ntags: [NN, NN]\n", "answer: A.\ntags: [NN]\n"),
    ("answer: A.\ntags: [NN, CNN, nn] # why\n", "answer: A.\ntags: [NN, CNN] # why\n"),
    ("answer: A.\ntags:\n  - NN # one\n  - NN # two\n  - CNN\n", "answer: A.\ntags:\n  - NN # one\n  - CNN\n"),
    ("answer: A.\ntags: NN\n", "answer: A.\ntags: [NN]\n"),
    ("answer: A.\ntags: NN, CNN  # both\n", "answer: A.\ntags: [NN, CNN]  # both\n"),
    ("answer: It is $\\softmax(z)$.\n", "answer: It is $\\operatorname{softmax}(z)$.\n"),
    ("answer: It is $\\argmax z$.\n", "answer: It is $\\operatorname*{arg\\,max} z$.\n"),
    ("answer: For $x \\in \\R^d$ it is.\n", "answer: For $x \\in \\mathbb{R}^d$ it is.\n"),
    ("answer: It is $50% x$.\n", "answer: It is $50\\% x$.\n"),
    ("answer: See https://example.org/a.\n", "answer: See <https://example.org/a>.\n"),
    ("answer: See [it](ML0045).\n", "answer: See [it](card:ML0045).\n"),
    ("answer: See [the map](https://example.org/a\\b).\n", "answer: See [the map](https://example.org/a%5Cb).\n"),
    ("answer: A zero\u200bwidth space.\n", "answer: A zerowidth space.\n"),
    ('answer: "A zero\\u200bwidth \\"space\\"."\n', 'answer: "A zerowidth \\"space\\"."\n'),
]


@pytest.mark.parametrize(("before", "after"), SAFE)
def test_safe_fixes(project: Path, before: str, after: str) -> None:
    neighbour(project)
    assert mended(project, HEAD + before) == HEAD + after


def neighbour(project: Path) -> None:
    """A second card, for links to lead to."""
    text = HEAD.replace("ML0044", "ML0045").replace("Neuron", "Layer").replace("neuron", "layer")
    put(project, f"{text}answer: B.\n", "ML0045")


def test_a_title_loses_its_full_stop(project: Path) -> None:
    text = HEAD.replace("Neuron", "'Neuron.'  # short") + "answer: A.\n"
    assert mended(project, text) == text.replace("Neuron.", "Neuron")


UNSAFE = [
    ("anwser: A.\n", "answer: A.\n"),
    ('"anwser": A.\n', '"answer": A.\n'),
    ("answer: A.\ntags: [CNNN]\n", "answer: A.\ntags: [CNN]\n"),
    ("answer: A.\nkind: bsic\n", "answer: A.\nkind: basic\n"),
    ("answer: The the weights.\n", "answer: The weights.\n"),
    ("answer: It is $\\aplha$.\n", "answer: It is $\\alpha$.\n"),
    ('answer: "It is $\\frac{1}{2}$, $\\beta$."\n', 'answer: "It is $\\\\frac{1}{2}$, $\\\\beta$."\n'),
    ("answer: A.\nrelated: [ML0054]\n", "answer: A.\nrelated: [ML0045]\n"),
    ("answer: See [it](card:ML0054).\n", "answer: See [it](card:ML0045).\n"),
]


@pytest.mark.parametrize(("before", "after"), UNSAFE)
def test_guesses_are_taken_only_on_demand(project: Path, before: str, after: str) -> None:
    neighbour(project)
    assert mended(project, HEAD + before) == HEAD + before
    assert mended(project, HEAD + before, unsafe=True) == HEAD + after


STYLES = {
    "plain": "answer: {}\n",
    "single": "answer: 'It''s {}'\n",
    "double": 'answer: "A tab\\t and {}"\n',
    "literal": "answer: |\n  First line: #1\n\n    indented {}\n  last\n",
    "stripped": "answer: |-\n  {}\n",
    "folded": "answer: >-\n  One line\n  and {}\n  more\n\n  end\n",
}


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("style", STYLES)
def test_every_style_keeps_all_else(project: Path, style: str, end: str) -> None:
    sentence = "a 😀 e\u0301 $x \\in {}^2$ here"
    slash = "\\\\" if style == "double" else "\\"

    def text(symbol: str) -> str:
        words = sentence.format(symbol).replace("\\", slash)
        return (f"# above\n{HEAD}" + STYLES[style].replace("{}", words) + "tags: [NN]   # behind\n").replace("\n", end)

    assert mended(project, text("\\R")) == text("\\mathbb{R}")


def test_a_mark_at_the_beginning_stays(project: Path) -> None:
    path = put(project, f"\ufeff{HEAD}answer: It is $50% x$.\n")
    assert run(project, "--fix").returncode == 0
    assert path.read_bytes() == f"\ufeff{HEAD}answer: It is $50\\% x$.\n".encode()


def test_a_fix_that_would_make_something_worse_is_not_made(project: Path) -> None:
    neighbour(project)
    text = HEAD + "answer: A.\nrelated: [ML0045, ML0054]\n"
    # The guess would name ML0045 twice.
    assert mended(project, text, unsafe=True) == HEAD + "answer: A.\nrelated: [ML0045]\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tags: [CNNN, CNN]", "tags: [CNN]"),
        ("tags: [CNN, CNNN]", "tags: [CNN]"),
        ("tags: [cnn, CNN]", "tags: [CNN]"),
        ("tags: [CNNN, CNM]", "tags: [CNN]"),
        ("tags:\n  - CNNN\n  - CNN", "tags:\n  - CNN"),
        ('tags: ["CNN,", CNN]', "tags: [CNN]"),
        ("related: [ML0054, ML0045]", "related: [ML0045]"),
    ],
)
def test_a_misspelt_item_is_removed_if_the_list_has_the_right_one(project: Path, before: str, after: str) -> None:
    neighbour(project)
    assert mended(project, f"{HEAD}answer: A.\n{before}\n", unsafe=True) == f"{HEAD}answer: A.\n{after}\n"


def test_a_misspelt_tag_of_an_edition_is_removed_if_the_right_one_is_listed(project: Path) -> None:
    deck = project / "source/deck.yaml"
    put(project, f"{HEAD}answer: A.\ntags: [CNN]\n")
    deck.write_text(f"{DECK}editions:\n  short: {{tags: [CNNN, CNN]}}\n")
    assert run(project, "--unsafe-fixes").returncode == 0
    assert deck.read_text().endswith("  short: {tags: [CNN]}\n")


def test_a_fix_that_failed_is_not_promised_again(project: Path) -> None:
    deck = project / "source/deck.yaml"
    put(project, f"{HEAD}answer: A.\ntags: [CNN]\n")
    # The second key cannot become the first.
    deck.write_text(DECK.replace("CNN: Convolutions", "CNN: Convolutions, ReLU: A unit, Re Lu: A unit"))
    left = run(project, "--unsafe-fixes")
    assert left.returncode == 1
    assert b"fixes" not in left.stdout


def test_one_fix_after_another_until_all_are_made(project: Path) -> None:
    before = "anwser: It is $\\softmax(z)$ and $\\R$.\ntag: [NN, CNNN]\n"
    after = "answer: It is $\\operatorname{softmax}(z)$ and $\\mathbb{R}$.\ntags: [NN, CNN]\n"
    assert mended(project, HEAD + before, unsafe=True) == HEAD + after


def run(project: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cardpipe", "lint", *arguments],
        cwd=project,
        capture_output=True,
        input=stdin.encode() if stdin is not None else None,
        check=False,
    )


def test_the_command_fixes_and_shows_what_is_left(project: Path) -> None:
    path = put(project, HEAD + "answer: It is $50% x$.\ntags: [CNNN]\n")
    told = run(project)
    assert b"--fix` fixes 1 of them, `--unsafe-fixes` 1 more" in told.stdout
    mending = run(project, "--fix")
    assert (mending.returncode, mending.stderr.splitlines()[0]) == (1, b"Fixed 1 finding in 1 file.")
    assert b"TAG001" in mending.stdout
    assert b"MTH003" not in mending.stdout
    assert run(project, "--unsafe-fixes").returncode == 0
    assert path.read_text() == HEAD + "answer: It is $50\\% x$.\ntags: [CNN]\n"


def test_the_difference_is_shown_and_nothing_written(project: Path) -> None:
    text = HEAD + "answer: It is $50% x$.\n"
    path = put(project, text)
    shown = run(project, "--fix", "--diff")
    assert shown.returncode == 1
    assert b"--- a/source/cards/ML0044.yaml\n+++ b/source/cards/ML0044.yaml\n" in shown.stdout
    assert b"-answer: It is $50% x$.\n+answer: It is $50\\% x$.\n" in shown.stdout
    assert path.read_text() == text
    subprocess.run(["git", "apply", "-"], cwd=project, input=shown.stdout, check=True)
    assert path.read_text() == text.replace("50%", "50\\%")
    assert run(project, "--diff").returncode == 0


def test_standard_input_is_fixed_to_standard_output(project: Path) -> None:
    text = HEAD + "answer: It is $50% x$.\n"
    result = run(project, "-", "--fix", stdin=text)
    assert (result.returncode, result.stdout.decode()) == (0, text.replace("50%", "50\\%"))


def test_only_what_was_named_is_fixed(project: Path) -> None:
    one = put(project, HEAD + "answer: It is $50% x$.\n")
    other = put(
        project,
        HEAD.replace("0044", "0045").replace("Neuron", "B").replace("neuron", "layer") + "answer: $1% x$ is it.\n",
        "ML0045",
    )
    run(project, "source/cards/ML0044.yaml", "--fix")
    assert "\\%" in one.read_text()
    assert "\\%" not in other.read_text()


def answer_of(text: str) -> SourceText | None:
    root = read_yaml(SourceFile("a.yaml", text), [])
    value = root.get("answer") if isinstance(root, MapNode) else None
    return value if isinstance(value, SourceText) else None


@given(
    words=st.text(st.sampled_from("ab c:#-'\"\\[]{},&*!|>%@`?\n\t😀é"), max_size=12),
    new=st.text(st.sampled_from("xy :#-'\"\\[]{},&*!|>\n😀"), max_size=6),
    style=st.sampled_from(sorted(STYLES)),
    place=st.tuples(st.integers(0, 60), st.integers(0, 8)),
)
def test_an_edit_says_what_it_should_or_is_not_made(words: str, new: str, style: str, place: tuple[int, int]) -> None:
    file_text = "before: 1\n" + STYLES[style].replace("{}", words.replace("\n", "\n  ")) + "after: 2\n"
    answer = answer_of(file_text)
    if answer is None or not answer.text:
        return
    start = min(place[0], len(answer.text))
    end = min(start + place[1], len(answer.text))
    edit = replacing(answer, start, end, new)
    if edit is None:
        return
    file = answer.file
    begin, stop = answer.offsets()[start], answer.offsets()[end] if end > start else answer.offsets()[start]
    span = edit.span
    first = file.line_starts[span.line - 1] + span.column - 1
    last = file.line_starts[span.end_line - 1] + span.end_column - 1
    assert first == begin or style in {"literal", "stripped", "folded"}
    assert stop >= begin
    splice = [Splice(first, last, edit.replacement)]
    if is_faithful(file, splice):
        after = answer_of(spliced(file_text, splice))
        assert after is not None
        assert after.text == answer.text[:start] + new + answer.text[end:]


def test_edits_that_touch_each_other_are_not_made_together() -> None:
    assert Spans([(0, 2)]).touched_by(2, 3)
    assert not Spans([(0, 2)]).touched_by(3, 4)


@pytest.mark.parametrize(
    ("text", "splice"),
    [
        ("a: 1\nb: 2\n", Splice(3, 4, "1\nc: 3")),
        ("a: 1\nb: 2\n", Splice(3, 4, "1 #")),
        ("a: [1, 2]\n", Splice(4, 5, "1]")),
        ("a: 1\nb: 2\n", Splice(3, 9, "")),
        ("a: x\n", Splice(3, 4, "&x")),
    ],
)
def test_what_changes_more_than_its_place_is_not_faithful(text: str, splice: Splice) -> None:
    faithful = is_faithful(SourceFile("a.yaml", text), [splice])
    assert not faithful or splice.new in {"1 #", "1\nc: 3"}
