"""Feedback with the real Anki: a learner edits notes there and exports them; the words come back, and nothing else."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from anki.collection import ExportAnkiPackageOptions
from click.testing import CliRunner

from anki_collection import Learner, collection
from cardpipe.cli.main import cli
from feedback_sample import FILES, exported, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EDITS: dict[tuple[str, str], Callable[[str], str]] = {
    ("EX0001", "Question"): lambda text: text.replace("does", "<b>does</b>"),
    ("EX0001", "Answer"): lambda text: text.replace("the food", "all the food &amp; water"),
    ("EX0001", "Details"): lambda text: text.replace("= r N_t", "= 2 r N_t").replace(
        "<li>Second", "<li>Then comes rain.</li><li>Second"
    ),
    ("EX0002", "Question"): lambda text: text.replace("100 °C", "99.97&nbsp;°C"),
    ("EX0003", "Question"): lambda text: text.replace("quoted", "well-quoted"),
    ("EX0004", "Answer"): lambda _text: "Mercury",
    ("GE0002", "Capital"): lambda text: text.replace("Valletta", "Il-Belt Valletta"),
    ("GE0001", "Neighbours"): lambda text: text.replace("Spain", "Spain &lt;es&gt;"),
}
SHOWN = {
    "EX0001": ["What **does** *growth*", "all the food & water runs", "= 2 r N_t", "  - Then comes rain.\n  - Second"],
    "EX0002": ["99.97\xa0°C"],
    "several": ["well-quoted", "answer: Mercury"],
    "countries": ["capital: Il-Belt Valletta", "Spain \\<es>"],
}
SECRETS = ("zqdeck", "zqtag", "zqnote", "zqfield", "zqtype", "zqpicture", "zqsound", "zqback", "zqlearner")


def study(learner: Learner) -> None:
    """Edit the deck's notes, and fill the collection with what is nobody else's business."""
    col = learner.col
    for (card_id, name), change in EDITS.items():
        [number] = col.find_notes(f"ID:{card_id}")
        note = col.get_note(number)
        note[name] = change(note[name])
        note.tags.append("zqtag")
        col.update_note(note)
    learner.review("EX0004")
    picture = col.media.write_data("zqpicture.svg", FILES["source/media/map.svg"].encode())
    sound = col.media.write_data("zqsound.mp3", b"ID3" + b"\0" * 100)
    [number] = col.find_notes("ID:EX0003")
    note = col.get_note(number)
    note["Answer"] += f'<img src="{picture}">[sound:{sound}]'
    col.update_note(note)
    model = col.models.by_name("Basic")
    assert model is not None
    model["name"] = "zqtype"
    col.models.update_dict(model)
    deck = col.decks.id("zqdeck::zqlearner")
    assert deck is not None
    note = col.new_note(col.models.get(model["id"]) or model)
    note["Front"], note["Back"] = "zqnote zqfield", "zqback"
    note.tags = ["zqtag"]
    col.add_note(note, deck)
    [number] = col.find_notes("ID:GE0003")
    col.remove_notes([number])
    col.sched.suspend_cards(col.find_cards("ID:EX0002"))
    col.set_user_flag_for_cards(3, list(col.find_cards("ID:EX0002")))


def package(learner: Learner, path: Path, *, legacy: bool) -> None:
    options = ExportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy)
    learner.col.export_anki_package(out_path=str(path), options=options, limit=None)


def backup(learner: Learner, path: Path, *, legacy: bool) -> None:
    learner.col.export_collection_package(str(path), include_media=True, legacy=legacy)
    learner.col.reopen()


@pytest.mark.quick_cases("package-False")
@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("export", [package, backup])
def test_words_that_a_learner_changed_in_anki_come_back(
    tmp_path: Path, export: Callable[..., None], legacy: bool
) -> None:
    root = write(tmp_path / "deck")
    path = tmp_path / ("learner.apkg" if export is package else "learner.colpkg")
    with collection(tmp_path / "anki") as learner:
        learner.import_package(exported(root))
        study(learner)
        export(learner, path, legacy=legacy)
        theirs = {key: learner.fields(key[0])[key[1]] for key in EDITS}

    def cardpipe(*args: str) -> str:
        made = CliRunner().invoke(cli, ["-C", str(root), "feedback", str(path), *args], catch_exceptions=False)
        assert made.exit_code == 0, made.output
        return made.output

    request, patch = tmp_path / "request.md", tmp_path / "change.patch"
    outputs = [cardpipe(), cardpipe("--pull-request", str(request), "--patch", str(patch), "--from", "Ada")]
    assert "7 notes of this deck" in outputs[0]
    assert "1 note of other decks: not read." in outputs[0]
    outputs.append(cardpipe("--all"))
    for name, words in SHOWN.items():
        [file] = root.glob(f"source/*/{name}.yaml")
        text = file.read_text(encoding="utf-8")
        assert [word for word in words if word not in text] == []
    # Each output, and each file of the deck, is free of what is the learner's own.
    written = [*outputs, request.read_text(encoding="utf-8"), patch.read_text(encoding="utf-8")]
    written += [file.read_text(encoding="utf-8") for file in root.rglob("source/**/*.*")]
    assert [secret for secret in SECRETS for text in written if secret in text] == []

    with collection(tmp_path / "other") as other:
        (tmp_path / "corrected.apkg").write_bytes(exported(root))
        other.import_package((tmp_path / "corrected.apkg").read_bytes())
        for (card_id, name), learners in theirs.items():
            ours = other.fields(card_id)[name]
            assert plain(ours) == plain(learners), (card_id, name)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def plain(html: str) -> str:
    """Return the words of a field."""
    import html as html_module
    import re

    return " ".join(html_module.unescape(re.sub(r"<[^<>]*>", " ", html)).split()).replace(" ,", ",").replace(" ?", "?")
