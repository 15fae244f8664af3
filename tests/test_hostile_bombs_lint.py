"""Small sources that are expensive to lint: time is linear in their size, and reports are limited."""

from __future__ import annotations

import json as standard_json
import time
from typing import TYPE_CHECKING

import pytest

from cardpipe.cache.store import Cache
from cardpipe.fix.proposals import fixed
from cardpipe.lint import context
from cardpipe.lint.baseline import dump, parse, without_known
from cardpipe.lint.project import lint_project
from cardpipe.lint.registry import all_rules
from cardpipe.mathjax import MathJax
from cardpipe.model.diagnostics import MORE, MOST_COLLECTED, MOST_SHOWN_OF_CODE, MOST_SHOWN_OF_FILE
from cardpipe.report import concise, full, github, json, junit, sarif
from cardpipe.source.bounds import TAGS
from cpu_time import assert_seconds_linear
from lint_bombs import BOMBS, CARD, DECK, items, repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cardpipe.lint.project import Linted
    from conftest import Run

SMALL = 8_000
"""Characters at which every bomb is tried."""
NOTICEABLE = 0.1
"""CPU seconds that are long for one of that size."""
WORST = {
    "unknown tags": 1_000_000,
    "empty items": 1_000_000,
    "control characters as escapes": 1_000_000,
    "suppressions above": 1_000_000,
    "references with formulas": 100_000,
}
"""At a size that was beyond all bounds once, with all that is done on the way to a report."""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """A project with these files."""
    for path, text in {"source/deck.yaml": DECK, **files}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8", "surrogatepass")[: 1024 * 1024])
    return folder


def linted(folder: Path, files: Mapping[str, str]) -> Linted:
    """What lint says of a project with these files."""
    return lint_project(written(folder, files), Cache.in_memory())


def seconds(folder: Path, name: str, size: int) -> float:
    """CPU time that lint takes of a bomb, and a report of what it finds."""
    root = written(folder / str(size), BOMBS[name](size))
    start = time.process_time()
    found = lint_project(root, Cache.in_memory())
    full.render(found.diagnostics, found.files)
    return time.process_time() - start


