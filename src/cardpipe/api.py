"""The public Python API: load a project, lint it, build or export it, and compare two states of it.

Nothing here prints or asks. What an author got wrong comes back as findings; what the tool or its call got wrong is
raised as a `CardpipeError`. What neither `cardpipe` itself exports nor plug-ins import may change with any release.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cardpipe.errors import (
    CardpipeError,
    FigureError,
    PluginError,
    ProjectError,
    PublishError,
    RenderError,
    UsageError,
)
from cardpipe.model.diagnostics import Diagnostic, Severity
from cardpipe.release.changes import Changes
from cardpipe.text.positions import Span
from cardpipe.writers.api import Artefact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cardpipe.model.deck import Deck
    from cardpipe.model.selection import Request
    from cardpipe.model.trust import Trust

__all__ = [
    "Artefact",
    "BuildResult",
    "CardSummary",
    "CardpipeError",
    "Changes",
    "Diagnostic",
    "ExportResult",
    "ExportedFiles",
    "FigureError",
    "LintResult",
    "PluginError",
    "Project",
    "ProjectError",
    "PublishError",
    "RenderError",
    "Severity",
    "Span",
    "UsageError",
]


@dataclass(frozen=True, slots=True)
class CardSummary:
    """A card of a linted project, in short."""

    id: str
    title: str
    status: str
    """`active`, `draft` or `retired`."""
    tags: tuple[str, ...]
    path: str
    """The file that it stands in, relative to the project's folder."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """What every result says of the project."""

    diagnostics: tuple[Diagnostic, ...]
    """Findings in the order of files and lines, without those that the project's baseline knows."""

    @property
    def ok(self) -> bool:
        """Whether no finding is an error: the project can be exported, or was."""
        return all(diagnostic.severity is not Severity.ERROR for diagnostic in self.diagnostics)


@dataclass(frozen=True, slots=True)
class LintResult(_Checked):
    """What lint found."""

    cards: tuple[CardSummary, ...]
    """All cards that could be read, in source order."""


@dataclass(frozen=True, slots=True)
class BuildResult(_Checked):
    """A project in several formats; empty where findings forbid it."""

    artefacts: Mapping[str, tuple[Artefact, ...]]
    """The files of each format: names relative to an output folder, and bytes."""
    warnings: tuple[str, ...]
    """What writers report of their output, such as figure scripts that were not run."""


@dataclass(frozen=True, slots=True)
class ExportedFiles:
    """What one format wrote."""

    format: str
    path: Path
    """The file, or the folder that holds all files of the format."""
    size: int
    """Bytes of all its files."""
    cards: int


@dataclass(frozen=True, slots=True)
class ExportResult(_Checked):
    """What an export wrote; nothing where findings forbid it."""

    files: tuple[ExportedFiles, ...]
    warnings: tuple[str, ...]


