"""Each rule's page has its headings, and its examples are correct."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cardpipe.lint.api import Rule, Scope
from cardpipe.lint.engine import lint
from cardpipe.lint.pages import GROUPS, HEADINGS, rule_index, rule_page
from cardpipe.lint.registry import all_rules
from cardpipe.model.deck import LintSettings
from cardpipe.source.load import load

if TYPE_CHECKING:
    from pathlib import Path
from lint_sample import CACHE, PNG, cards_of, deck_of

RULES = all_rules()
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WITHOUT_YAML = {
    "FIG006",
    "MED002",
    "MED004",
    "MED007",
    "MED008",
    "MED009",
    "MED010",
    "MTH008",
    "NTY006",
    "NTY012",
    "SUP010",
    "WRD012",
}
OTHERS = """
- {id: ML0045, title: Other, question: What, answer: That}
- {id: DL0045, title: Another, question: What, answer: That}
"""


def section(rule: Rule, heading: str) -> str:
    return rule.page.partition(f"{heading}\n")[2].partition("\n## ")[0]


def example(rule: Rule, heading: str) -> str:
    blocks = BLOCK.findall(section(rule, heading))
    assert len(blocks) == 1, f"{rule.code}: {heading} must hold one YAML block"
    return str(blocks[0])


def test_codes_and_names_are_a_promise() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
        assert rule.code[:3] in GROUPS
        assert re.fullmatch(r"\d+\.\d+", rule.since)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_has_its_headings_and_fits_on_a_screen(rule: Rule) -> None:
    headings = [line for line in rule.page.splitlines() if line.startswith("## ")]
    assert headings == list(HEADINGS)
    assert rule.summary.endswith(".")
    assert len(rule.page.splitlines()) <= 50
    assert all(section(rule, heading).strip() for heading in HEADINGS)


def found_in_files(folder: Path, contents: dict[str, str]) -> list[str]:
    loaded = load(folder, contents={path: text.encode() for path, text in contents.items()})
    return [finding.code for finding in lint(loaded.deck, loaded.findings, CACHE, files=loaded.files)]


def found_in(source: str, folder: Path) -> list[str]:
    if source.startswith("# deck.yaml\n"):
        of_deck, path, of_file = re.split(r"(?m)^# (source/\S+)\n|\Z", source, maxsplit=1)
        of_deck, _, of_cards = of_deck.partition("# cards\n")
        keys = {line.partition(":")[0] for line in of_deck.splitlines()}
        deck_lines = [line for line in DECK.splitlines() if line.partition(":")[0] not in keys]
        contents = {"source/deck.yaml": "\n".join([*deck_lines, of_deck])}
        if path:
            (folder / "source/media").mkdir(parents=True, exist_ok=True)
            (folder / "source/media/neuron.png").write_bytes(PNG)
            return found_in_files(folder, {**contents, path: of_file})
        for number, keys_of_card in enumerate(of_cards.splitlines() or [""]):
            name = f"ML{44 + number:04}"
            rest = f", {keys_of_card.removeprefix('- ')}" if keys_of_card else ", tags: [NN]"
            contents[f"source/cards/{name}.yaml"] = f"{{id: {name}, title: Unit, question: What, answer: That{rest}}}"
        return found_in_files(folder, contents)
    if "# cardpipe: ignore" in source:
        card = "id: ML0044\ntitle: Unit\nquestion: What\nanswer: That\n"
        return found_in_files(folder, {"source/deck.yaml": DECK, "source/cards/ML0044.yaml": card + source})
    path = re.match(r"# (source/\S+)\n", source)
    cards = cards_of(source, path.group(1) if path else "source/cards/ML0044.yaml")
    if all(card.id.text != "ML0045" for card in cards):
        cards += cards_of(OTHERS, "source/cards/others.yaml")
    deck = deck_of(cards, media={"neuron.png": PNG})
    deck = replace(deck, settings=replace(deck.settings, lint=LintSettings(spelling=True)))
    return [finding.code for finding in lint(deck, (), CACHE)]


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if rule.scope is not Scope.READER and rule.code not in WITHOUT_YAML],
    ids=lambda rule: rule.code,
)
def test_an_example_fires_and_its_cure_does_not(rule: Rule, tmp_path: Path) -> None:
    assert rule.code in found_in(example(rule, "## Example"), tmp_path)
    assert rule.code not in found_in(example(rule, "## Use instead"), tmp_path)


DECK = """uid: 5b0f6c1e-7a0e-4f3e-9d69-0c6f7f3a1c55
slug: sample
name: Sample
language: en
authors: [An Author]
description: A sample.
tags: {NN: Neural networks, CNN: Convolutional networks}
subdecks: {ML: Machine learning}
"""


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if rule.scope is Scope.READER and "```yaml" in rule.page],
    ids=lambda rule: rule.code,
)
def test_the_reader_reports_what_its_pages_say(rule: Rule, tmp_path: Path) -> None:
    folder = tmp_path / "source" / "cards"
    folder.mkdir(parents=True)
    (tmp_path / "source" / "deck.yaml").write_text(DECK, encoding="utf-8")

    def read(source: str) -> set[str]:
        given = set(re.findall(r"^(?:- |  )?(\w+):", source, re.MULTILINE))
        needed = {"id": "ML0044", "title": "Perceptron", "question": "What is it?", "answer": "A unit."}
        rest = (
            "" if "id" in given else "".join(f"{key}: {value}\n" for key, value in needed.items() if key not in given)
        )
        (folder / "ML0044.yaml").write_text(rest + source, encoding="utf-8")
        return {finding.code for finding in load(tmp_path).findings}

    assert rule.code in read(example(rule, "## Example"))
    assert read(example(rule, "## Use instead")) == set()


def test_pages_are_named_and_listed() -> None:
    index = rule_index(RULES)
    for rule in RULES:
        assert rule_page(rule).startswith(f"# {rule.code} {rule.name}\n")
        assert f"[{rule.code}]({rule.code}.md)" in index
