"""The stages in their order: load, lint, select, render once for each need, write, publish."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from cardpipe import plugins
from cardpipe.cache import Cache
from cardpipe.diagnostics import Severity
from cardpipe.edition import as_edition, has_tag, selects
from cardpipe.errors import UsageError
from cardpipe.lint.baseline import read_baseline, without_known
from cardpipe.lint.engine import diagnosed
from cardpipe.lint.project import SourceFiles, lint_project
from cardpipe.model import Status
from cardpipe.source.load import load
from cardpipe.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from cardpipe.diagnostics import Diagnostic
    from cardpipe.figure_kind import FigureKind
    from cardpipe.model import Card, Deck, Edition
    from cardpipe.products import Product
    from cardpipe.publish import Published
    from cardpipe.rendered import Capabilities, RenderedDeck, Writer

    Progress = Callable[[str, int, int], None]
    """Called with the name of the step, how much is done, and how much there is."""

CACHE_FOLDER = ".cardpipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A project after lint."""

    deck: Deck | None
    """None where `deck.yaml` is unusable, or where nobody asked for the deck."""
    diagnostics: tuple[Diagnostic, ...]
    files: SourceFiles
    frame: Deck | None = None
    """The deck without its cards."""
    source: str = ""
    """What tells this state of the whole project from any other."""
    cards: int | None = None
    """How many cards the deck has."""
    unspelt: bool = False
    """Whether the deck wants its words looked up and the dictionary is not installed."""
    mended: int = 0
    """How many findings of the baseline are not found any more."""

    @property
    def errors(self) -> int:
        """How many findings forbid an export."""
        return sum(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user asks an export for; empty means everything that the deck asks for."""

    formats: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    include_drafts: bool = False
    edition: str | None = None
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By format, then by option: what the command line said, which wins over `deck.yaml`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What an export did: published is empty where findings forbade it."""

    checked: Checked
    published: tuple[Published, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many cards each format got."""
    remarks: tuple[str, ...] = ()
    """What writers say of their output."""


def cache_of(root: Path) -> Cache:
    """The cache of a project."""
    return Cache(root / CACHE_FOLDER)


def read(root: Path) -> Checked:
    """Load a project without linting it; the diagnostics are the reader's own."""
    loaded = load(root)
    diagnostics = diagnosed(loaded.findings)
    files = SourceFiles({file.path: file for file in loaded.files}, {}, {})
    return Checked(deck=loaded.deck, diagnostics=diagnostics, files=files)


def check(
    root: Path, *, cache: Cache | None = None, contents: Mapping[str, bytes] | None = None, baseline: bool = True
) -> Checked:
    """Lint a project; `contents` stands in for files on disk, by path in the project.

    What the baseline knows does not count, unless `baseline` is false.
    """
    with Cache(root / CACHE_FOLDER) if cache is None else nullcontext(cache) as used:
        linted = lint_project(root, used, contents=contents)
    known = read_baseline(root) if baseline else {}
    kept, mended = without_known(linted.diagnostics, linted.files, known) if known else (linted.diagnostics, 0)
    return Checked(
        deck=None,
        diagnostics=tuple(kept),
        files=linted.files,
        frame=linted.frame,
        source=linted.source,
        cards=linted.cards,
        unspelt=linted.unspelt,
        mended=mended,
    )


def _linted(root: Path, cache: Cache, progress: Progress) -> Checked:
    progress("lint", 0, 1)
    checked = check(root, cache=cache)
    progress("lint", 1, 1)
    return checked


def _with_cards(checked: Checked, root: Path) -> Checked:
    """The same with the whole deck, where nothing forbids to go on."""
    if checked.cards is None or checked.errors:
        return checked
    loaded = load(root)
    # Whoever writes into the project while it is built must not get unchecked cards into it.
    late = diagnosed(loaded.findings)
    return replace(checked, deck=loaded.deck, diagnostics=tuple(sorted({*checked.diagnostics, *late}, key=_by_place)))


def _by_place(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A project rendered for one format: rendered is None where findings forbid it."""

    checked: Checked
    rendered: RenderedDeck | None = None


def prepare(root: Path, format_: str, progress: Progress, *, strict: bool = False) -> Prepared:
    """Load, lint and render all cards but drafts, as an export does; with `strict`, warnings forbid it too."""
    with Cache(root / CACHE_FOLDER) as cache:
        checked = _with_cards(_linted(root, cache, progress), root)
        refused = any(strict and item.severity is Severity.WARNING for item in checked.diagnostics)
        if checked.deck is None or checked.errors or refused:
            return Prepared(checked=checked)
        cards = select(checked.deck, Request())
        needs = load_writer(format_).capabilities
        rendered = _rendered(checked.deck, _taken(cards, needs), needs, cache, progress)
        checked = _with_faults(checked, [rendered])
    return Prepared(checked=checked, rendered=None if checked.errors else rendered)


def export(root: Path, output: Path, request: Request, progress: Progress) -> Export:
    """Bring a project into the formats asked for; writes nothing where lint finds an error.

    Raises UsageError for a format, tag, card or option that does not exist, and PublishError where the output folder
    cannot be written.
    """
    from cardpipe.products import Products
    from cardpipe.publish import publish

    with Cache(root / CACHE_FOLDER) as cache:
        checked = _linted(root, cache, progress)
        if checked.frame is None or checked.errors:
            return Export(checked=checked)
        frame = _edition_of(checked.frame, request)
        writers = [load_writer(name) for name in request.formats or _formats(frame)]
        jobs = {
            writer.name: _Job(writer, _settings(writer, frame, request.options.get(writer.name, {})))
            for writer in writers
        }
        shelf = Products(cache, checked.source, _told(request))
        products = {name: shelf.recall(name, job.settings) for name, job in jobs.items()}
        missing = [jobs[name] for name, product in products.items() if product is None]
        if missing:
            linted = len(checked.diagnostics)
            checked, made = _make(root, request, checked, missing, cache, progress)
            if checked.errors:
                return Export(checked=checked)
            products.update(made)
            # What only drawing finds must be found again the next time.
            for name, product in made.items() if len(checked.diagnostics) == linted else ():
                shelf.remember(name, jobs[name].settings, product)
    done = {_owner(name, request): product for name, product in products.items() if product is not None}
    return Export(
        checked=checked,
        published=publish({name: product.artefacts for name, product in done.items()}, output),
        counts={name: product.cards for name, product in done.items()},
        remarks=tuple(remark for product in done.values() for remark in product.remarks),
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """A writer and what it is told."""

    writer: Writer
    settings: Mapping[str, str]


def _told(request: Request) -> str:
    """All that a request says of cards, as text; formats and their settings are a job's own."""
    return repr((sorted(set(request.tags)), sorted(set(request.ids)), request.include_drafts, request.edition))


def _make(
    root: Path, request: Request, checked: Checked, jobs: Sequence[_Job], cache: Cache, progress: Progress
) -> tuple[Checked, dict[str, Product]]:
    """Render the deck and have the writers write it; nothing is made where rendering finds an error."""
    from cardpipe.products import Product
    from cardpipe.rendered import Remarking

    checked = _with_cards(checked, root)
    if checked.deck is None or checked.errors:
        return checked, {}
    deck = _edition_of(checked.deck, request)
    rendered = _render(deck, select(deck, request), [job.writer for job in jobs], cache, progress)
    checked = _with_faults(checked, rendered.values())
    if checked.errors:
        return checked, {}
    made = {}
    for job in jobs:
        form = rendered[job.writer.capabilities]
        artefacts = job.writer.write(form, job.settings, partial(progress, job.writer.name))
        remarks = job.writer.remarks(form) if isinstance(job.writer, Remarking) else ()
        made[job.writer.name] = Product(artefacts, len(form.cards), tuple(remarks))
    return checked, made


def _owner(name: str, request: Request) -> str:
    """Under which name the output folder remembers files, so that no edition removes another's."""
    return f"{name}@{request.edition}" if request.edition is not None else name


def _edition_of(deck: Deck, request: Request) -> Deck:
    return as_edition(deck, edition_named(deck, request.edition)) if request.edition is not None else deck


def edition_named(deck: Deck, name: str) -> Edition:
    """The edition with a name; raises UsageError where the deck has none."""
    known = {edition.name.text: edition for edition in deck.editions}
    if name not in known:
        near = nearest(name, list(known))
        hint = f"Did you mean {near}?" if near else "`cardpipe editions` lists them; `deck.yaml` describes them."
        raise UsageError(f"The deck has no edition “{name}”.", hint=hint)
    return known[name]


def _render(
    deck: Deck, cards: Sequence[Card], writers: Iterable[Writer], cache: Cache, progress: Progress
) -> dict[Capabilities, RenderedDeck]:
    """The deck in each form that some writer takes, each made once."""
    rendered: dict[Capabilities, RenderedDeck] = {}
    for writer in writers:
        needs = writer.capabilities
        if needs not in rendered:
            rendered[needs] = _rendered(deck, _taken(cards, needs), needs, cache, progress)
    return rendered


def _taken(cards: Sequence[Card], needs: Capabilities) -> tuple[Card, ...]:
    """The cards that a format shows: retired ones only where a learner could have got them before."""
    return tuple(card for card in cards if needs.retired or card.status is not Status.RETIRED)


def _with_faults(checked: Checked, rendered: Iterable[RenderedDeck]) -> Checked:
    """What lint found, and what only drawing could find."""
    faults = [fault for form in rendered for fault in form.faults]
    if not faults:
        return checked
    found = sorted({*checked.diagnostics, *diagnosed(faults)}, key=lambda found: found.sort_key)
    return replace(checked, diagnostics=tuple(found))


def _rendered(deck: Deck, cards: Sequence[Card], needs: Capabilities, cache: Cache, progress: Progress) -> RenderedDeck:
    from cardpipe.render.deck import render_deck

    return render_deck(
        deck,
        cards=cards,
        capabilities=needs,
        cache=cache,
        figure_kinds=figure_kind,
        progress=partial(progress, "render"),
    )


def select(deck: Deck, request: Request) -> tuple[Card, ...]:
    """The cards that a request asks for, in source order: those with one of the tags, and those named.

    A tag stands for the tags below it too (`nets` for `nets::cnn`). Drafts come along when asked for,
    or when named. Of an edition's cards they choose among those that it has.
    """
    _refuse_unknown(request.tags, _with_parents(tag.name.text for tag in deck.tags), "tag")
    _refuse_unknown(request.ids, [card.id.text for card in deck.cards], "card")
    edition = edition_named(deck, request.edition) if request.edition is not None else None
    chosen = []
    for card in deck.cards:
        named = card.id.text in request.ids
        tagged = any(has_tag(card, tag) for tag in request.tags)
        if edition is not None and not selects(edition, card):
            continue
        wanted = named or tagged or not (request.ids or request.tags)
        if wanted and (named or request.include_drafts or card.status is not Status.DRAFT):
            chosen.append(card)
    return tuple(chosen)


def _with_parents(tags: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for tag in tags:
        parts = tag.split("::")
        found.update({"::".join(parts[:depth]): None for depth in range(len(parts), 0, -1)})
    return list(found)


def _refuse_unknown(wanted: Iterable[str], known: Sequence[str], word: str) -> None:
    for name in wanted:
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean {near}?" if near else "`cardpipe list` shows all cards and their tags."
            raise UsageError(f"The deck has no {word} “{name}”.", hint=hint)


def load_writer(name: str) -> Writer:
    """The writer of a format; raises UsageError for an unknown name and PluginError for a broken plug-in."""
    return cast("Writer", plugins.load(plugins.WRITERS, name))


def figure_kind(name: str) -> FigureKind | None:
    """The figure kind with a name, if there is one."""
    if name not in plugins.names(plugins.FIGURES):
        return None
    return cast("FigureKind", plugins.load(plugins.FIGURES, name))


def _formats(deck: Deck) -> tuple[str, ...]:
    return tuple(name.text for name in deck.formats)


def _settings(writer: Writer, deck: Deck, given: Mapping[str, str]) -> dict[str, str]:
    """The value of each of a writer's options: the command line's, else the deck's, else the default."""
    settings = {option.name: option.default for option in writer.options}
    settings.update({name: value.text for name, value in deck.format_options.get(writer.name, {}).items()})
    settings.update(given)
    options = {option.name: option for option in writer.options}
    for name, value in settings.items():
        if name not in options or not options[name].takes(value):
            allowed = options[name].values if name in options else tuple(options)
            raise UsageError(
                f"The format “{writer.name}” cannot take “{name}: {value}”.",
                hint=f"It takes: {', '.join(allowed) or 'no options'}.",
            )
    return settings
