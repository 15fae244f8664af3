"""The review as a comment on a pull request or merge request: Markdown of limited size.

All values are untrusted and pass through `inert`; the words around them are our own.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.text.code_host import code, inert, inert_html, inert_words
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.review.data import AddedData, CardData, ChangedData, ReviewData

MARKER: Final = "<!-- cardpipe review -->"
"""The first line of the comment, by which it is found again."""
LARGEST: Final = 60_000
"""Maximum bytes; GitHub accepts 65,536 characters."""
_LARGEST_CARD: Final = 12_000
_LONGEST_HTML: Final = 8000
"""Characters; `cardpipe review` leaves longer texts to the page."""
_ALL_OPEN: Final = 4
"""Cards up to this number are shown unfolded."""
_MOST_FINDINGS: Final = 20
_MOST_OPEN_FINDINGS: Final = 8
_MOST_RISKS: Final = 20


@dataclass(frozen=True, slots=True)
class Link:
    """A link that we made: its words and its address."""

    words: str
    address: str


def comment(data: ReviewData, links: Sequence[Link] = (), largest: int = LARGEST) -> str:
    """Return the comment; what it has no room for is counted in a note at its end."""
    blocks = [*_head(data), *_findings(data)]
    cards = list(_cards(data))
    tail = [*_lists(data), *_foot(links)]
    left = largest - sum(_size(block) for block in [*blocks, *tail]) - 500
    hidden = data.more
    for number, block in enumerate(cards):
        left -= _size(block)
        if left < 0:
            hidden += len(cards) - number
            break
        blocks.append(block)
    if hidden:
        blocks.append(f"{hidden} more {'card is' if hidden == 1 else 'cards are'} not shown here.")
    made = "\n\n".join([MARKER, *blocks, *tail]) + "\n"
    if len(made.encode()) <= largest:
        return made
    # Only lists of unusual length come this far.
    return "\n\n".join([MARKER, *_head(data)[:1], "The review is too long for a comment.", *_foot(links)]) + "\n"


def _size(block: str) -> int:
    return len(block.encode()) + 2


def _head(data: ReviewData) -> list[str]:
    deck = f" of {inert(data.deck[:100])}" if data.deck else ""
    found = [f"### Review{deck}: {inert(data.summary[:200])}"]
    found += [f"<p>{inert(remark[:500])}</p>" for remark in data.remarks[:10]]
    if data.risks:
        lines = [f"<li>{inert(risk[:1000])}</li>" for risk in data.risks[:_MOST_RISKS]]
        if len(data.risks) > _MOST_RISKS:
            lines.append(f"<li>{len(data.risks) - _MOST_RISKS} more</li>")
        found.append(f"#### Risks\n\n<ul>{''.join(lines)}</ul>")
    found.append(f"<p><b>Next release:</b> {_release(data)}</p>")
    return found


def _release(data: ReviewData) -> str:
    release = data.release
    if release is None:
        return "impossible, because the deck has errors."
    if not release.last:
        return f"the first one, with {counted(release.new, 'note')}."
    numbers = [
        (release.new, "new"),
        (release.updated, "updated (progress is kept)"),
        (release.retired, "retired"),
        (release.removed, "without further updates"),
        (release.note_types, "note types changed"),
    ]
    told = ", ".join(f"{count} {words}" for count, words in numbers if count)
    return f"since {inert(release.last[:60])}, learners get {told or 'nothing new'}."


def _findings(data: ReviewData) -> Iterator[str]:
    if not data.findings:
        return
    lines = [
        f"<li><b>{inert(item.severity[:20])} {inert(item.code[:20])}</b> {inert(item.message[:500])} "
        f"{code(item.place[:300])}</li>"
        for item in data.findings[:_MOST_FINDINGS]
    ]
    hidden = data.findings_count - len(lines)
    if hidden > 0:
        lines.append(f"<li>{hidden} more</li>")
    listed = f"<ul>{''.join(lines)}</ul>"
    if len(lines) > _MOST_OPEN_FINDINGS:
        listed = f"<details><summary>{counted(data.findings_count, 'finding')}</summary>{listed}</details>"
    yield f"#### Findings\n\n{listed}"


def _cards(data: ReviewData) -> Iterator[str]:
    state = " open" if len(data.changed) + len(data.added) <= _ALL_OPEN else ""
    for changed in data.changed:
        yield _bounded(changed.id, changed.title, _changed(changed, state))
    for added in data.added:
        yield _bounded(added.id, added.title, _added(added, state))


def _bounded(card_id: str, title: str, block: str) -> str:
    if _size(block) <= _LARGEST_CARD:
        return block
    return f"<p><b>{inert(card_id[:40])}</b> {inert(title[:300])}: too long to be shown here.</p>"


def _changed(card: ChangedData, state: str) -> str:
    parts = []
    for part in card.parts:
        if part.words:
            parts.append(
                f"<p><b>{inert(part.name[:40])}</b></p><blockquote><p>{inert_words(part.words)}</p></blockquote>"
            )
        else:
            parts.append(f"<p><b>{inert(part.name[:40])}</b> changed</p>")
    return _folded(card.id, card.title, "changed", "".join(parts), state)


def _added(card: AddedData, state: str) -> str:
    shown = f"{_html(card.question)}<hr>{_html(card.answer)}" if card.question or card.answer else ""
    body = f"<blockquote>{shown}</blockquote>" if shown else "<p>This card is not rendered.</p>"
    return _folded(card.id, card.title, "new", body, state)


def _html(fragment: str) -> str:
    return inert_html(fragment[:_LONGEST_HTML])


def _folded(card_id: str, title: str, word: str, body: str, state: str) -> str:
    summary = f"<summary><b>{inert(card_id[:40])}</b> {inert(title[:300])} ({word})</summary>"
    return f"<details{state}>{summary}{body}</details>"


def _lists(data: ReviewData) -> Iterator[str]:
    for heading, cards in (("Retired", data.retired), ("Removed", data.removed)):
        if cards:
            yield f"<p><b>{heading}:</b> {_titles(cards)}</p>"
    if data.renamed:
        pairs = [f"{inert(before[:200])} → {inert(after[:200])}" for before, after in data.renamed[:20]]
        pairs += [f"{len(data.renamed) - 20} more"] * (len(data.renamed) > 20)
        yield f"<p><b>Renamed:</b> {'; '.join(pairs)}</p>"


def _titles(cards: Sequence[CardData]) -> str:
    shown = [f"{inert(card.id[:40])} {inert(card.title[:100])}" for card in cards[:20]]
    return "; ".join([*shown, *([f"{len(cards) - 20} more"] if len(cards) > 20 else [])])


def _foot(links: Sequence[Link]) -> Iterator[str]:
    if links:
        made = [f'<a href="{html.escape(link.address)}">{inert(link.words[:100])}</a>' for link in links[:20]]
        yield f"<p>{' · '.join(made)}</p>"