class Project:
    """A deck project: the folder that holds `source/deck.yaml`."""

    def __init__(self, folder: str | Path = ".") -> None:
        """Open a project; raises ProjectError where the folder has no `source/deck.yaml`."""
        self.folder = Path(folder).resolve()
        if not (self.folder / "source" / "deck.yaml").is_file():
            raise ProjectError(f"{folder} is not a deck project: it has no source/deck.yaml.")

    def load(self) -> Deck:
        """The deck as written, with all cards that could be read.

        Raises ProjectError where `deck.yaml` is unusable; `lint` says why.
        """
        from cardpipe.build.pipeline import read

        deck = read(self.folder).deck
        if deck is None:
            raise ProjectError("source/deck.yaml cannot be used; lint says why.")
        return deck

    def lint(self, *, contents: Mapping[str, bytes] | None = None) -> LintResult:
        """Check the project.

        `contents` stands in for files on disk, by path in the project: what an editor has not saved yet.
        """
        from cardpipe.build.pipeline import check

        checked = check(self.folder, contents=contents)
        cards = checked.cards or ()
        return LintResult(
            checked.diagnostics,
            tuple(CardSummary(card.id, card.title, card.status, tuple(card.tags), card.path) for card in cards),
        )

    def build(
        self,
        formats: Iterable[str] = (),
        *,
        tags: Iterable[str] = (),
        ids: Iterable[str] = (),
        edition: str | None = None,
        include_drafts: bool = False,
        options: Mapping[str, Mapping[str, str]] | None = None,
        trust_figures: str | None = None,
    ) -> BuildResult:
        """Build formats in memory, and write nothing but the project's cache.

        `formats` are names as `cardpipe formats` lists them, by default those of `deck.yaml`. `tags`, `ids`, `edition`
        and `include_drafts` choose cards as the command line does. `options` are those of formats, by format and name:
        `{"pdf": {"paper": "letter"}}`. `trust_figures` says which figure scripts may run: `never`, `repo` or `always`,
        by default as on the command line.

        Raises UsageError for a format, tag, card or option that does not exist, PluginError for a broken plug-in, and
        RenderError where an engine fails.
        """
        from cardpipe.build.pipeline import build

        request = self._request(formats, tags, ids, edition, include_drafts, options, trust_figures)
        made = build(self.folder, request)
        return BuildResult(
            made.checked.diagnostics,
            {name: tuple(product.artefacts) for name, product in made.products.items()},
            made.remarks,
        )

    def export(
        self,
        output: str | Path | None = None,
        formats: Iterable[str] = (),
        *,
        tags: Iterable[str] = (),
        ids: Iterable[str] = (),
        edition: str | None = None,
        include_drafts: bool = False,
        options: Mapping[str, Mapping[str, str]] | None = None,
        trust_figures: str | None = None,
    ) -> ExportResult:
        """Build formats and write them into a folder, by default the project's `output/`: all of them, or none.

        Takes and raises what `build` does, and PublishError where the folder cannot be written.
        """
        from cardpipe.build.pipeline import export

        request = self._request(formats, tags, ids, edition, include_drafts, options, trust_figures)
        folder = Path(output) if output is not None else self.folder / "output"
        done = export(self.folder, folder, request)
        files = tuple(
            # What was selected from the deck is published under a name behind the format's.
            ExportedFiles(item.format.partition("@")[0], item.path, item.size, done.counts[item.format])
            for item in done.published
        )
        return ExportResult(done.checked.diagnostics, files, done.remarks)

    def diff(self, against: str | Path | None = None, *, trust_figures: str | None = None) -> Changes:
        """Compare the project with an earlier state of it.

        `against` is a git revision, the path of an older `.apkg` or of a release lock; by default the last release.
        Raises UsageError where there is no such state, and ProjectError where findings keep the project from being
        compared.
        """
        from cardpipe.release.states import compared

        changes = compared(self.folder, against, lambda: self._trust(trust_figures)).changes
        if changes is None:
            raise ProjectError("The project has errors and cannot be compared; lint lists them.")
        return changes

    def _trust(self, policy: str | None) -> Trust:
        from cardpipe.release.trusted_scripts import Policy, trust_in

        if policy is not None and policy not in {known.value for known in Policy}:
            raise UsageError(f"trust_figures cannot be “{policy}”.", hint="It takes: never, repo, always.")
        return trust_in(self.folder, Policy(policy) if policy is not None else None)

    def _request(
        self,
        formats: Iterable[str],
        tags: Iterable[str],
        ids: Iterable[str],
        edition: str | None,
        include_drafts: bool,
        options: Mapping[str, Mapping[str, str]] | None,
        trust_figures: str | None,
    ) -> Request:
        from cardpipe.model.selection import Request

        return Request(
            formats=_several("formats", formats),
            tags=_several("tags", tags),
            ids=_several("ids", ids),
            edition=edition,
            include_drafts=include_drafts,
            trust=self._trust(trust_figures),
            options=options or {},
        )


def _several(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """The values without repetitions; one text is not several letters."""
    if isinstance(values, str):
        raise TypeError(f"{name} takes several names, such as [{values!r}]")
    return tuple(dict.fromkeys(values))
