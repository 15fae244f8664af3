"""Selection of findings: settings of the deck, comments in cards, a baseline, git, and the command line."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.build.pipeline import check
from cardpipe.lint.registry import all_rules
from cardpipe.model.diagnostics import Diagnostic, Severity
from cardpipe.report import github, junit, sarif
from cardpipe.text.positions import SourceFile, Span

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

# TAG002 repeated-tag is a warning, MTH001 an error.
CARD = "id: EX0009\ntitle: A card\nquestion: What?\nanswer: That.\ntags: [example, example]\n"


def add(project: Path, text: str = CARD, name: str = "EX0009") -> Path:
    path = project / "source" / "cards" / f"{name}.yaml"
    path.write_text(text.replace("EX0009", name).replace("A card", f"A card {name[2:]}"), encoding="utf-8")
    return path


def configure(project: Path, text: str) -> None:
    path = project / "source" / "deck.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def found(project: Path) -> list[tuple[str, str]]:
    return [(item.code, item.severity.value) for item in check(project).diagnostics]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("lint: {ignore: [TAG002]}\n", []),
        ("lint: {ignore: [TAG]}\n", []),
        ("lint: {select: [MTH]}\n", []),
        ("lint: {select: [TAG, MTH]}\n", [("TAG002", "warning")]),
        ("lint: {select: [ALL], ignore: [TAG002]}\n", []),
        ("lint: {severity: {TAG002: error}}\n", [("TAG002", "error")]),
        ("lint: {severity: {TAG002: info}}\n", [("TAG002", "info")]),
        ('lint: {per-path: {"cards/EX0009.yaml": [TAG002]}}\n', []),
        ('lint: {per-path: {"cards/*": [TAG]}}\n', []),
        ('lint: {per-path: {"cards/old/*": [TAG]}}\n', [("TAG002", "warning")]),
        ("lint: {ignore: [TAG02]}\n", [("TAG002", "warning"), ("CFG001", "error")]),
        ("lint: {severity: {TAG: error}}\n", [("TAG002", "warning"), ("CFG001", "error")]),
        ("lint: {ignore: [IDN001]}\n", [("TAG002", "warning"), ("CFG002", "error")]),
        ("lint: {severity: {SCH001: info}}\n", [("TAG002", "warning"), ("CFG002", "error")]),
    ],
)
def test_settings_decide_what_counts(project: Path, settings: str, expected: list[tuple[str, str]]) -> None:
    add(project)
    configure(project, settings)
    assert found(project) == expected


def test_a_misspelt_code_is_underlined_with_the_nearest(project: Path) -> None:
    configure(project, "lint: {ignore: [TAG02]}\n")
    [item] = check(project).diagnostics
    assert (item.span.column, item.span.end_column) == (17, 22)
    assert item.help == "Did you mean TAG002?"


def test_what_makes_a_card_unusable_always_counts(project: Path) -> None:
    add(project, re.sub("answer: .*\n", "", CARD))
    configure(project, "lint: {select: [MTH]}\n")
    assert ("SCH002", "error") in found(project)


def test_an_export_obeys_the_settings(project: Path, run: Run) -> None:
    add(project)
    configure(project, "lint: {severity: {TAG002: error}}\n")
    assert run("-C", project, "export", "--format", "csv").returncode == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CARD.replace("example]", "example]  # cardpipe: ignore[TAG002] both are meant"), []),
        (CARD.replace("tags:", "# cardpipe: ignore[TAG002]: both are meant\ntags:"), []),
        (CARD.replace("tags:", "# cardpipe: ignore[TAG002] both are meant\n\n# more words\ntags:"), []),
        ("# cardpipe: ignore-file[TAG002] an old card\n" + CARD, []),
        (CARD.replace("[example, example]", "# cardpipe: ignore[TAG002] why\n  - example\n  - example"), []),
        (CARD.replace("example]", "example]  # cardpipe: ignore[TAG002]"), ["SUP001"]),
        (CARD.replace("example]", "example]  # cardpipe: ignore because"), ["SUP001", "TAG002"]),
        (CARD.replace("example]", "example]  # cardpipe: ignore[TAG020] because"), ["SUP002", "TAG002"]),
        (CARD.replace("example]", "example]  # cardpipe: ignore[SCH001] because"), ["SUP002", "TAG002"]),
        (CARD.replace("title:", "# cardpipe: ignore[TAG002] elsewhere\ntitle:"), ["SUP003", "TAG002"]),
        (CARD.replace("example]", "example]  # cardpipe: ignore[TAG002, MTH001] because"), ["SUP003"]),
        (CARD.replace("That.", '"A # cardpipe: ignore-file[TAG002] no comment"'), ["TAG002"]),
        (CARD.replace("That.", "|\n  A\n  # cardpipe: ignore-file[TAG002] no comment"), ["TAG002"]),
        (
            CARD.replace("That.", "|  # cardpipe: ignore[MTH001] shown as it is wrong\n  One.\n\n  Two $\\frac{a$.\n"),
            ["TAG002"],
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_silence_what_they_name(project: Path, text: str, expected: list[str], newline: str) -> None:
    path = project / "source" / "cards" / "EX0009.yaml"
    path.write_text(text, encoding="utf-8", newline=newline)
    assert sorted(item.code for item in check(project).diagnostics) == expected


@given(st.text(st.sampled_from("# cardpipe:ignore[TAG002]\n'\"|>-{}🙂"), max_size=60))
def test_no_comment_makes_lint_fail(text: str) -> None:
    from cardpipe.lint.suppression import suppressions

    suppressions([SourceFile("source/cards/a.yaml", f"a: b\n{text}# cardpipe: ignore[{text}")])


@pytest.mark.slow
def test_a_baseline_hides_old_warnings_and_reports_fixed_ones(project: Path, run: Run) -> None:
    first = add(project)
    add(project, name="EX0010")
    assert run("-C", project, "lint").returncode == 1
    written = run("-C", project, "lint", "--write-baseline")
    assert (written.returncode, written.stdout) == (
        0,
        "2 findings in source/lint-baseline.json will no longer be reported.\n",
    )
    assert run("-C", project, "lint").returncode == 0
    # Lines above do not matter, words do.
    first.write_text("# A comment.\n\n" + first.read_text(encoding="utf-8"), encoding="utf-8")
    assert run("-C", project, "lint").returncode == 0
    first.write_text(CARD.replace("[example, example]", "[growth, growth]"), encoding="utf-8")
    result = run("-C", project, "lint", "--output-format", "concise")
    assert result.returncode == 1
    assert result.stdout.startswith("source/cards/EX0009.yaml:5:16: warning[TAG002]")
    assert "1 finding of the baseline is fixed" in result.stderr
    assert run("-C", project, "release").returncode == 1


def test_errors_have_no_place_in_a_baseline(project: Path, run: Run) -> None:
    add(project, CARD.replace("That.", "$\\frac{a$").replace("example, example", "example"))
    result = run("-C", project, "lint", "--write-baseline")
    assert result.returncode == 1
    assert "1 errors are still reported" in result.stderr
    assert run("-C", project, "lint").returncode == 1


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "findings": {}}', '{"version": 1, "findings": 3}'])
def test_a_broken_baseline_is_one_message(project: Path, run: Run, text: str) -> None:
    (project / "source" / "lint-baseline.json").write_text(text, encoding="utf-8")
    result = run("-C", project, "lint")
    assert result.returncode == 2
    assert "is not a valid baseline" in result.stderr


def git(folder: Path, *args: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *args],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.mark.slow
def test_only_what_a_branch_touched(project: Path, run: Run) -> None:
    git(project, "init", "-q", "-b", "main")
    add(project)
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "one")
    assert run("-C", project, "lint").returncode == 1
    assert run("-C", project, "lint", "--changed").returncode == 0
    git(project, "checkout", "-q", "-b", "branch")
    add(project, name="EX0010")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "two")
    add(project, name="EX0011")
    for args in (("--changed",), ("--changed", "main")):
        result = run("-C", project, "lint", *args, "--output-format", "concise")
        assert [line.partition(":")[0] for line in result.stdout.splitlines()] == [
            "source/cards/EX0010.yaml",
            "source/cards/EX0011.yaml",
        ]
    assert run("-C", project, "lint", "--changed", "nonsense").returncode == 2


def test_without_git_changed_is_a_wrong_call(project: Path, run: Run, tmp_path: Path) -> None:
    result = run("-C", project, "lint", "--changed", env={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_how_many_warnings_are_too_many(project: Path, run: Run) -> None:
    add(project)
    assert run("-C", project, "lint", "--max-warnings", "1").returncode == 0
    assert run("-C", project, "lint", "--max-warnings", "0").returncode == 1
    add(project, CARD.replace("That.", "$\\frac{a$"))
    assert run("-C", project, "lint", "--max-warnings", "9").returncode == 1


def test_statistics_count_by_rule(project: Path, run: Run) -> None:
    add(project)
    add(project, name="EX0010")
    result = run("-C", project, "lint", "--statistics")
    assert (result.returncode, result.stdout) == (1, "2  TAG002  warning  repeated-tag\n")


def piped(project: Path, text: str, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cardpipe", "-C", str(project), "lint", "-", "--output-format", "concise", *args]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, encoding="utf-8")


def test_a_card_from_standard_input_replaces_its_file(project: Path) -> None:
    path = project / "source" / "cards" / "EX0001.yaml"
    text = path.read_text(encoding="utf-8")
    clean = piped(project, text, "--stdin-filename", str(path))
    assert (clean.returncode, clean.stdout) == (0, "")
    faulty = piped(project, text.replace("related: [EX0002]", "related: [EX0007]"), "--stdin-filename", str(path))
    assert faulty.returncode == 1
    assert re.match(r"source/cards/EX0001\.yaml:\d+:11: error\[REF001\]", faulty.stdout)
    new = piped(project, CARD)
    assert new.stdout.startswith("source/cards/standard-input.yaml:")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", ["../x.yaml", "/etc/passwd", "source/figures/a.py", "source/cards/a.txt"])
def test_standard_input_replaces_cards_only(project: Path, name: str) -> None:
    assert piped(project, CARD, "--stdin-filename", name).returncode == 2


def test_watch_checks_again_and_ends_quietly(project: Path) -> None:
    command = [
        sys.executable,
        "-u",
        "-m",
        "cardpipe",
        "-C",
        str(project),
        "lint",
        "--watch",
        "--output-format",
        "concise",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert "Watching" in process.stderr.readline()
        time.sleep(0.1)
        add(project)
        assert "TAG002" in process.stdout.readline()
        assert "Watching" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 1
        assert "Traceback" not in process.stderr.read()


def test_github_annotates_by_itself(project: Path, run: Run) -> None:
    add(project)
    result = run("-C", project, "lint", env={"GITHUB_ACTIONS": "true"})
    assert result.stdout.startswith(
        "::warning file=source/cards/EX0009.yaml,line=5,col=17,endLine=5,endColumn=24,title=TAG002 repeated-tag::"
    )
    assert run("-C", project, "lint", "--output-format", "json", env={"GITHUB_ACTIONS": "true"}).stdout.startswith("{")


def test_sarif_names_rules_places_and_fingerprints(project: Path, run: Run) -> None:
    path = add(project)
    report = project / "report.sarif"
    result = run("-C", project, "lint", "--output-format", "sarif", "--output-file", report)
    assert (result.returncode, result.stdout) == (1, "")
    document = json.loads(report.read_text(encoding="utf-8"))
    [one] = document["runs"]
    [outcome] = one["results"]
    assert (document["version"], one["columnKind"]) == ("2.1.0", "unicodeCodePoints")
    assert one["tool"]["driver"]["rules"][outcome["ruleIndex"]]["id"] == outcome["ruleId"] == "TAG002"
    place = outcome["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "source/cards/EX0009.yaml"
    assert (place["region"]["startLine"], place["region"]["startColumn"]) == (5, 17)
    # Another line, the same finding.
    path.write_text("# A comment.\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    run("-C", project, "lint", "--output-format", "sarif", "--output-file", report)
    again = json.loads(report.read_text(encoding="utf-8"))["runs"][0]["results"][0]
    assert again["partialFingerprints"] == outcome["partialFingerprints"]


def test_junit_has_a_case_for_each_file(project: Path, run: Run) -> None:
    add(project)
    tree = ElementTree.fromstring(run("-C", project, "lint", "--output-format", "junit").stdout)  # noqa: S314 - our own
    [suite] = tree
    assert suite.get("failures") == "1"
    cases = {case.get("name"): [failure.get("type") for failure in case] for case in suite}
    assert cases["source/cards/EX0009.yaml"] == ["TAG002"]
    assert cases["source/cards/EX0001.yaml"] == []


HOSTILE = st.text(st.sampled_from("a:,%\r\n\x00\x1b[]<>&\"'\u202e\ud800🙂"), max_size=20)


@given(HOSTILE, HOSTILE)
def test_no_text_breaks_a_report(message: str, path: str) -> None:
    item = Diagnostic("TAG002", "repeated-tag", Severity.WARNING, Span(path or "a", 1, 1, 1, 2), message or "b")
    [line] = github.render([item], {}).splitlines()
    assert line.count("::") >= 2
    ElementTree.fromstring(junit.render([item], {}))  # noqa: S314 - our own
    rule = next(rule for rule in all_rules() if rule.code == "TAG002")
    [outcome] = json.loads(sarif.render([item], {}, [rule]))["runs"][0]["results"]
    assert outcome["message"]["text"] == item.message


def test_rules_are_listed_by_family(run: Run) -> None:
    result = run("rules", "SUP")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["SUP001", "SUP002", "SUP003", "SUP010"]
    facts = json.loads(run("rules", "--json").stdout)
    assert {"code", "name", "severity", "since", "essential", "summary"} == set(facts[0])
    assert run("rules", "XYZ").returncode == 2


def test_the_schema_is_written_where_editors_look(run: Run, tmp_path: Path, shipped: Path) -> None:
    printed = run("schema", "card")
    assert json.loads(printed.stdout) == json.loads((shipped / "docs" / "card.schema.json").read_text(encoding="utf-8"))
    assert run("schema", "deck", "--output", tmp_path / "deck.schema.json").returncode == 0
    assert json.loads((tmp_path / "deck.schema.json").read_text(encoding="utf-8"))["title"] == "A deck"
