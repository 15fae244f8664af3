"""`cardpipe new`: the next free ID, the file that teaches, the questions in a terminal, and what it refuses."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cardpipe.cli.main import cli
from cardpipe.errors import CardpipeError
from cardpipe.fix.formatting import formatted
from cardpipe.lint.engine import diagnosed
from cardpipe.model.card_label import card_label
from cardpipe.model.deck import CardKind
from cardpipe.model.diagnostics import Severity
from cardpipe.source.load import load, read_cards
from cardpipe.text.positions import SourceFile


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "deck"
    assert CliRunner().invoke(cli, ["init", str(folder)]).exit_code == 0
    return folder


@pytest.fixture
def deck(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "deck"))


def new(deck: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(deck), "new", *options])


def created(result: Result) -> str:
    assert result.exception is None, result.exception
    assert result.return_value is None or result.exit_code == 0
    return result.output.partition("Created ")[2].partition(".yaml")[0].rpartition("/")[2]


def refusal(result: Result) -> str:
    assert isinstance(result.exception, CardpipeError), result.output
    return f"{result.exception.message} {result.exception.hint}"


def card(deck: Path, name: str) -> str:
    return (deck / "source/cards" / f"{name}.yaml").read_text("utf-8")


@pytest.mark.parametrize("kind", [kind.value for kind in CardKind])
def test_a_new_card_lacks_only_what_the_author_writes(deck: Path, kind: str) -> None:
    name = created(new(deck, "--kind", kind, "--title", "A title", "--tag", "growth"))
    path, data = f"source/cards/{name}.yaml", card(deck, name).encode()
    found = diagnosed(read_cards(path, data).findings)
    missing = {"question"} if kind == "cloze" else {"question", "answer"}
    assert {item.message for item in found} == {f"“{key}” is empty." for key in missing}
    assert card(deck, name).startswith("# yaml-language-server: $schema=../card.schema.json\n")
    assert formatted(SourceFile(path, data.decode())) == data.decode()


@pytest.mark.parametrize("kind", [kind.value for kind in CardKind])
def test_the_commented_fields_of_a_new_card_are_right(deck: Path, kind: str) -> None:
    name = created(new(deck, "--kind", kind, "--title", "A title", "--tag", "growth"))
    answers = {"cloze": "It grows by {{c1::a factor}}.", "typed": "ten", "reversed": "Half-life"}
    question = f"\nquestion: {answers.get(kind, 'What grows by a factor?')}"
    text = card(deck, name).replace("\nquestion:", question, 1)
    head, mark, rest = text.partition("# details: |")
    head = head.replace("\nanswer:", "\nanswer: A word")
    text = head + "".join(line[2:] or "\n" for line in (mark + rest).splitlines(keepends=True))
    text = text.replace("[ID]", "[EX0001]")
    (deck / f"source/cards/{name}.yaml").write_text(text, "utf-8")
    result = CliRunner().invoke(cli, ["-C", str(deck), "lint", "--output-format", "concise"], standalone_mode=False)
    assert "error" not in result.output, result.output + text


def test_ids_are_one_higher_than_the_highest_anywhere(deck: Path) -> None:
    assert created(new(deck)) == "EX0006"
    (deck / "source/cards/several.yaml").write_text("- id: EX0031\n  broken: [\n", "utf-8")
    assert created(new(deck)) == "EX0032"
    (deck / "source/release.lock").write_text('{"gone": {"EX0040": "1.0"}, broken', "utf-8")
    assert created(new(deck)) == "EX0041"
    (deck / "source/cards/EX0050.yml").symlink_to(deck / "nowhere")
    (deck / "source/cards/EX0051.yaml").mkdir()
    assert created(new(deck)) == "EX0042"


def test_after_9999_gaps_are_used_until_none_is_left(deck: Path) -> None:
    from cardpipe.model.card_ids import FreeIds

    (deck / "source/cards/EX9999.yaml").write_text(card(deck, "EX0001").replace("EX0001", "EX9999"), "utf-8")
    assert created(new(deck)) == "EX0006"
    assert FreeIds(f"EX{number:04}" for number in range(1, 10_000)).next("EX") is None


def test_ids_of_other_branches_are_skipped(deck: Path) -> None:
    def git(*args: str) -> None:
        names = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        subprocess.run(["git", *args], cwd=deck, check=True, capture_output=True, env={**os.environ, **names})

    git("init", "-b", "main")
    git("add", "source")
    git("commit", "-m", "1")
    git("switch", "-c", "other")
    assert created(new(deck)) == "EX0006"
    git("add", "source")
    git("commit", "-m", "2")
    git("switch", "main")
    assert not (deck / "source/cards/EX0006.yaml").exists()
    result = new(deck)
    assert created(result) == "EX0007"
    assert "git add" in result.output


def test_processes_at_once_get_different_ids(deck: Path) -> None:
    command = [sys.executable, "-m", "cardpipe", "-C", str(deck), "new", "-q"]
    processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    names = sorted(path.name for path in (deck / "source/cards").iterdir())
    assert names[5:] == [f"EX000{number}.yaml" for number in (6, 7, 8, 9)]
    assert all(f"id: {Path(name).stem}\n" in card(deck, Path(name).stem) for name in names)


def test_files_go_where_those_of_their_prefix_are(deck: Path) -> None:
    settings = deck / "source/deck.yaml"
    settings.write_text(settings.read_text("utf-8").replace("  EX: Examples", "  EX: Examples\n  AB: Other"), "utf-8")
    (deck / "source/cards/EX").mkdir()
    for path in sorted((deck / "source/cards").glob("*.yaml")):
        path.rename(deck / "source/cards/EX" / path.name)
    assert "choose" in refusal(new(deck)).lower()
    assert "source/cards/EX/EX0006.yaml" in new(deck, "--prefix", "ex").output
    assert "source/cards/AB/AB0001.yaml" in new(deck, "--prefix", "AB").output
    assert "source/cards/AB/AB0002.yaml" in new(deck, "--prefix", "AB").output
    assert "source/cards/x/y/AB0003.yaml" in new(deck, "--prefix", "AB", "--folder", "x/y").output
    assert "$schema=../../card.schema.json" in card(deck, "EX/EX0006")
    assert "$schema=../../../card.schema.json" in card(deck, "x/y/AB0003")
    for folder in ("..", "../../source", "/elsewhere", ".hidden", "a/../../.."):
        assert "is not a folder for cards" in refusal(new(deck, "--prefix", "AB", "--folder", folder))


TITLES = [
    "plain",
    "A \"quoted\" one: with # and 'signs'",
    "yes",
    "1.0",
    "- item",
    "{{c1::x}}",
    "مرحبا بالعالم",
    "\\alpha $x_1$ \\",
    "&anchor *alias !tag %directive @at `tick`",
    "emoji 🎉 and\u00a0space",
    "trailing colon:",
    "x" * 300,
]


@pytest.mark.parametrize("title", TITLES)
def test_any_line_can_be_a_title(deck: Path, title: str) -> None:
    name = created(new(deck, f"--title={title}"))
    text = card(deck, name).replace("question:", "question: Q?", 1).replace("\nanswer:", "\nanswer: A.", 1)
    loaded = read_cards("source/cards/x.yaml", text.encode())
    assert [card_label(found) for found in loaded.cards] == [title]


@pytest.mark.parametrize("title", ["two\nlines", "\x1b[31mred", "a\rb", "tab\x0b", "\u2028", "\ud800", "a\u202eb"])
def test_a_title_that_is_no_line_is_refused(deck: Path, title: str) -> None:
    before = sorted((deck / "source/cards").iterdir())
    assert "printable" in refusal(new(deck, f"--title={title}"))
    assert sorted((deck / "source/cards").iterdir()) == before


@pytest.mark.parametrize("tag", ["a b", "a:b", '"', "::x", "leech:", "ًx y", "a\nb", "unknown", "grwth"])
def test_a_tag_that_no_card_can_have_is_refused(deck: Path, tag: str) -> None:
    said = refusal(new(deck, "--tag", tag))
    assert "tag" in said
    if tag == "grwth":
        assert "Did you mean growth?" in said


def test_what_cannot_be_written_is_said_and_leaves_nothing(deck: Path, tmp_path: Path) -> None:
    shutil.move(deck / "source/cards", tmp_path / "elsewhere")
    (deck / "source/cards").symlink_to(tmp_path / "elsewhere")
    before = sorted((tmp_path / "elsewhere").iterdir())
    assert "symbolic link" in refusal(new(deck, "--prefix", "EX"))
    assert sorted((tmp_path / "elsewhere").iterdir()) == before


def test_a_read_only_folder_is_a_failure(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cardpipe.build.publish.os.fsync", refuse)
    assert "could not be written: Permission denied" in refusal(new(deck))
    assert not (deck / "source/cards/EX0006.yaml").exists()


def test_a_deck_that_cannot_be_read_shows_its_findings(deck: Path) -> None:
    (deck / "source/deck.yaml").write_text("a: [\n", "utf-8")
    result = CliRunner().invoke(cli, ["-C", str(deck), "new"], standalone_mode=False)
    assert result.return_value == 1
    assert "source/deck.yaml" in result.stderr


@pytest.mark.parametrize(
    ("editor", "said"),
    [("", "EDITOR"), ("no-such-editor-here", "not a command"), ("'unclosed", "not a command")],
)
def test_without_an_editor_nothing_is_created(
    deck: Path, monkeypatch: pytest.MonkeyPatch, editor: str, said: str
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)
    assert said in refusal(new(deck, "--edit"))
    assert not (deck / "source/cards/EX0006.yaml").exists()


def test_the_editor_can_have_arguments(deck: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "my editor.py"
    script.write_text("import sys, pathlib; pathlib.Path(sys.argv[2]).write_text(sys.argv[1])", "utf-8")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{script}' --wait")
    assert created(new(deck, "--edit")) == "EX0006"
    assert card(deck, "EX0006") == "--wait"


def test_quiet_prints_the_path_alone(deck: Path) -> None:
    result = new(deck, "-q")
    assert result.output.strip().endswith("EX0006.yaml")
    assert len(result.output.splitlines()) == 1


# In a terminal

if os.name != "nt":
    import pty
    import termios


CONTROLLED = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
"""What makes standard input the terminal that sends signals, and runs a program."""


class Terminal:
    """A person at a terminal."""

    def __init__(self, deck: Path, *args: str) -> None:
        self.number, self.inner = pty.openpty()
        command = [sys.executable, "-c", CONTROLLED, sys.executable, "-m", "cardpipe", *args]
        self.process = subprocess.Popen(
            command,
            stdin=self.inner,
            stdout=self.inner,
            stderr=self.inner,
            cwd=deck,
            env={**os.environ, "TERM": "xterm"},
            start_new_session=True,
        )
        self.shown = b""

    def read(self, until: bytes) -> None:
        end = time.monotonic() + 60
        start = len(self.shown)
        while until not in self.shown[start:] and time.monotonic() < end:
            if select.select([self.number], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.number, 4096)
                except OSError:
                    return

    def say(self, question: str, answer: str) -> None:
        self.read(f"{question}".encode())
        self.read(b"]: ") if not self.shown.endswith(b"]: ") else None
        os.write(self.number, answer.encode())

    def end(self, key: str = "") -> tuple[int, str, bool]:
        """Return the exit code, what was shown, and whether the terminal echoes what is typed, as before.

        A signal that comes before readline waits is only noticed at the next key, so `key` is pressed again.
        """
        for _ in range(120):
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.process.wait(0.5)
                break
            os.write(self.number, key.encode())
        else:
            raise AssertionError(self.shown)
        self.read(b"\n")
        echoes = bool(termios.tcgetattr(self.inner)[3] & termios.ECHO)
        os.close(self.inner)
        self.read(b"\0never")
        os.close(self.number)
        return code, self.shown.decode("utf-8", "replace"), echoes


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_in_a_terminal_it_asks_and_completes(deck: Path) -> None:
    terminal = Terminal(deck, "new")
    terminal.say("Kind", "cl\t\n")
    terminal.say("Title", "Growth: a “law”\n")
    terminal.say("Tags", "wrong\n")
    terminal.say("Unknown tag", "gro\texa\t\n")
    code, shown, _ = terminal.end()
    assert code == 0, shown
    assert "kind: cloze\n" in card(deck, "EX0006")
    assert "title: 'Growth: a “law”'\n" in card(deck, "EX0006") or 'title: "Growth: a “law”"\n' in card(deck, "EX0006")
    assert "tags: [growth, example]\n" in card(deck, "EX0006")


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
@pytest.mark.parametrize(("key", "said"), [("\x03", "interrupted; nothing was written"), ("\x04", "The input ended")])
def test_an_interrupted_question_writes_nothing_and_restores_the_terminal(deck: Path, key: str, said: str) -> None:
    terminal = Terminal(deck, "new")
    terminal.say("Kind", key)
    code, shown, echoes = terminal.end(key)
    assert code == 2
    assert said in shown
    assert echoes
    assert not (deck / "source/cards/EX0006.yaml").exists()


NOTE_TYPE = """
note_types:
  country:
    fields:
      country: {kind: line, required: true}
      capital: {kind: line, label: "Capital # city"}
      info: text
      flag: picture
      anthem: sound
      people: number
      neighbours: list
    faces:
      capital: {front: "What is the capital of {country}?", back: "{capital}"}
