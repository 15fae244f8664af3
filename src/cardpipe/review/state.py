"""Compare a project with a revision for a reviewer: rendered cards, findings, the next release."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cardpipe.build.pipeline import CACHE_FOLDER, prepare
from cardpipe.build.selected_cards import SelectedCards, render_selected
from cardpipe.cache.store import Cache
from cardpipe.errors import CardpipeError, UsageError
from cardpipe.files.git import Git
from cardpipe.model.diagnostics import Severity
from cardpipe.model.trust import NOBODY, Trust, script_digest
from cardpipe.release.advance import next_version
from cardpipe.release.changes import Snapshot, compare
from cardpipe.release.presentation import counted
from cardpipe.release.refusals import refusals
from cardpipe.release.revision import extracted
from cardpipe.release.snapshots import of_lock, of_shipment, of_source
from cardpipe.release.touched import changes_since, fork
from cardpipe.source.card_paths import is_card_path
from cardpipe.source.load import FIGURES_FOLDER, load
from cardpipe.writers.anki.shipment import shipment
from cardpipe.writers.api import Capabilities, FigureForm, MathForm, TextForm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cardpipe.build.pipeline import Progress
    from cardpipe.lint.project import SourceFiles
    from cardpipe.model.deck import Deck
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.release.changes import Changes
    from cardpipe.release.refusals import ReleaseRefusal
    from cardpipe.release.touched import TouchedFiles

FORM: Final = Capabilities(TextForm.HTML, MathForm.FONTS, FigureForm.SVG, retired=True, faces=True)
MOST_CARDS: Final = 500
"""Cards that are rendered for a review, the changed ones first; all others are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRelease:
    """What learners would get if the project were released now."""

    last: str
    """The version of the last release; empty before the first one."""
    changes: Changes
    refusals: tuple[ReleaseRefusal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A change of a project since a revision."""

    deck: str
    language: str
    against: str
    """The revision as the user named it."""
    commit: str
    """The ID of its commit."""
    changes: Changes
    source: Snapshot
    """The deck as it is, for cards that cannot be rendered."""
    before: SelectedCards
    """The changed cards as they were."""
    after: SelectedCards
    """The changed and added cards as they are."""
    findings: tuple[Diagnostic, ...]
    """Those that the change can have caused."""
    files: SourceFiles
    unreadable: tuple[str, ...] = ()
    """IDs of cards that cannot be read because of errors."""
    other_files: tuple[str, ...] = ()
    """Changed files below `source/` other than cards, as paths in the project."""
    scripts: tuple[str, ...] = ()
    """Changed figure scripts among them."""
    release: NextRelease | None = None
    """None if the deck has errors."""
    remarks: tuple[str, ...] = field(default_factory=tuple)
    """Sentences on what could not be compared or was not run."""

    @property
    def summary(self) -> str:
        """Return the numbers of changes in one line."""
        if self.after.checked.settings is None:
            return "The deck cannot be read"
        return counted(self.changes)

    @property
    def errors(self) -> int:
        """Return the number of errors in the whole project."""
        return self.after.checked.errors


def review_of(root: Path, revision: str | None, trust: Trust, progress: Progress) -> Review:
    """Compare a project with a revision, by default with the merge base with the main branch.

    Nothing of the revision is run but figure scripts that `trust` allows. Raises UsageError if git or the revision is
    missing, and ProjectError if the project cannot be read.
    """
    git = Git(root)
    commit = git.commit(revision) if revision is not None else fork(git)
    if commit is None:
        raise UsageError("There is no commit to compare with.", hint="Commit the deck first, or name a revision.")
    against = revision if revision is not None else "the merge base with the main branch"
    now = load(root)
    with Cache(root / CACHE_FOLDER) as cache, extracted(root, commit) as folder:
        progress("review", 0, 3)
        former = load(folder) if (folder / "source" / "deck.yaml").is_file() else None
        old_deck = former.deck if former is not None else None
        source = of_source(now.deck) if now.deck is not None else Snapshot()
        changes = compare(of_source(old_deck) if old_deck is not None else Snapshot(), source)
        changes, unreadable = _without_unreadable(changes, now.deck)
        kept = [*(card.id for card in changes.changed), *(card.id for card in changes.retired)]
        shown = [*kept, *(card.id for card in changes.added)][:MOST_CARDS]
        after = render_selected(root, shown, FORM, trust=trust, cache=cache)
        progress("review", 1, 3)
        old_trust = _trust_before(trust, now.deck, is_past=git.fork([commit]) == commit)
        before = (
            render_selected(folder, kept[:MOST_CARDS], FORM, trust=old_trust, cache=cache)
            if old_deck is not None and kept
            else SelectedCards(checked=after.checked)
        )
        progress("review", 2, 3)
    touched = changes_since(root, commit)
    settings = after.checked.settings
    release = _next_release(root, trust, progress) if not after.checked.errors else None
    progress("review", 3, 3)
    others = tuple(path for path in sorted(touched.paths) if not is_card_path(path))
    return Review(
        deck=settings.name.text if settings is not None else "",
        language=settings.language.text if settings is not None else "en",
        against=against,
        commit=commit,
        changes=changes,
        source=source,
        before=before,
        after=after,
        findings=_findings(after, touched),
        files=after.checked.files,
        unreadable=unreadable,
        other_files=others,
        scripts=tuple(path for path in others if path.startswith(f"{FIGURES_FOLDER}/") and path.endswith(".py")),
        release=release,
        remarks=tuple(_remarks(now.deck, old_deck, changes, after, trust)),
    )


def _without_unreadable(changes: Changes, deck: Deck | None) -> tuple[Changes, tuple[str, ...]]:
    """Return the changes without cards that only seem to be removed, because an error makes them unreadable."""
    if deck is None:
        return replace(changes, added=(), removed=(), renamed=()), ()
    faulty = deck.faulty_ids
    kept = tuple(card for card in changes.removed if card.id not in faulty)
    return replace(changes, removed=kept), tuple(sorted(faulty))


def _trust_before(trust: Trust, deck: Deck | None, *, is_past: bool) -> Trust:
    """Return which scripts of the revision may run.

    All of them only where all of the project may run and the revision is part of its history: another one can be a
    stranger's branch.
    """
    if trust.digests is not None or is_past:
        return trust
    if deck is None:
        return NOBODY
    own = frozenset(script_digest(script.data) for script in deck.settings.scripts)
    return Trust(own, "they differ from those of the working tree")


def _findings(after: SelectedCards, touched: TouchedFiles) -> tuple[Diagnostic, ...]:
    from cardpipe.lint.api import Scope
    from cardpipe.lint.registry import all_rules

    comparing = {rule.code for rule in all_rules() if rule.scope in {Scope.SUMMARIES, Scope.DECK}}
    checked = after.checked
    found = [item for item in checked.diagnostics if touched.concern(item, checked.files, comparing)]
    # Errors prevent the next release wherever they come from.
    others = [item for item in checked.diagnostics if item.severity is Severity.ERROR and item not in found]
    return (*found, *others)


def _next_release(root: Path, trust: Trust, progress: Progress) -> NextRelease | None:
    """Return what the next release would bring; None if the deck cannot be rendered."""
    try:
        rendered = prepare(root, "anki", progress, trust=trust).rendered
    except CardpipeError:
        return None
    if rendered is None:
        return None
    lock = rendered.settings.lock
    shipped = shipment(rendered)
    changes = compare(of_lock(lock), of_shipment(shipped, lock))
    return NextRelease(
        last=lock.version if lock is not None else "",
        changes=changes,
        refusals=refusals(lock, shipped, changes, next_version(lock)),
    )


def _remarks(
    deck: Deck | None, old_deck: Deck | None, changes: Changes, after: SelectedCards, trust: Trust
) -> Iterator[str]:
    if deck is None:
        yield "source/deck.yaml cannot be read, so no cards are compared."
    if old_deck is None:
        yield "The revision has no deck that can be read, so every card counts as added."
    elif old_deck.faulty_ids:
        yield f"The revision has {_cards(len(old_deck.faulty_ids))} that cannot be read."
    if deck is not None and (refused := trust.refused(deck.settings.scripts)):
        yield f"{refused[:1].upper()}{refused[1:]}. A placeholder stands for each picture."
    hidden = len(changes.changed) + len(changes.retired) + len(changes.added) - MOST_CARDS
    if hidden > 0:
        yield f"{_cards(hidden)} of the change are listed without their content."
    for card_id, reason in after.failures.items():
        yield f"{card_id} could not be rendered: {reason}"


def _cards(count: int) -> str:
    return f"{count} card{'' if count == 1 else 's'}"
