"""`cardpipe fmt`: a canonical form that keeps every comment and word, and is stable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardpipe.fix.formatting import formatted
from cardpipe.text.positions import SourceFile

ROOT = Path(__file__).parents[1]


def form(text: str) -> str | None:
    return formatted(SourceFile("source/cards/ML0044.yaml", text))


GOLDEN = {
    "order of keys": (
        "answer: A.\nid: ML0044\ntags: [NN]\nquestion: Why?\ntitle: One\n",
        "id: ML0044\ntitle: One\nquestion: Why?\nanswer: A.\ntags: [NN]\n",
    ),
    "comments move along": (
        "# of the file\n\n# of the answer\nanswer: A. # short\n# of the id\nid: ML0044\n# at the end\n",
        "# of the file\n\n# of the id\nid: ML0044\n# of the answer\nanswer: A.  # short\n# at the end\n",
    ),
    "schema line": (
        "# yaml-language-server: $schema=../card.schema.json\nid: ML0044\ntitle: 'One'\n",
        "# yaml-language-server: $schema=../card.schema.json\nid: ML0044\ntitle: One\n",
    ),
    "quotes": (
        "id: 'ML0044'\ntitle: 'No'\nquestion: \"Why: because?\"\nanswer: 'It''s \"it\"'\ndetails: \"a \\\\theta\"\n",
        'id: ML0044\ntitle: "No"\nquestion: "Why: because?"\nanswer: It\'s "it"\ndetails: a \\theta\n',
    ),
    "lists": (
        "id: ML0044\ntags:\n- NN\n-   CNN\nrelated: [ ML0045,ML0046 ]\n"
        "references:\n- {url: https://a.b, text: T}\n- Some\n",
        "id: ML0044\ntags: [NN, CNN]\nrelated: [ML0045, ML0046]\nreferences:\n"
        "  - {url: https://a.b, text: T}\n  - Some\n",
    ),
    "a list with comments stays below": (
        "id: ML0044\ntags:\n    - NN # main\n    # other\n    - CNN\n",
        "id: ML0044\ntags:\n  - NN  # main\n  # other\n  - CNN\n",
    ),
    "blocks": (
        'id: ML0044\nanswer: "One.\\n\\nTwo.\\n"\ndetails: |\n      Deep\n        deeper\n\n      back\n',
        "id: ML0044\nanswer: |\n  One.\n\n  Two.\ndetails: |\n  Deep\n    deeper\n\n  back\n",
    ),
    "ends of blocks": (
        "id: ML0044\nquestion: |-\n   One\nanswer: |+\n   Two\n\ndetails: |2\n    indented\n",
        "id: ML0044\nquestion: |-\n  One\nanswer: |+\n  Two\n\ndetails: |2\n    indented\n",
    ),
    "folded": (
        "id: ML0044\nanswer: >-\n    One line\n    and more\n\n    end\ntitle: One\n    two\n",
        "id: ML0044\ntitle: One two\nanswer: >-\n  One line\n  and more\n\n  end\n",
    ),
    "figures": (
        "id: ML0044\nfigures:\n- alt: A.\n  values: [[1,2],[3,4]]\n  id: xor\n  kind: grid\n",
        "id: ML0044\nfigures:\n  - id: xor\n    kind: grid\n    values: [[1, 2], [3, 4]]\n    alt: A.\n",
    ),
    "several cards": (
        "- title: One\n  id: ML0044\n\n\n# the second\n-   id: ML0045\n    title: Two\n",
        "- id: ML0044\n  title: One\n\n# the second\n- id: ML0045\n  title: Two\n",
    ),
    "gaps": ("id: ML0044\n\n\n\ntitle: One   \n\n\n", "id: ML0044\n\ntitle: One\n"),
    "numbers stay numbers": (
        'id: ML0044\nfigures: [{id: a, kind: f, x: [-6, 6], n: 0x10, t: "1.0", u: "0x10", v: "0b1", b: true}]\n',
        'id: ML0044\nfigures: [{id: a, kind: f, x: [-6, 6], n: 0x10, t: "1.0", u: "0x10", v: "0b1", b: true}]\n',
    ),
    "a document's beginning": ("---\nid: ML0044\n", "id: ML0044\n"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    before, after = GOLDEN[name]
    assert form(before) == after
    assert form(after) == after


def test_a_long_line_is_folded_and_a_long_list_put_below() -> None:
    words = "word " * 40
    tags = ", ".join(f"topic-{number}" for number in range(20))
    result = form(f"id: ML0044\ntitle: {words.strip()}\ntags: [{tags}]\n")
    assert result is not None
    assert max(map(len, result.splitlines())) <= 120
    assert "title: >-\n  word word" in result
    assert "tags:\n  - topic-0\n" in result


def test_line_ends_stay() -> None:
    assert form("title: One\r\nid: ML0044\r\nanswer: |\r\n   A\r\n\r\n   B\r\n") == (
        "id: ML0044\r\ntitle: One\r\nanswer: |\r\n  A\r\n\r\n  B\r\n"
    )


@pytest.mark.parametrize(
    "text",
    ["id: [\n", "id: &a ML0044\n", "", "# only words\n", "id: 1\ntags: [NN, # why\n  CNN]\n", "id: 1\nid: 2\n"],
)
def test_what_cannot_be_kept_whole_is_left_alone(text: str) -> None:
    assert form(text) is None


@pytest.mark.parametrize("path", sorted((ROOT / "source/cards").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_cards_have_this_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert form(text) == text


KEYS = ["id", "title", "question", "answer", "details", "tags", "figures", "status", "other"]
WORDS = st.text(st.sampled_from("ab :#-'\"\\[]{},&*!|>%@`?.é😀$~0"), max_size=14)
ITEMS = ["NN", "a: 1\n    b: 2", "# c\n    x", "|\n      t", "", "[1, 2] # d"]
SCALARS = st.one_of(
    WORDS,
    WORDS.map(lambda text: "'" + text.replace("'", "''") + "'"),
    WORDS.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    st.tuples(st.sampled_from(["|", "|-", "|+", ">", ">-", "| # why"]), st.lists(WORDS, max_size=4)).map(
        lambda block: block[0] + "".join(f"\n    {line}" for line in block[1])
    ),
    st.lists(st.sampled_from(["NN", "1", "'a b'", "[x, 2]", "{a: b}", "  c"]), max_size=3).map(
        lambda items: f"[{', '.join(items)}]"
    ),
    st.lists(
        st.sampled_from(["NN", "a: 1\n    b: 2", "# c\n    x", "|\n      t", "", "[1, 2] # d"]), min_size=1, max_size=3
    ).map(lambda items: "".join(f"\n  - {item}" for item in items)),
)
LINES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(KEYS), SCALARS).map(lambda entry: f"{entry[0]}: {entry[1]}"),
        st.sampled_from(["# a comment", "", "  # indented", "#"]),
        st.tuples(st.sampled_from(KEYS), st.sampled_from(["1 # x", "a  # y", "# z", ""])).map(": ".join),
    ),
    max_size=7,
)


@given(LINES, st.sampled_from(["\n", "\r\n"]))
@example(["title: ", "id: |\n    0\n     "], "\n")
def test_any_file_is_left_alone_or_comes_into_one_form(lines: list[str], end: str) -> None:
    result = form(("\n".join(lines) + "\n").replace("\n", end))
    if result is not None:
        assert form(result) == result


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    form(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    subprocess.run([sys.executable, "-m", "cardpipe", "init", "deck"], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "deck"


def run(project: Path, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "cardpipe", "fmt", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, input=stdin, check=False)


def test_a_new_project_has_this_form(project: Path) -> None:
    assert run(project, "--check").returncode == 0


def test_the_command_writes_checks_and_shows(project: Path) -> None:
    path = project / "source/cards/EX0001.yaml"
    good = path.read_text()
    path.write_text("\ufeff" + good.replace("tags: [", "tags: [  "))
    checked = run(project, "--check")
    assert (checked.returncode, checked.stdout) == (1, b"source/cards/EX0001.yaml would be reformatted.\n")
    assert b"\n+tags: [" in run(project, "--diff").stdout
    assert run(project, "source/cards/EX0002.yaml", "--check").returncode == 0
    assert run(project).returncode == 0
    assert path.read_text() == "\ufeff" + good


def test_a_broken_file_is_named_and_left(project: Path) -> None:
    path = project / "source/cards/EX0001.yaml"
    path.write_text("id: [\n")
    result = run(project)
    assert result.returncode == 1
    assert b"source/cards/EX0001.yaml was skipped" in result.stderr
    assert path.read_text() == "id: [\n"


def test_standard_input(project: Path) -> None:
    result = run(project, "-", stdin=b"title: 'One'\nid: ML0044\n")
    assert (result.returncode, result.stdout) == (0, b"id: ML0044\ntitle: One\n")
    assert run(project, "-", stdin=b"id: [").returncode == 1


@pytest.mark.parametrize("name", ["card", "deck"])
def test_cards_name_the_schema_that_cardpipe_prints(project: Path, name: str) -> None:
    printed = subprocess.run([sys.executable, "-m", "cardpipe", "schema", name], capture_output=True, check=True).stdout
    for root in (project, ROOT):
        files = (root / "source/cards").glob("*.yaml") if name == "card" else [root / "source/deck.yaml"]
        for file in files:
            mark, _, path = file.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")
            assert mark == "# yaml-language-server: "
            assert (file.parent / path).read_bytes() == printed