"""


@pytest.mark.parametrize("title", ["", "A title"])
def test_a_new_card_of_a_note_type_lacks_only_what_the_author_writes(deck: Path, title: str) -> None:
    settings = deck / "source/deck.yaml"
    settings.write_text(settings.read_text("utf-8") + NOTE_TYPE, "utf-8")
    name = created(new(deck, "--kind", "country", "--tag", "growth", *(("--title", title) if title else ())))
    text = card(deck, name)
    assert [item.message for item in diagnosed(load(deck).findings)] == ["“country” is empty."]
    assert formatted(SourceFile(f"source/cards/{name}.yaml", text)) == text
    text = text.replace("  country:", "  country: France").replace("  capital:", "  capital: Paris")
    head, mark, rest = text.partition("# figures:")
    text = head + "".join(line[2:] or "\n" for line in (mark + rest).splitlines(keepends=True))
    (deck / f"source/cards/{name}.yaml").write_text(text.replace("[ID]", "[EX0001]"), "utf-8")
    loaded = load(deck)
    assert loaded.findings == ()
    assert loaded.deck is not None
    [made] = [one for one in loaded.deck.cards if one.note_type is not None]
    assert [value.text.text for value in made.values] == ["France", "Paris"]
    assert (made.title.text if made.title is not None else "") == title


def test_an_unknown_kind_is_refused(deck: Path) -> None:
    assert "Unknown kind “basik”. Did you mean basic?" in refusal(new(deck, "--kind", "basik"))


def test_the_deck_with_new_cards_has_only_errors_of_missing_texts(deck: Path) -> None:
    for kind in CardKind:
        created(new(deck, "--kind", kind.value, "--title", kind.value))
    found = diagnosed(load(deck).findings)
    assert {item.code for item in found if item.severity is Severity.ERROR} == {"SCH004"}
