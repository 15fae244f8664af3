"""The pipeline: load, lint, select, render once for each set of capabilities, write, publish."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from cardpipe import plugins
from cardpipe.build.card_pool import CardPool
from cardpipe.build.card_worker import RenderPlan
from cardpipe.build.verified_source import card_files
from cardpipe.cache.rebuild_log import RebuildLog
from cardpipe.cache.store import Cache
from cardpipe.errors import UsageError
from cardpipe.lint.baseline import read_baseline, without_known
from cardpipe.lint.engine import diagnosed
from cardpipe.lint.project import SourceFiles, lint_project
from cardpipe.model.deck import Status
from cardpipe.model.diagnostics import Severity
from cardpipe.model.edition import as_edition
from cardpipe.model.selection import Request, edition_named, select
from cardpipe.source.load import load
from cardpipe.writers.api import MathForm, capabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cardpipe.build.artefact_cache import Product
    from cardpipe.build.publish import Published
    from cardpipe.build.writing import WriterJob
    from cardpipe.model.deck import Deck, DeckSettings
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.model.selection import CardEntry
    from cardpipe.model.trust import Trust
    from cardpipe.writers.api import Capabilities, RenderedDeck, Writer

    Progress = Callable[[str, int, int], None]
    """Called with the name of the step, how much is done, and the total."""

CACHE_FOLDER = ".cardpipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A project after lint."""

    settings: DeckSettings | None
    """None if `deck.yaml` is invalid; it has its cards only if they were requested."""
    diagnostics: tuple[Diagnostic, ...]
    files: SourceFiles
    source: str = ""
    """A digest of the state of the whole project."""
    state: Mapping[str, str] = field(default_factory=dict)
    """A digest of each input except the card files, by name."""
    contents: Mapping[str, str] = field(default_factory=dict)
    """A digest of each card file, by path."""
    cards: Sequence[CardEntry] | None = None
    """The deck's cards in source order; None if `deck.yaml` is invalid."""
    unspelt: bool = False
    """Whether spelling should be checked, but the dictionary is not installed."""
    resolved: int = 0
    """The number of findings of the baseline that no longer occur."""

    @property
    def errors(self) -> int:
        """Return the number of errors, which prevent an export."""
        return _errors(self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The result of an export; `published` is empty if there were errors."""

    checked: Checked
    published: tuple[Published, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """The number of cards of each format."""
    warnings: tuple[str, ...] = ()
    """Warnings of writers."""
    rebuild_log: RebuildLog = field(default_factory=RebuildLog)
    """What was rebuilt, and why."""


def _errors(diagnostics: Sequence[Diagnostic]) -> int:
    return sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)


def cache_of(root: Path) -> Cache:
    """Return the cache of a project."""
    return Cache(root / CACHE_FOLDER)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A project that was loaded but not linted: diagnostics come from loading only."""

    deck: Deck | None
    """None if `deck.yaml` is invalid."""
    diagnostics: tuple[Diagnostic, ...]
    files: SourceFiles

    @property
    def errors(self) -> int:
        """Return the number of errors."""
        return _errors(self.diagnostics)


def read(root: Path) -> Loaded:
    """Load a project without linting it."""
    loaded = load(root)
    files = SourceFiles({file.path: file for file in loaded.files}, {}, {})
    return Loaded(loaded.deck, diagnosed(loaded.findings), files)


def check(
    root: Path,
    *,
    cache: Cache | None = None,
    contents: Mapping[str, bytes] | None = None,
    baseline: bool = True,
    rebuild_log: RebuildLog | None = None,
    pool: CardPool | None = None,
) -> Checked:
    """Lint a project; `contents` replaces files on disk, by path in the project.

    Findings of the baseline are excluded unless `baseline` is false. A pool can render cards at the same time.
    """
    with (
        Cache(root / CACHE_FOLDER) if cache is None else nullcontext(cache) as used,
        CardPool(used) if pool is None else nullcontext(pool) as workers,
    ):
        linted = lint_project(root, used, contents=contents, rebuild_log=rebuild_log, lint_files=workers.lint)
    known = read_baseline(root) if baseline else {}
    kept, resolved = without_known(linted.diagnostics, linted.files, known) if known else (linted.diagnostics, 0)
    return Checked(
        settings=linted.settings,
        diagnostics=tuple(kept),
        files=linted.files,
        source=linted.source,
        state=linted.state,
        contents=linted.contents,
        cards=linted.cards,
        unspelt=linted.unspelt,
        resolved=resolved,
    )


@dataclass(slots=True, kw_only=True)
class _Run:
    """A linted project, and its cards in each form that a writer needs."""

    request: Request
    progress: Progress
    cache: Cache
    pool: CardPool
    rebuild_log: RebuildLog
    checked: Checked

    def rendered(self, forms: Sequence[Capabilities]) -> list[RenderedDeck]:
        """Return the selected cards in each of the forms; findings of rendering are added to `checked`.

        Raises UsageError for a tag, card or edition that does not exist.
        """
        deck, cards = self.checked.settings, self.checked.cards
        if deck is None or cards is None:
            return []
        chosen = select(deck, cards, self.request)
        shown = _edition_of(deck, self.request)
        # The first form waits for figure scripts, and meanwhile typesets its formulas.
        ordered = sorted(dict.fromkeys(forms), key=lambda form: form.math not in {MathForm.SVG, MathForm.FONTS})
        rendered = {form: self._render(shown, chosen, form) for form in ordered}
        self.pool.close()
        self.checked = _with_findings(self.checked, rendered.values())
        return [rendered[form] for form in forms]

    def _render(self, settings: DeckSettings, cards: Sequence[CardEntry], form: Capabilities) -> RenderedDeck:
        from cardpipe.build.artefact_cache import environment
        from cardpipe.render.deck import RenderSetting, render_deck

        checked = self.checked
        # Retired cards are shown only if they were released before.
        shown = [card for card in cards if form.retired or card.status != Status.RETIRED.value]
        setting = RenderSetting(
            settings=settings,
            capabilities=form,
            titles={card.id: card.label for card in checked.cards or ()},
            state={**checked.state, "Python or a library": self.cache.key(environment())[-16:]},
            trust=self.request.trust,
        )
        return render_deck(
            setting,
            cards=shown,
            contents=checked.contents,
            ready=self.pool.rendered_while_linting(form),
            render=lambda missing: self.pool.render(form, card_files(missing, checked.files, checked.contents)),
            cache=self.cache,
            progress=partial(self.progress, "render"),
            rebuild_log=self.rebuild_log,
        )


@contextmanager
def _linted(
    root: Path,
    request: Request,
    progress: Progress,
    forms_of: Callable[[DeckSettings], Iterable[Capabilities]],
    *,
    only_errors: bool = False,
) -> Iterator[_Run]:
    """Lint a project and render the cards of files without errors, in the forms that `forms_of` returns.

    With `only_errors`, rules on single cards are left out whose findings do not prevent an export, and the cache is a
    temporary folder in the project, since later runs may not use such results.
    """

    def plan(settings: DeckSettings) -> RenderPlan:
        return RenderPlan(
            settings=_edition_of(settings, request), request=request, forms=tuple(dict.fromkeys(forms_of(settings)))
        )

    rebuild_log = RebuildLog()
    with (
        _cache_folder(root, temporary=only_errors) as folder,
        Cache(folder) as cache,
        CardPool(cache, plan, only_errors=only_errors) as pool,
    ):
        progress("lint", 0, 1)
        checked = check(root, cache=cache, rebuild_log=rebuild_log, pool=pool)
        progress("lint", 1, 1)
        yield _Run(request=request, progress=progress, cache=cache, pool=pool, rebuild_log=rebuild_log, checked=checked)


@contextmanager
def _cache_folder(root: Path, *, temporary: bool) -> Iterator[Path]:
    if not temporary:
        yield root / CACHE_FOLDER
        return
    with TemporaryDirectory(prefix=f"{CACHE_FOLDER}-", dir=root, ignore_cleanup_errors=True) as name:
        yield Path(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A project rendered for one format; `rendered` is None if there were errors."""

    checked: Checked
    rendered: RenderedDeck | None = None


def prepare(
    root: Path, format_: str, progress: Progress, *, trust: Trust, strict: bool = False, only_errors: bool = False
) -> Prepared:
    """Load, lint and render all cards except drafts, as an export does; with `strict`, warnings prevent it too.

    `only_errors` is for a project that was just written: warnings on cards are not looked for, and nothing is cached.
    """

    def needs(settings: DeckSettings) -> Capabilities:
        writer = load_writer(format_)
        return capabilities_of(writer, writer_settings(writer, settings, {}))

    return prepare_form(root, needs, progress, trust=trust, strict=strict, only_errors=only_errors)


def prepare_form(
    root: Path,
    needs: Callable[[DeckSettings], Capabilities],
    progress: Progress,
    *,
    trust: Trust,
    strict: bool = False,
    only_errors: bool = False,
) -> Prepared:
    """Like `prepare`, for capabilities that depend on the deck's settings."""
    with _linted(root, Request(trust=trust), progress, lambda deck: [needs(deck)], only_errors=only_errors) as run:
        checked = run.checked
        refused = any(strict and item.severity is Severity.WARNING for item in checked.diagnostics)
        if checked.settings is None or checked.errors or refused:
            return Prepared(checked=checked)
        (rendered,) = run.rendered([needs(checked.settings)])
        return Prepared(checked=run.checked, rendered=None if run.checked.errors else rendered)


def no_progress(_step: str, _done: int, _all: int) -> None:
    """Report nothing."""


def export(root: Path, output: Path, request: Request, progress: Progress = no_progress) -> Export:
    """Export a project to the requested formats; nothing is written if lint finds an error.

    Raises UsageError for a format, tag, card or option that does not exist, and PublishError if the output folder
    cannot be written.
    """
    from cardpipe.build.publish import publish

    built = build(root, request, progress, output=output)
    if not built.products:
        return Export(checked=built.checked, rebuild_log=built.rebuild_log)
    return Export(
        checked=built.checked,
        published=publish({built.owners[name]: product.artefacts for name, product in built.products.items()}, output),
        counts={built.owners[name]: product.cards for name, product in built.products.items()},
        warnings=built.warnings,
        rebuild_log=built.rebuild_log,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A project in several formats, not yet written; `products` is empty if there were errors."""

    checked: Checked
    products: Mapping[str, Product] = field(default_factory=dict)
    """By format."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """By format: the name under which the output folder's manifest lists its files."""
    warnings: tuple[str, ...] = ()
    rebuild_log: RebuildLog = field(default_factory=RebuildLog)


def build(root: Path, request: Request, progress: Progress = no_progress, *, output: Path | None = None) -> Built:
    """Build the requested formats, or take unchanged ones from the cache; `output` may contain large ones.

    Raises UsageError for a format, tag, card or option that does not exist.
    """
    from cardpipe.build.artefact_cache import ArtefactCache
    from cardpipe.build.writing import write_formats

    def writers_of(settings: DeckSettings) -> list[tuple[Writer, dict[str, str]]]:
        writers = [load_writer(name) for name in request.formats or _formats(settings)]
        return [(writer, writer_settings(writer, settings, request.options.get(writer.name, {}))) for writer in writers]

    def forms_of(deck_settings: DeckSettings) -> Iterator[Capabilities]:
        return (capabilities_of(writer, settings) for writer, settings in writers_of(deck_settings))

    with _linted(root, request, progress, forms_of) as run:
        checked, rebuild_log = run.checked, run.rebuild_log
        if checked.settings is None or checked.errors:
            return Built(checked=checked, rebuild_log=rebuild_log)
        chosen = writers_of(_edition_of(checked.settings, request))
        jobs = {writer.name: _job(writer, settings, checked, request) for writer, settings in chosen}
        trusted = request.trust.identifier(checked.settings.scripts)
        kept = ArtefactCache(run.cache, checked.source, _selection_text(request), trusted, output or root / "output")
        products = {name: kept.recall(name, job.settings, job.tools) for name, job in jobs.items()}
        rebuild_log.begin("formats", len(products))
        for name, reason in kept.reasons.items():
            rebuild_log.note("formats", name, reason)
        missing = [jobs[name] for name, product in products.items() if product is None]
        if missing:
            forms = run.rendered([capabilities_of(job.writer, job.settings) for job in missing])
            if run.checked.errors:
                return Built(checked=run.checked, rebuild_log=rebuild_log)
            tools = run.checked.state.get("cardpipe or a plug-in", "")
            to_write = [_writer_job(job, deck, checked.settings) for job, deck in zip(missing, forms, strict=True)]
            for name, product in write_formats(to_write, run.cache, tools, progress, rebuild_log):
                products[name] = product
                # Findings of drawing must occur again the next time.
                if run.checked is checked:
                    kept.remember(name, jobs[name].settings, product, jobs[name].tools)
        checked = run.checked
    not_run = request.trust.refused(checked.settings.scripts if checked.settings is not None else ())
    done = {name: product for name, product in products.items() if product is not None}
    return Built(
        checked=checked,
        products=done,
        owners={name: job.owner for name, job in jobs.items()},
        warnings=(
            *([f"{not_run}. A placeholder stands for each."] if not_run else []),
            *(remark for job in jobs.values() for remark in job.warnings),
            *(remark for product in done.values() for remark in product.warnings),
        ),
        rebuild_log=rebuild_log,
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """A writer and its settings."""

    writer: Writer
    settings: Mapping[str, str]
    tools: Sequence[str]
    """Names and versions of its tools in addition to cardpipe's dependencies."""
    suffix: str
    """The suffix of its file names."""
    warnings: Sequence[str]
    """Warnings on settings that depend on this machine."""

    @property
    def owner(self) -> str:
        """Return the name under which the output folder's manifest lists its files."""
        return f"{self.writer.name}@{self.suffix.removeprefix('-')}" if self.suffix else self.writer.name


def _job(writer: Writer, settings: Mapping[str, str], checked: Checked, request: Request) -> _Job:
    """Raises UsageError if a tool is missing, before any work is done."""
    from cardpipe.build.output_names import output_suffix
    from cardpipe.writers.api import AutoOptions, HasTools

    settings, warnings = writer.resolve_options(settings) if isinstance(writer, AutoOptions) else (settings, ())
    tools = writer.tools(settings) if isinstance(writer, HasTools) else ()
    suffix = output_suffix(checked.settings, checked.cards or (), request, writer, settings) if checked.settings else ""
    return _Job(writer, settings, tools, suffix, warnings)


def _selection_text(request: Request) -> str:
    """Return the selection of a request as text; formats and their settings belong to the job."""
    return repr(
        (
            sorted(set(request.tags)),
            sorted(set(request.ids)),
            request.include_drafts,
            request.edition,
        )
    )


def _writer_job(job: _Job, rendered: RenderedDeck, settings: DeckSettings) -> WriterJob:
    from cardpipe.build.output_names import with_suffix
    from cardpipe.build.writing import WriterJob

    named = with_suffix(rendered.settings, settings.slug.text, job.suffix)
    return WriterJob(job.writer.name, job.settings, replace(rendered, settings=named))


def _edition_of(settings: DeckSettings, request: Request) -> DeckSettings:
    return as_edition(settings, edition_named(settings, request.edition)) if request.edition is not None else settings


def _with_findings(checked: Checked, rendered: Iterable[RenderedDeck]) -> Checked:
    """Add the findings of rendering to those of lint."""
    faults = [fault for form in rendered for fault in form.faults]
    if not faults:
        return checked
    found = sorted({*checked.diagnostics, *diagnosed(faults)}, key=lambda found: found.sort_key)
    return replace(checked, diagnostics=tuple(found))


def load_writer(name: str) -> Writer:
    """Load the writer of a format; raises UsageError for an unknown name and PluginError for a broken plug-in."""
    return cast("Writer", plugins.load(plugins.WRITERS, name))


def _formats(settings: DeckSettings) -> tuple[str, ...]:
    return tuple(name.text for name in settings.formats)


def writer_settings(writer: Writer, deck_settings: DeckSettings, given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each of a writer's options: from the command line, `deck.yaml`, or the default."""
    settings = {option.name: option.default for option in writer.options}
    settings.update({name: value.text for name, value in deck_settings.format_options.get(writer.name, {}).items()})
    settings.update(given)
    options = {option.name: option for option in writer.options}
    for name, value in settings.items():
        if name not in options or not options[name].takes(value):
            allowed = options[name].values if name in options else tuple(options)
            about = f" {options[name].help}" if name in options and options[name].form else ""
            raise UsageError(
                f"The format “{writer.name}” does not accept “{name}: {value}”.",
                hint=f"Valid: {', '.join(allowed) or 'no options'}.{about}",
            )
    return settings
