"""The YAML examples in the documents pass lint, completed by what they leave out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from cardpipe.build.pipeline import check
from cardpipe.figures.script import KIND
from cardpipe.model.diagnostics import Severity
from cardpipe.source.card_fields import CARD_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
KEY = re.compile(r"^([a-z_]+):", re.MULTILINE)
# Pages of rules show faults on purpose, and so does the tutorial: `test_rules_manual.py` and `test_docs_commands.py`
# check them.
FOLDERS = ("", "howto", "explanation")
EXAMPLES = [
    pytest.param(block, path.name, id=f"{path.name}-{number}")
    for path in [
        ROOT / "README.md",
        *(path for folder in FOLDERS for path in sorted((ROOT / "docs" / folder).glob("*.md"))),
    ]
    if path.name != "tutorial.md"
    for number, block in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")), 1)
]
DECK = {
    "uid": "5b0f6c1e-7a0e-4f3e-9d69-0c6f7f3a1c55",
    "slug": "sample",
    "name": "Sample",
    "language": "en",
    "authors": "[An Author]",
    "description": "A sample.",
    "tags": "{NN: Neural networks, CNN: Convolutional networks}",
    "subdecks": "{ML: Machine learning}",
}
CARD = {"id": "ML0044", "title": "Unit", "question": "What is a unit?", "answer": "A part of a layer."}
SCRIPT = '"""Draw."""\n\n\ndef draw(figure, **parameters):\n    """Draw nothing."""\n'


def completed(block: str, rest: dict[str, str]) -> str:
    given = set(KEY.findall(block))
    if "kind: cloze" in block:
        given.add("answer")
    return "".join(f"{key}: {value}\n" for key, value in rest.items() if key not in given) + block


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 20


def deck_of_page(name: str) -> str:
    """The declaration of note types in a page of the documents; empty if it has none."""
    blocks = BLOCK.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))
    return next((block for block in blocks if "\nnote_types:" in block), "")


@pytest.mark.parametrize(("block", "page"), EXAMPLES)
def test_an_example_has_no_errors(block: str, page: str, tmp_path: Path) -> None:
    keys = set(KEY.findall(block))
    of_deck, of_card = ({field.name for field in fields} for fields in (DECK_FIELDS, CARD_FIELDS))
    if {"type", "templates"} & keys:
        if "templates" in keys:
            contents = {
                "deck": completed("", DECK),
                "cards/ML0044": completed("tags: [NN]\n", CARD),
                "anki/basic": block,
            }
        else:
            name = "tables/words" if "records" in keys else "cards/ML0044"
            contents = {"deck": completed(deck_of_page(page), DECK), name: block}
        for path, text in contents.items():
            (tmp_path / f"source/{path}").parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / f"source/{path}.yaml").write_text(text, encoding="utf-8")
        assert [f"{item.code} {item.message}" for item in check(tmp_path).diagnostics] == []
        return
    assert keys <= of_deck or keys <= of_card, "neither keys of a deck nor of a card"
    is_card = keys <= of_card
    card = completed(block if is_card else "", CARD)
    contents = {
        "source/deck.yaml": completed("" if is_card else block, DECK),
        "source/cards/example.yaml": card,
        **{
            f"source/cards/{name}.yaml": completed(f"id: {name}\n", CARD)
            for name in ("ML0044", "ML0045")
            if f"id: {name}\n" not in card
        },
        **{f"source/figures/{name}": SCRIPT for name in re.findall(r"script: (\S+\.py)$", card, re.MULTILINE)},
    }
    for path, text in contents.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "source/media").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "source/media/neuron.png")
    found = check(tmp_path).diagnostics
    assert [f"{item.code} {item.message}" for item in found if item.severity is Severity.ERROR] == []
    assert [item.message for item in found if item.code in {"CFG001", "CFG002"}] == []


def test_the_manual_says_that_parameters_of_a_script_can_be_numbers() -> None:
    [field] = [field for field in KIND.fields if field.name == "parameters"]
    assert field.type.describe() == "mapping of names, each value: text, number or boolean"
