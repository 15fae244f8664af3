"""Decks from YAML texts, with positions, without a project on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from cardpipe.cache.store import Cache
from cardpipe.lint.engine import lint
from cardpipe.model.deck import Card, CardKind, Deck, DeckSettings, Figure, Media, Reference, Status, Subdeck, TagInfo
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceFile, SourceText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.nodes import Node

PNG = b"\x89PNG\r\n\x1a\n..."
CACHE = Cache.in_memory()
DEFAULTS = "id: ML0044\ntitle: Perceptron\nquestion: What is it?\nanswer: A unit.\n"


def node_of(text: str, path: str) -> Node:
    """A YAML text as nodes with places; PyYAML's marks count CRLF as it stands."""
    file = SourceFile(path, text)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None
    return _node(root, file)


def _node(node: yaml.Node, file: SourceFile) -> Node:
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.MappingNode):
        entries = []
        for key, value in node.value:
            name = _node(key, file)
            assert isinstance(name, SourceText)
            entries.append((name, _node(value, file)))
        return MapNode(tuple(entries), file, start, end)
    if isinstance(node, yaml.SequenceNode):
        return ListNode(tuple(_node(item, file) for item in node.value), file, start, end)
    assert isinstance(node, yaml.ScalarNode)
    return SourceText(node.value, file, start, end, node.style or "")


def cards_of(text: str, path: str = "source/cards/ML0044.yaml") -> list[Card]:
    """The cards of a YAML text; keys that a card needs and that are not there get a value of their own."""
    node = node_of(text, path)
    nodes = node.items if isinstance(node, ListNode) else (node,)
    return [_card(item) for item in nodes if isinstance(item, MapNode)]


def _card(node: MapNode) -> Card:
    fallback = node_of(DEFAULTS, "source/cards/ML0044.yaml")
    assert isinstance(fallback, MapNode)

    def text(key: str) -> SourceText:
        value = node.get(key) or fallback.get(key)
        assert isinstance(value, SourceText)
        return value

    def texts(key: str) -> tuple[SourceText, ...]:
        value = node.get(key)
        return (
            tuple(item for item in value.items if isinstance(item, SourceText)) if isinstance(value, ListNode) else ()
        )

    def items(key: str) -> tuple[Node, ...]:
        value = node.get(key)
        return value.items if isinstance(value, ListNode) else ()

    def word(key: str, otherwise: str) -> str:
        value = node.get(key)
        return value.text if isinstance(value, SourceText) else otherwise

    details, replaced_by, guid = node.get("details"), node.get("replaced_by"), node.get("guid")
    return Card(
        id=text("id"),
        title=text("title"),
        kind=CardKind(word("kind", "basic")),
        question=text("question"),
        answer=text("answer"),
        details=details if isinstance(details, SourceText) else None,
        figures=tuple(_figure(item) for item in items("figures") if isinstance(item, MapNode)),
        tags=texts("tags"),
        related=texts("related"),
        references=tuple(_reference(item) for item in items("references")),
        difficulty=None,
        status=Status(word("status", "active")),
        guid=guid if isinstance(guid, SourceText) else None,
        replaced_by=replaced_by if isinstance(replaced_by, SourceText) else None,
        file=node.file,
        span=text("id").span(),
    )


def _figure(node: MapNode) -> Figure:
    known = {name.text: value for name, value in node.entries if isinstance(value, SourceText)}
    alts = node.get("alt")
    if isinstance(alts, MapNode):
        known |= {f"alt of {name.text}": value for name, value in alts.entries if isinstance(value, SourceText)}
    rest = tuple(entry for entry in node.entries if entry[0].text not in {"id", "kind", "alt", "caption", "width"})
    return Figure(
        id=known["id"],
        kind=known["kind"],
        alt=known.get("alt", known.get("alt of answer")),
        front_alt=known.get("alt of question"),
        width=known.get("width"),
        caption=known.get("caption"),
        parameters=MapNode(rest, node.file, node.start, node.end),
        span=node.span(),
    )


def _reference(node: Node) -> Reference:
    if isinstance(node, MapNode):
        text, url = node.get("text"), node.get("url")
        assert isinstance(text, SourceText)
        return Reference(text=text, url=url if isinstance(url, SourceText) else None)
    assert isinstance(node, SourceText)
    return Reference(text=node, url=None)


def deck_of(
    cards: Sequence[Card] = (),
    *,
    media: Mapping[str, bytes] | None = None,
    description: SourceText | None = None,
    tags: Sequence[str] = ("NN", "CNN"),
    formats: Node | None = None,
    language: str = "en",
) -> Deck:
    """A deck of cards, with two subdecks and a small vocabulary; `formats` is a mapping with that key."""
    named = formats.get("formats") if isinstance(formats, MapNode) else None
    entries = named.entries if isinstance(named, MapNode) else ()
    options = {
        name.text: {key.text: item for key, item in value.entries if isinstance(item, SourceText)}
        for name, value in entries
        if isinstance(value, MapNode)
    }

    def word(text: str) -> SourceText:
        return SourceText.inline(text, "source/deck.yaml")

    settings = DeckSettings(
        uid=word("5b0f6c1e-0000-4000-8000-000000000000"),
        slug=word("sample"),
        name=word("Sample"),
        language=word(language),
        authors=(word("An Author"),),
        licence=None,
        description=description or word("A sample."),
        homepage=None,
        tags=tuple(TagInfo(word(tag), word("What it means")) for tag in tags),
        subdecks=(Subdeck(word("ML"), word("Machine learning")), Subdeck(word("DL"), word("Deep learning"))),
        formats=tuple(name for name, _ in entries),
        format_options=options,
        media=tuple(Media(name, data) for name, data in (media or {}).items()),
        scripts=(),
        file=SourceFile("source/deck.yaml", ""),
    )
    return Deck(settings=settings, cards=tuple(cards))


def findings(text: str, path: str = "source/cards/ML0044.yaml", **others: object) -> list[Diagnostic]:
    """What lint says of a YAML text with cards."""
    return list(lint(deck_of(cards_of(text, path), **others), (), CACHE))  # type: ignore[arg-type] # keywords of deck_of


def markdown_findings(markdown: str) -> list[Diagnostic]:
    """What lint says of a deck's description; its path is `<text>`, its offsets are the text's own."""
    return [
        finding
        for finding in lint(deck_of(description=SourceText.inline(markdown)), (), CACHE)
        if finding.span.path == "<text>"
    ]


def codes(found: Sequence[Diagnostic]) -> list[str]:
    """The codes of findings, in order."""
    return [finding.code for finding in found]
