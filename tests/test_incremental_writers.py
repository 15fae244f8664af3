"""What writers keep between exports: keys that contain all inputs, and bytes that are only read when needed."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from click import Context

from cardpipe.build.publish import publish
from cardpipe.cli.export import command
from cardpipe.model.deck import CardKind, Difficulty, Status
from cardpipe.render.cached_card import AssetSource, CachedCard, completed, decoded, digest_of, encoded
from cardpipe.text.escaping import PlainText
from cardpipe.writers.api import (
    Artefact,
    ClozeText,
    FieldKind,
    LazyArtefact,
    RelatedCard,
    RenderedCard,
    RenderedFace,
    RenderedField,
    RenderedFigure,
    as_text,
    file_digest,
)
from cardpipe.writers.site.kept_pages import KeptPages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_RELATED = RelatedCard(id="ML0002", title=PlainText("B"), included=True)
_FIGURE = RenderedFigure(id="f", asset="f.svg", alt=PlainText("alt"), caption="c", width=1.0, height=2.0, drawn=True)
_CARD = RenderedCard(
    id="ML0001",
    title=PlainText("A"),
    kind=CardKind.BASIC,
    status=Status.ACTIVE,
    difficulty=Difficulty.EASY,
    tags=("t",),
    question="q",
    answer="a",
    details="d",
    typed=PlainText("y"),
    figures=(_FIGURE,),
    references=("r",),
    related=(_RELATED,),
    assets=("f.svg",),
    cloze=ClozeText(text="x", numbers=(1,), remark=""),
    replacement=None,
    path="source/cards/ML0001.yaml",
)
_OTHER: dict[str, Any] = {
    "title": PlainText("Z"),
    "kind": CardKind.CLOZE,
    "status": Status.DRAFT,
    "difficulty": None,
    "typed": PlainText("Z"),
    "figures": (replace(_FIGURE, alt=PlainText("Z")),),
    "related": (replace(_RELATED, included=False),),
    "cloze": replace(_CARD.cloze or ClozeText(text="", numbers=(), remark=""), numbers=(1, 2)),
    "replacement": _RELATED,
}


_FIELD = RenderedField(key="f", name="F", kind=FieldKind.LINE, content="x")
_FACE = RenderedFace(key="a", name="A", number=0, front="q", back="a", typed=PlainText(""), hint="", hint_name="")
_CACHED = CachedCard(
    **{name: getattr(_CARD, name) for name in ("id", "kind", "status", "difficulty", "tags", "question", "answer")},
    title="A",
    label="",
    guid="",
    details="d",
    typed="y",
    figures=(_FIGURE,),
    references=("r",),
    cloze=_CARD.cloze,
    related=("ML0002",),
    replaced_by="ML0003",
    assets=(AssetSource("f.svg", "image/svg+xml", "media:f.svg"),),
    note_type="t",
    fields=(_FIELD,),
    faces=(_FACE,),
)
_TITLES = {"ML0002": "B", "ML0003": "C"}


@pytest.mark.parametrize("name", [field.name for field in fields(RenderedCard) if field.init])
def test_every_field_of_a_card_is_in_its_key(name: str) -> None:
    value = getattr(_CARD, name)
    other = _OTHER.get(name, "Z" if isinstance(value, str) else ("Z",))
    assert as_text(replace(_CARD, **{name: other})) != as_text(_CARD)


def _recalled(part: CachedCard) -> CachedCard:
    text = encoded(part)
    return decoded(json.loads(text), digest_of(text))


@pytest.mark.parametrize("name", [field.name for field in fields(CachedCard) if field.name != "digest"])
def test_every_field_of_a_cached_card_is_in_the_key_of_its_digest(name: str) -> None:
    others = {**_OTHER, "related": (), "replaced_by": "ML0002", "assets": (), "title": "Z", "typed": "Z"}
    others |= {"fields": (replace(_FIELD, content="y"),), "faces": (replace(_FACE, back="b"),)}
    other = _recalled(
        replace(_CACHED, **{name: others.get(name, "Z" if isinstance(getattr(_CACHED, name), str) else ("Z",))})
    )
    card = completed(_recalled(_CACHED), _TITLES, set(_TITLES), "path")
    assert card.digest
    assert as_text(card) == as_text(completed(_recalled(_CACHED), _TITLES, set(_TITLES), "path"))
    assert as_text(completed(other, _TITLES, set(_TITLES), "path")) != as_text(card)


@pytest.mark.parametrize(
    ("titles", "included", "path"),
    [
        ({**_TITLES, "ML0002": "Z"}, {*_TITLES}, "path"),
        ({**_TITLES, "ML0003": "Z"}, {*_TITLES}, "path"),
        (_TITLES, {"ML0003"}, "path"),
        (_TITLES, {*_TITLES}, "other"),
    ],
)
def test_what_surrounds_a_cached_card_is_in_its_key(titles: dict[str, str], included: set[str], path: str) -> None:
    card = completed(_recalled(_CACHED), _TITLES, set(_TITLES), "path")
    assert as_text(completed(_recalled(_CACHED), titles, included, path)) != as_text(card)


def test_a_changed_copy_of_a_card_has_no_digest() -> None:
    card = completed(_recalled(_CACHED), _TITLES, set(_TITLES), "path")
    copy = replace(card, question="other")
    assert not copy.digest
    assert as_text(copy) != as_text(replace(card, question="another"))


class _Memory:
    def __init__(self) -> None:
        self.values: dict[tuple[str | bytes, ...], bytes] = {}
        self.read: list[str | bytes] = []

    def recall(self, key: Sequence[str | bytes]) -> bytes | None:
        self.read.append(key[0])
        return self.values.get(tuple(key))

    def remember(self, key: Sequence[str | bytes], value: bytes) -> None:
        self.values[tuple(key)] = value


def _exported(memory: _Memory | None, inputs: dict[str, str], made: list[str]) -> dict[str, bytes]:
    def make(path: str) -> bytes:
        made.append(path)
        return f"{path} {inputs[path]}".encode()

    pages = KeptPages(memory, "")
    found = {path: pages.page(path, [inputs[path]], partial(make, path)).artefact(path) for path in inputs}
    pages.save()
    return {path: artefact.data for path, artefact in found.items() if artefact.has(artefact.data)}


def test_only_a_page_with_other_inputs_is_made_and_a_lost_one_is_made_again() -> None:
    memory = _Memory()
    made: list[str] = []
    first = {"a/": "1", "b/": "1"}
    assert _exported(memory, first, made) == {"a/": b"a/ 1", "b/": b"b/ 1"}
    assert _exported(memory, first | {"b/": "2"}, made) == {"a/": b"a/ 1", "b/": b"b/ 2"}
    assert made == ["a/", "b/", "b/"]
    # Back to the former inputs, whose page is still there.
    assert _exported(memory, first, made) == {"a/": b"a/ 1", "b/": b"b/ 1"}
    memory.values = {key: value for key, value in memory.values.items() if key[0] == "list of pages"}
    assert _exported(memory, first, made) == {"a/": b"a/ 1", "b/": b"b/ 1"}
    assert made == ["a/", "b/", "b/", "a/", "b/"]
    assert _exported(None, first, made) == {"a/": b"a/ 1", "b/": b"b/ 1"}


def test_unchanged_pages_are_not_read_from_the_memory() -> None:
    memory = _Memory()
    _exported(memory, {"a/": "1", "b/": "1"}, [])
    memory.read.clear()
    pages = KeptPages(memory, "")
    for path in ("a/", "b/"):
        pages.page(path, ["1"], lambda: b"")
    assert memory.read == ["list of pages"]


def test_a_file_is_only_read_if_the_folder_does_not_have_it(tmp_path: Path) -> None:
    read: list[str] = []

    def artefact(data: bytes) -> Artefact:
        def load() -> bytes:
            read.append("a")
            return data

        return LazyArtefact("site/a.html", len(data), file_digest(data), load)

    publish({"site": [artefact(b"one")]}, tmp_path)
    publish({"site": [artefact(b"one")]}, tmp_path)
    assert read == ["a"]
    (tmp_path / "site/a.html").write_bytes(b"own")
    (published,) = publish({"site": [artefact(b"one")]}, tmp_path)
    assert (tmp_path / "site/a.html").read_bytes() == b"one"
    assert published.size == 3


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [(["--format", "html"], False), (["--format=html", "--explain"], False), (["--paper", "letter"], True)],
)
def test_options_of_writers_are_known_where_one_is_given(arguments: list[str], shown: bool) -> None:
    context = Context(command, info_name="export", obj=None)
    command.parse_args(context, arguments)
    assert any("--paper" in parameter.opts for parameter in command.get_params(context)) == shown
    assert any("--paper" in parameter.opts for parameter in command.get_params(Context(command)))
