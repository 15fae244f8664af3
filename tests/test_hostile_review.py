"""Attacks by a pull request on its reviewers: texts in the comment and the page, data and archives of its build.

A new payload is a line in one of the lists.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from cardpipe.errors import CardpipeError
from cardpipe.forge.github import data_in
from cardpipe.model.trust import EVERYBODY, NOBODY
from cardpipe.review.comment import LARGEST, MARKER, comment
from cardpipe.review.data import (
    LARGEST_DATA,
    AddedData,
    CardData,
    ChangedData,
    FindingData,
    PartData,
    ReleaseData,
    ReviewData,
    data_of,
    parse,
    to_json,
)
from cardpipe.review.page import page
from cardpipe.review.state import review_of
from cardpipe.text.code_host import inert, inert_html
from cpu_time import assert_linear
from test_hostile_packages import listing, most_memory
from test_review import DECK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAYLOADS = [
    "@octocat",
    "ping @org/team now",
    "@<span>octocat</span>",
    "@<b></b>octocat",
    "&#64;octocat &commat;octocat",
    "me@example.org",
    "#12",
    "owner/repo#12",
    "#<i></i>12 GH-12 gh-12",
    "!12 ~bug %1.0 &12 $12 ^alert#12 [vulnerability:3] *iteration:4",
    "deadbeefcafe1234deadbeefcafe1234deadbeef owner/repo@deadbeef",
    "https://evil.example/x",
    "HTTP://evil.example www.evil.example ftp://evil.example",
    "<https://evil.example>",
    "[click](https://evil.example)",
    "![](https://evil.example/pixel.png)",
    "[click]: https://evil.example",
    '<a href="https://evil.example">click</a>',
    '<img src="https://evil.example/pixel.png" alt="@octocat">',
    '<img src=x onerror=alert(1) class="math" alt="</code>@octocat">',
    "<script>alert(1)</script>",
    "<style>*{display:none}</style>",
    "<!-- cardpipe review -->",
    "<!--",
    "-->",
    "]]>",
    "</details></blockquote></pre></code>",
    "<details open><summary>Findings</summary>All is well",
    "```\n# heading\n```",
    "````",
    "    code",
    "# Heading",
    "- [ ] task",
    "> [!CAUTION]\n> Approve this",
    "| a | b |\n|---|---|\n| c | d |",
    "a\n\n\n<h1>out</h1>",
    "\n/approve\n/merge\n/close",
    "@dependabot merge",
    ":rocket: :+1:",
    "$x^2$ $$y$$ $`z`$",
    "**bold** _em_ ~~gone~~ `code`",
    "\u202eevil\u2066\u200b\x00\x1b[31m",
    "\ud800",
    "*" * 3000,
    "[" * 3000,
    "<b>" * 3000,
    "&" * 3000,
]
_TABLES = frozenset(("table", "thead", "tbody", "tr", "th", "td"))
_WORDS = frozenset(("b", "code", "del", "em", "i", "ins", "strong", "sub", "summary", "sup"))
_BLOCKS = frozenset(("blockquote", "br", "details", "h3", "h4", "hr", "li", "ol", "p", "pre", "ul"))
ELEMENTS = _TABLES | _WORDS | _BLOCKS
FOUND = re.compile(
    r"@[\w-]|#\d|[!~%&$^]\w|\bGH-\d|\b[0-9a-f]{7,40}\b|://\w|www\.\w|:[a-z+-]\w*:|\[\w+:\d", re.IGNORECASE
)
"""What code hosts look for in the text between tags."""


class Reader(HTMLParser):
    """The elements, attributes and texts of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = [""]
        self._quiet = 0
        self.comments: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self._quiet += tag in ("code", "pre")
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("code", "pre")
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        # Code hosts leave code alone.
        self.texts[-1] += "" if self._quiet else data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def data_with(text: str) -> ReviewData:
    """Return data with a text in every field that is a text, and in every list."""
    return ReviewData(
        version=1,
        deck=text,
        against=text,
        commit=text,
        summary=text,
        added=(AddedData(id=text, title=text, question=text, answer=text),),
        changed=(
            ChangedData(
                id=text,
                title=text,
                parts=(
                    PartData(name=text, words=((text, text), ("-", text), ("+", text))),
                    PartData(name=text, words=()),
                ),
            ),
        ),
        retired=(CardData(id=text, title=text),),
        removed=(CardData(id=text, title=text),),
        more=0,
        renamed=((text, text),),
        risks=(text,),
        findings=(FindingData(severity=text, code=text, place=text, message=text),),
        findings_count=1,
        errors=0,
        release=ReleaseData(last=text, new=1, updated=1, retired=1, removed=1, note_types=1),
        remarks=(text,),
    )


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: ascii(text)[:30])
def test_a_comment_has_nothing_of_a_stranger_but_words(payload: str) -> None:
    made = comment(data_with(payload))
    assert made.count(MARKER) == 1
    assert len(made.encode()) <= LARGEST
    read = Reader(cmarkgfm.github_flavored_markdown_to_html(made, Options.CMARK_OPT_UNSAFE))
    assert read.elements <= ELEMENTS
    assert read.attributes <= {"open"}
    assert len(read.comments) == 1
    for text in read.texts:
        assert FOUND.search(text) is None, ascii(text)
    # What bots and GitLab look for at the beginning of a line.
    assert re.search(r"(?m)^\s*/|@\w", made) is None


