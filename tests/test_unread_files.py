"""Files that look like cards are read, or reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cardpipe.cache.store import Cache
from cardpipe.lint.project import lint_project
from cardpipe.source.load import load

if TYPE_CHECKING:
    from pathlib import Path

DECK = "uid: 5b0f6c1e\nslug: sample\nname: Sample\nlanguage: en\nauthors: [Ada]\ndescription: A deck.\n"
DECK += "tags: {NN: Neural networks}\nsubdecks: {ML: Machine learning}\n"
CARD = "id: ML0044\ntitle: Perceptron\nquestion: What is it?\nanswer: A unit.\ntags: [NN]\n"


def project(root: Path, path: str, content: str = CARD) -> Path:
    for name, text in (("source/deck.yaml", DECK), (path, content)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "name", ["ML0044.yaml", "ML0044.yml", "ML0044.YAML", "ML0044.YML", "ML0044.Yml", "a/ML0044.yAml"]
)
def test_yaml_is_read_however_its_ending_is_written(name: str, tmp_path: Path) -> None:
    found = lint_project(project(tmp_path, f"source/cards/{name}"), Cache.in_memory())
    assert found.cards is not None
    assert [card.id for card in found.cards] == ["ML0044"]
    assert found.diagnostics == ()


UNREAD = [
    ("source/cards/ML0044.yaml.txt", "Rename it to ML0044.yaml."),
    ("source/cards/ML0044.yml.bak", "Rename it to ML0044.yaml."),
    ("source/cards/a/ML0044.YAML.TXT", "Rename it to ML0044.yaml."),
    ("source/cards/ML0044", "Rename it to ML0044.yaml."),
    ("source/cards/ML0044.txt", "to end in `.yaml`"),
    ("source/cards/ML0044.json", "to end in `.yaml`"),
    ("source/cards/ML0044.md", "to end in `.yaml`"),
    ("source/cards/neuron.PNG", "Move it there."),
    ("source/cards/neuron.mp3", "Move it there."),
    ("source/ML0044.yaml", "Move it to source/cards/ML0044.yaml."),
    ("source/chapter.yml", "Move it to source/cards/chapter.yaml."),
    ("source/card/ML0044.yaml", "Move it to source/cards/ML0044.yaml."),
    ("source/ML0044.yaml.txt", "Move it to source/cards/ML0044.yaml."),
    ("source/media/ML0044.yaml", "Move it to source/cards/ML0044.yaml."),
    ("source/figures/ML0044.yml", "Move it to source/cards/ML0044.yaml."),
    ("cards/ML0044.yaml", "Move it to source/cards/ML0044.yaml."),
    ("ML0044.yaml", "Move it to source/cards/ML0044.yaml."),
]


@pytest.mark.parametrize(("path", "advice"), UNREAD)
def test_a_card_that_is_not_read_is_one_warning(path: str, advice: str, tmp_path: Path) -> None:
    found = lint_project(project(tmp_path, path), Cache.in_memory())
    at_path = [one for one in found.diagnostics if one.span.path == path and one.code == "SCH010"]
    assert len(at_path) == 1
    assert advice in (at_path[0].help or "")
    assert at_path[0].severity.value == "warning"


PASSED_OVER = [
    *["source/cards/.ML0044.yaml", "source/cards/.hidden/ML0044.yaml.txt", "source/cards/README.md"],
    *["source/cards/ML0044.yaml~", "source/cards/#ML0044.yaml#", "source/cards/.DS_Store", "source/cards/Thumbs.db"],
    *["source/lint-baseline.json", "source/release.lock", "source/notes.md", "mkdocs.yml", ".pre-commit-config.yaml"],
    *["docs/ML0044.yaml", "output/ML0044.yaml", "source/figures/data.yaml"],
]


@pytest.mark.parametrize("path", PASSED_OVER)
def test_what_is_plainly_no_card_is_passed_over(path: str, tmp_path: Path) -> None:
    project(tmp_path, path, "{}")
    assert [one for one in load(tmp_path).findings if one.code == "SCH010"] == []