@pytest.mark.slow_cases(
    "details: links without end",
    "details: formulas for MathJax",
    "details: refused formulas",
    "details: refused formulas of different names",
    "details: formulas of percents",
    "details: formulas of percents without end",
    "details: dollars in text",
    "details: arrays",
    "details: invisible characters",
    "details: turned directions",
    "empty cards",
    "cards of one key",
    "cloze: blanks in formulas",
    "plain: operators",
    "plain: percents",
    "plain: invisible characters",
    "codes in a suppression",
    "byte order marks within",
    "cards with formulas",
    "deck: spelling",
    "deck: a description",
)
@pytest.mark.parametrize(
    # Each bomb stands in details as well, which takes as long.
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name.startswith("paragraphs: ") else name for name in BOMBS],
)
def test_time_grows_with_the_size_and_no_faster(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What is bounded by a count need not be tried up to that; the time goes into what is not.
    monkeypatch.setattr(context, "MOST_WORK_OF_FILE", 1_000)
    monkeypatch.setattr(context, "MOST_COMPARED", 5_000)
    if seconds(tmp_path, name, SMALL) > NOTICEABLE:
        assert_seconds_linear(lambda size: seconds(tmp_path, name, size), SMALL, noticeable=NOTICEABLE)


@pytest.mark.slow_cases("empty items")
@pytest.mark.parametrize("name", WORST)
def test_the_worst_end(name: str, tmp_path: Path) -> None:
    assert seconds(tmp_path, name, WORST[name]) < 15


def test_there_is_a_generator_for_every_class() -> None:
    assert len(BOMBS) > 300
    assert all(BOMBS[name](100) for name in BOMBS)


# --- Reports that end ------------------------------------------------------------------------------------------------

REPEATED = {"source/cards/EX0001.yaml": CARD.replace("[example]", items("example", 1_000))}


def test_a_report_lists_some_findings_of_a_card_and_counts_the_others(tmp_path: Path) -> None:
    found = linted(tmp_path, REPEATED)
    count = len(found.diagnostics)
    left_out = count - MOST_SHOWN_OF_CODE
    assert count > 3 * MOST_SHOWN_OF_CODE
    words = f"The card has {left_out} more findings of TAG002, which are not listed."
    text = full.render(found.diagnostics, found.files)
    assert text.count("warning[TAG002]") == MOST_SHOWN_OF_CODE + 1
    assert words in text
    assert f"Found {count} warnings." in text
    assert f"`cardpipe lint --fix` fixes {count} of them." in text
    lines = concise.render(found.diagnostics, found.files).splitlines()
    assert len(lines) == MOST_SHOWN_OF_CODE + 1
    assert lines[-1].endswith(words)
    commands = github.render(found.diagnostics, found.files).splitlines()
    assert len(commands) == MOST_SHOWN_OF_CODE + 1
    assert words in commands[-1]


def test_machine_readable_results_count_the_findings_they_summarise(tmp_path: Path) -> None:
    found = linted(tmp_path, REPEATED)
    count = len(found.diagnostics)
    left_out = count - MOST_SHOWN_OF_CODE
    report = standard_json.loads(json.render(found.diagnostics, found.files))
    assert [finding["count"] for finding in report["findings"]] == [1] * MOST_SHOWN_OF_CODE + [left_out]
    assert report["summary"]["warnings"] == count
    (run,) = standard_json.loads(sarif.render(found.diagnostics, found.files, all_rules()))["runs"]
    assert [result.get("occurrenceCount", 1) for result in run["results"]] == [1] * MOST_SHOWN_OF_CODE + [left_out]
    assert str(count) in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    suite = junit.render(found.diagnostics, found.files)
    assert f" and {count - 1} more" in suite
    assert f"{left_out} more findings of TAG002" in suite


def test_each_card_of_a_file_has_its_findings_listed(tmp_path: Path) -> None:
    cards = "".join(
        f"- id: EX{number:04}\n  title: T{number}\n  question: What is {number}?\n  answer: It is.\n"
        f"  tags:\n{'  - example' + chr(10)}{'  - example' + chr(10)}"
        for number in range(2 * MOST_SHOWN_OF_CODE)
    )
    found = linted(tmp_path, {"source/cards/many.yaml": cards})
    assert concise.render(found.diagnostics, found.files).count("TAG002") == 2 * MOST_SHOWN_OF_CODE


def test_a_file_has_so_many_findings_listed_and_no_more(tmp_path: Path) -> None:
    cards = repeated("- {title: a, nosuch: b}\n", 20_000)
    found = linted(tmp_path, {"source/cards/many.yaml": cards})
    report = standard_json.loads(json.render(found.diagnostics, found.files))
    codes = {finding["code"] for finding in report["findings"]}
    assert codes == {finding.code for finding in found.diagnostics}
    assert MOST_SHOWN_OF_FILE <= len(report["findings"]) <= MOST_SHOWN_OF_FILE + len(codes)
    assert sum(finding["count"] for finding in report["findings"]) == len(found.diagnostics)


def with_repeated_tags(cards: int) -> dict[str, str]:
    """Cards with as many tags as a card may have, all but the first of each to be taken out."""
    tags = ", ".join(["example"] * TAGS)
    card = "- {{id: EX{0:04}, title: Number {0}, question: What is {0}?, answer: It is {0}., tags: [{1}]}}\n"
    return {"source/cards/many.yaml": "".join(card.format(number, tags) for number in range(1, cards + 1))}


def test_a_rule_stops_looking_and_says_so(tmp_path: Path) -> None:
    found = linted(tmp_path, with_repeated_tags(40))
    assert len(found.diagnostics) == MOST_COLLECTED + 1
    assert sum(finding.message == MORE for finding in found.diagnostics) == 1
    text = full.render(found.diagnostics, found.files)
    assert "has at least " in text
    assert f"Found at least {MOST_COLLECTED + 1} warnings." in text


def test_the_reader_stops_reading_and_says_so(tmp_path: Path) -> None:
    cards = repeated("- {}\n", 50_000) + "- id: EX0009\n"
    found = linted(tmp_path, {"source/cards/many.yaml": cards})
    assert [finding.code for finding in found.diagnostics].count("SCH007") == 1
    assert len(found.diagnostics) == MOST_COLLECTED + 1


def test_a_message_does_not_repeat_a_name_of_a_megabyte(tmp_path: Path) -> None:
    found = linted(tmp_path, BOMBS["one long tag"](100_000))
    assert max(len(finding.message) for finding in found.diagnostics) <= 500


@pytest.mark.slow
def test_counts_and_exit_codes_are_those_of_all_findings(tmp_path: Path, run: Run) -> None:
    count = len(linted(tmp_path, REPEATED).diagnostics)
    assert run("-C", tmp_path, "lint", "--statistics").stdout.split()[:2] == [str(count), "TAG002"]
    assert run("-C", tmp_path, "lint", "--max-warnings", count).returncode == 0
    assert run("-C", tmp_path, "lint", "--max-warnings", count - 1).returncode == 1


def test_a_baseline_knows_the_findings_that_a_report_does_not_list(tmp_path: Path) -> None:
    found = linted(tmp_path, REPEATED)
    known = parse(dump(found.diagnostics, found.files))
    assert without_known(found.diagnostics, found.files, known) == ([], 0)
    assert len(without_known(found.diagnostics[5:], found.files, known)[0]) == 0


def test_fixes_reach_the_findings_that_a_report_does_not_list(tmp_path: Path) -> None:
    result = fixed(written(tmp_path, REPEATED), Cache.in_memory(), is_wanted=lambda _finding: True, unsafe=False)
    assert result.linted.diagnostics == ()
    assert result.contents["source/cards/EX0001.yaml"].count(b"example") == 1


@pytest.mark.slow
def test_fixes_go_on_where_a_rule_had_stopped_looking(tmp_path: Path) -> None:
    root = written(tmp_path, with_repeated_tags(40))
    result = fixed(root, Cache.in_memory(), is_wanted=lambda _finding: True, unsafe=False)
    assert result.linted.diagnostics == ()


# --- Comments that silence -------------------------------------------------------------------------------------------


def test_comments_above_a_key_hold_for_it_however_many_there_are(tmp_path: Path) -> None:
    comments = "# cardpipe: ignore[TAG002] meant so\n\n" * 300
    found = linted(
        tmp_path, {"source/cards/EX0001.yaml": CARD.replace("tags: [example]", f"{comments}tags: [example, example]")}
    )
    assert found.diagnostics == ()


def test_comments_beyond_a_number_are_not_read_and_that_is_said(tmp_path: Path) -> None:
    comments = f"# cardpipe: ignore[{'A,' * 190}] why\n" * (MOST_COLLECTED // 190 + 2)
    found = linted(tmp_path, {"source/cards/EX0001.yaml": comments + CARD})
    assert [finding.code for finding in found.diagnostics].count("SUP010") == 1


# --- Formulas --------------------------------------------------------------------------------------------------------

COSTLY = {
    "columns by number": r"\begin{alignat}{9999000}x\end{alignat}",
    "columns by number, spaced": "\\begin{alignat*} { 99990000 }x\\end{alignat*}",
    "columns by number, repeated": r"\begin{array}{*{9999000}{c}}x\end{array}",
    "columns by number, nested": r"\begin{array}{*{99}{*{99}{*{99}{c}}}}x\end{array}",
    "columns of xalignat": r"\begin{xalignat}{9999000}x\end{xalignat}",
    "chemistry": r"\ce{" + "A+" * 1_000 + "}",
    "arrows of chemistry": r"\ce{" + "A ->[a] " * 480 + "}",
    "units": r"\pu{" + "1 m/s " * 600 + "}",
    "arrows in arrows": r"\xrightarrow{" * 39 + "x" + "}" * 39,
    "arrows over and under": r"\xrightarrow[x]{" * 39 + "x" + "}" * 39,
    "brackets in brackets": r"\underbracket{" * 20 + "x" + "}" * 20,
    "brackets over brackets": r"\overbracket{" * 30 + "x" + "}" * 30,
    "a rule without end": r"\rule{9999999em}{9999999em}",
    "a space without end": r"\hspace{9999999em}\kern9999999em",
    "styles": r"\displaystyle " * 250,
    "sizes": r"\big(" * 900,
    "a matrix": r"\begin{matrix}" + "&" * 3_900 + r"\end{matrix}",
    "rows": r"\begin{matrix}" + r"\\" * 1_900 + r"\end{matrix}",
    "lines of an array": r"\begin{array}{c}" + r"\hline" * 600 + r"\end{array}",
    "letters": "x" * 4_000,
    "operators": "x+" * 2_000,
    "relations and spaces": r"\;=\;" * 800,
    "relations made of others": r"\boxed{}" + r"\iff " * 300,
    "roots": r"\sqrt{" * 39 + "x" + "}" * 39,
    "stacks": r"\stackrel{a}{" * 39 + "x" + "}" * 39,
    "phantoms": r"\smash{\phantom{" * 19 + "x" + "}}" * 19,
}


@pytest.fixture(scope="module")
def mathjax() -> Iterator[MathJax]:
    engine = MathJax()
    yield engine
    engine.close()


@pytest.mark.slow_cases(
    "relations and spaces",
    "relations made of others",
    "arrows in arrows",
    "brackets over brackets",
    "arrows over and under",
    "brackets in brackets",
    "rows",
)
@pytest.mark.parametrize("name", COSTLY)
def test_a_formula_is_refused_by_the_work_it_is(name: str, mathjax: MathJax) -> None:
    start = time.process_time()
    verdict = mathjax.judge(COSTLY[name], display=True)
    assert time.process_time() - start < 8
    # A step may count for several.
    assert 0 < verdict.work < 20_200
    # Whatever happened to it, it judges the next one rightly.
    assert mathjax.check(r"\frac{1}{2}", display=True) is None
    assert mathjax.check(r"\nosuch", display=True) is not None


@pytest.mark.slow_cases("arrows in arrows-more than 20000 steps", "brackets in brackets-more than 20000 steps")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("columns by number", "more than 100"),
        ("columns of xalignat", "more than 100"),
        ("chemistry", "more than 400"),
        ("arrows in arrows", "more than 20000 steps"),
        ("brackets in brackets", "more than 20000 steps"),
    ],
)
def test_a_refusal_names_the_limit_and_is_remembered(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = written(tmp_path, {"source/cards/EX0001.yaml": f"{CARD}details: '$${COSTLY[name]}$$'\n"})
    cache = Cache.in_memory()
    first = lint_project(root, cache).diagnostics
    (finding,) = [one for one in first if one.code == "MTH001"]
    assert words in finding.message
    assert finding.help
    monkeypatch.setattr(MathJax, "judge", lambda *_, **__: pytest.fail("it was asked again"))
    assert lint_project(root, cache).diagnostics == first


def test_a_file_has_so_much_work_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same findings come of a full and of an empty cache, and of a file before it in the same process."""
    monkeypatch.setattr(context, "MOST_WORK_OF_FILE", 200)
    formulas = " ".join(f"$\\boxed{{x_{{{number}}}}}$" for number in range(60))
    files = {f"source/cards/EX000{number}.yaml": CARD.replace("0001", f"000{number}") for number in (1, 2)}
    root = written(tmp_path, {path: f"{text}details: '{formulas}'\n" for path, text in files.items()})
    cache = Cache.in_memory()
    first = lint_project(root, cache).diagnostics
    refused = [finding for finding in first if finding.code == "MTH008"]
    assert [finding.span.path for finding in refused] == list(files)
    assert len({finding.span.column for finding in refused}) == 1
    assert lint_project(root, cache).diagnostics == first
    assert [one for one in lint_project(root, Cache.in_memory()).diagnostics if one.code == "MTH008"] == refused


def test_many_formulas_of_a_file_are_within_the_bound() -> None:
    """A thousand cards with two formulas of thirty signs each."""
    assert context.MOST_WORK_OF_FILE >= 1_000 * 2 * 30


# --- Names that are compared -----------------------------------------------------------------------------------------


def test_names_are_proposed_for_the_first_unknown_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def proposed(word: str, known: Iterable[str]) -> str | None:
        asked.append(word)
        return next(iter(known))

    monkeypatch.setattr(context, "nearest", proposed)
    vocabulary = "".join(f"  tag{number}: a\n" for number in range(30_000))
    unknown = [f"tga{number}" for number in range(100)]
    files = {
        "source/deck.yaml": DECK.replace("subdecks:", f"{vocabulary}subdecks:"),
        "source/cards/EX0001.yaml": CARD.replace("[example]", str(unknown).replace("'", "")),
    }
    assert [finding.code for finding in linted(tmp_path, files).diagnostics] == ["TAG001"] * len(unknown)
    assert asked == unknown[: context.MOST_COMPARED // 30_000]