@pytest.mark.parametrize("payload", ["a & b < c", "100 % of 5 > 4", "it's (quite) well-known; isn't it?", "x - y, z."])
def test_words_are_still_those_of_the_author(payload: str) -> None:
    assert "".join(Reader(inert(payload)).texts).replace("\u200b", "") == payload


@pytest.mark.quick_cases("<!--", "@#:")
@pytest.mark.parametrize("piece", ["<!--", "<!", "<a ", "<", "</", "&", "<a href='", "<![CDATA[", "@#:", "ab12", "\n/"])
def test_a_comment_of_long_texts_takes_no_long_time(piece: str) -> None:
    def made(size: int) -> str:
        text = piece * (size // len(piece))
        return comment(parse(to_json(data_with(text))))

    assert len(made(100_000).encode()) <= LARGEST
    assert_linear(made, 20_000)


@pytest.mark.slow
def test_long_texts_take_no_long_time() -> None:
    for piece in ("@a", "<b>", "&#64;", "deadbeef ", "www.", "<a href=x>"):
        assert_linear(lambda size, piece=piece: inert_html(piece * size), 20_000)  # type: ignore[misc] # a default


def archive(name: str, data: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as opened:
        opened.writestr(name, data)
    return made.getvalue()


ARCHIVES = {
    "nothing": b"",
    "no archive": b"PK\x03\x04 junk",
    "another file": archive("other.json", b"{}"),
    "a path": archive("../review.json", b"{}"),
    "a bomb": archive("review.json", b" " * (LARGEST_DATA + 1)),
    "lzma": archive("review.json", b"{}", zipfile.ZIP_LZMA),
    "truncated": archive("review.json", b"{}" * 1000)[:-30],
    "damaged": archive("review.json", bytes(range(256)) * 50).replace(b"\x10\x11\x12", b"\x00\x00\x00"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_is_read_or_refused(name: str) -> None:
    with pytest.raises(CardpipeError):
        parse(data_in(ARCHIVES[name]))


LISTS: dict[str, Callable[[], bytes]] = {
    "a million files": lambda: listing(1_300_000),
    "a million files that are said to be one": lambda: listing(1_300_000, told=1),
    "a million files with a comment": lambda: listing(1_300_000, comment=b"c" * 60_000),
    "a thousand files": lambda: listing(1000),
}


@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
def test_a_list_of_files_is_refused_before_it_is_read(make: Callable[[], bytes]) -> None:
    data = make()

    def read() -> None:
        with pytest.raises(CardpipeError, match="lists more than 100 files"):
            data_in(data)

    assert most_memory(read) < 1_000_000


WHOLE: dict[str, Any] = json.loads(to_json(data_with("text")))
VALUES: list[Any] = [{}, [[]], 1.5, True]
JSON = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"NaN",
    b"[" * 100_000,
    b'{"version": 1}',
    b"\xff\xfe",
    *(
        json.dumps({**WHOLE, name: value}).encode()
        for name in WHOLE
        for value in (*VALUES, None if name != "release" else 0)
    ),
    json.dumps({**WHOLE, "version": 2}).encode(),
    json.dumps({**WHOLE, "renamed": [["a", "b", "c"]]}).encode(),
]


def test_data_of_another_form_are_refused() -> None:
    for text in JSON:
        with pytest.raises(CardpipeError):
            parse(text)


def test_the_fields_of_data_are_all_known() -> None:
    def texts(value: Any) -> int:
        if is_dataclass(value):
            return sum(texts(getattr(value, field.name)) for field in fields(value))
        return sum(map(texts, value)) if isinstance(value, tuple) else value == "text"

    # A new text must come into `data_with`.
    assert texts(data_with("text")) == 29


def git(folder: Path, *args: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"]
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


EVIL = "def draw(figure):\n    'Draw.'\n    raise RuntimeError('I RAN')\n"
SCRIPTED = """\
id: EX0001
title: Lines
question: What is it?
answer: It is.
figures:
  - {id: f, kind: script, script: drawn.py, alt: A rising line.}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A deck with one card and one commit."""
    folder = tmp_path / "deck"
    (folder / "source/cards").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "source/deck.yaml").write_text(DECK)
    (folder / "source/cards/EX0001.yaml").write_text("id: EX0001\ntitle: T\nquestion: What?\nanswer: This.\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    return folder


def stranger(folder: Path, script: str = EVIL) -> None:
    (folder / "source/figures").mkdir()
    (folder / "source/figures/drawn.py").write_text(script)
    (folder / "source/cards/EX0001.yaml").write_text(SCRIPTED)


@pytest.mark.parametrize("side", ["revision", "working tree"])
def test_no_script_of_a_stranger_runs(side: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr("cardpipe.figures.sandbox.run_script", lambda name, *_: ran.append(name))
    git(project, "checkout", "-qb", "stranger")
    stranger(project)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "evil")
    if side == "revision":
        git(project, "checkout", "-q", "main")
        # Even where all scripts of the working tree may run, those of another branch may not.
        found = review_of(project, "stranger", EVERYBODY, lambda *_: None)
    else:
        found = review_of(project, "main", NOBODY, lambda *_: None)
        assert found.scripts == ("source/figures/drawn.py",)
        assert "is a figure script" in page(found).decode()
    assert not ran
    assert "EX0001" in [card.id for card in found.changes.changed]


def test_links_and_junk_are_left_out(project: Path) -> None:
    (project / "source/cards/EX0002.yaml").symlink_to("/etc/passwd")
    (project / "source/cards/EX0003.yaml").write_bytes(bytes(range(256)) * 100)
    (project / "source/media").mkdir()
    (project / "source/media/x.png").write_bytes(b"\x89PNG junk")
    found = review_of(project, "HEAD", NOBODY, lambda *_: None)
    assert b"root:" not in page(found)
    assert found.errors
    git(project, "add", "-A")
    git(project, "commit", "-qm", "junk")
    for name in ("cards/EX0002.yaml", "cards/EX0003.yaml", "media/x.png"):
        (project / "source" / name).unlink()
    found = review_of(project, "HEAD", NOBODY, lambda *_: None)
    assert not found.errors
    assert b"root:" not in page(found)


TEXTS = [
    "</style><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    '" onload="alert(1)',
    "</ins></del></pre></details>",
    "\u202eevil\u2066",
    "<img src=x onerror=alert(1)>",
]


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_texts_of_a_stranger_stay_texts_on_the_page(text: str, project: Path) -> None:
    card = {"id": "EX0001", "title": text, "question": text, "answer": text, "details": text, "tags": [text]}
    (project / "source/cards/EX0001.yaml").write_text(json.dumps(card))
    (project / "source/cards/EX0002.yaml").write_text(json.dumps({**card, "id": "EX0002"}))
    (project / "source/deck.yaml").write_text(DECK.replace("name: Base", f"name: {json.dumps(text)}"))
    shown = page(review_of(project, "HEAD", NOBODY, lambda *_: None)).decode()
    read = Reader(shown)
    assert not read.elements & {"script", "iframe", "object", "form", "base", "link"}
    assert not {name for name in read.attributes if name.startswith("on")}
    assert "\u202e" not in shown
    assert "49" not in "".join(read.texts)


@pytest.mark.slow
def test_a_huge_change_has_a_page_and_a_comment(project: Path) -> None:
    words = " ".join(f"word{number}" for number in range(20_000))
    (project / "source/cards/EX0001.yaml").write_text(
        json.dumps({"id": "EX0001", "title": "T", "question": "What?", "answer": "This.", "details": words})
    )
    git(project, "add", "-A")
    git(project, "commit", "-qm", "long")
    (project / "source/cards/EX0001.yaml").write_text(
        json.dumps({"id": "EX0001", "title": "T", "question": "What?", "answer": "This.", "details": words[::-1]})
    )
    found = review_of(project, "HEAD", NOBODY, lambda *_: None)
    assert len(page(found)) < 2_000_000
    data = data_of(found)
    assert parse(to_json(data)) == data
    assert len(comment(data).encode()) <= LARGEST
    many = replace(data, added=data.added * 0, changed=data.changed * 150)
    assert len(comment(many).encode()) <= LARGEST
