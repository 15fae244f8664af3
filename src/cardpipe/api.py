"""The public Python API: load, lint, build, export and compare a project.

Nothing here prints or prompts. Faults in the source are returned as findings; failures of the tool or wrong calls are
raised as `CardpipeError`. Names that `cardpipe` does not export and plug-ins do not import can change in any release.
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
    """A summary of a card in a linted project."""

    id: str
    title: str
    """Its title; without one, the beginning of its question."""
    status: str
    """`active`, `draft` or `retired`."""
    tags: tuple[str, ...]
    path: str
    """Its file, relative to the project folder."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """The common part of all results."""

    diagnostics: tuple[Diagnostic, ...]
    """Findings in the order of files and lines, without those in the project's baseline."""

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return all(diagnostic.severity is not Severity.ERROR for diagnostic in self.diagnostics)


@dataclass(frozen=True, slots=True)
class LintResult(_Checked):
    """The result of `Project.lint`."""

    cards: tuple[CardSummary, ...]
    """All cards that could be read, in source order."""


@dataclass(frozen=True, slots=True)
class BuildResult(_Checked):
    """The result of `Project.build`; without files if there are errors."""

    artefacts: Mapping[str, tuple[Artefact, ...]]
    """The files of each format: paths relative to an output folder, and bytes."""
    warnings: tuple[str, ...]
    """Remarks of writers on their output, such as figure scripts that were not run."""


@dataclass(frozen=True, slots=True)
class ExportedFiles:
    """A file that a format wrote, or a folder with its files; a format can have several, such as a table and media."""

    format: str
    path: Path
    size: int
    """In bytes; of a folder, the size of all files that the format wrote there."""
    cards: int
    """The number of cards of the format."""


@dataclass(frozen=True, slots=True)
class ExportResult(_Checked):
    """The result of `Project.export`; without files if there are errors."""

    files: tuple[ExportedFiles, ...]
    """In the order of formats."""
    warnings: tuple[str, ...]


class Project:
    """A deck project: the folder that contains `source/deck.yaml`."""

    def __init__(self, folder: str | Path = ".") -> None:
        """Open a project; raises ProjectError if the folder has no `source/deck.yaml`."""
        self.folder = Path(folder).resolve()
        if not (self.folder / "source" / "deck.yaml").is_file():
            raise ProjectError(f"{folder} is not a deck project: it has no source/deck.yaml.")

    def load(self) -> Deck:
        """Load the deck, with all cards that could be read.

        Raises ProjectError if `deck.yaml` cannot be used; `lint` reports the reason.
        """
        from cardpipe.build.pipeline import read

        deck = read(self.folder).deck
        if deck is None:
            raise ProjectError("source/deck.yaml cannot be used; lint reports the reason.")
        return deck

    def lint(self, *, contents: Mapping[str, bytes] | None = None) -> LintResult:
        """Check the project.

        `contents` replaces files on disk, by path in the project, for example unsaved text of an editor.
        """
        from cardpipe.build.pipeline import check

        checked = check(self.folder, contents=contents)
        cards = checked.cards or ()
        return LintResult(
            checked.diagnostics,
            tuple(CardSummary(card.id, card.label, card.status, tuple(card.tags), card.path) for card in cards),
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
        """Build formats in memory; only the project's cache is written.

        `formats` are names that `cardpipe formats` lists, by default those of `deck.yaml`. `tags`, `ids`, `edition`
        and `include_drafts` select cards as on the command line. `options` are format options, by format and name:
        `{"pdf": {"paper": "letter"}}`. `trust_figures` says which figure scripts may run: `never`, `repo` or `always`,
        by default as on the command line.

        Raises UsageError for a format, tag, card or option that does not exist, PluginError for a broken plug-in, and
        RenderError if an engine fails.
        """
        from cardpipe.build.pipeline import build

        request = self._request(formats, tags, ids, edition, include_drafts, options, trust_figures)
        made = build(self.folder, request)
        return BuildResult(
            made.checked.diagnostics,
            {name: tuple(product.artefacts) for name, product in made.products.items()},
            made.warnings,
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
        """Build formats and write them to a folder, by default the project's `output/`: all of them, or none.

        Arguments and errors are those of `build`; raises PublishError if the folder cannot be written.
        """
        from cardpipe.build.pipeline import export

        request = self._request(formats, tags, ids, edition, include_drafts, options, trust_figures)
        folder = Path(output) if output is not None else self.folder / "output"
        done = export(self.folder, folder, request)
        files = tuple(
            # A selection from the deck is published under its own name within the format.
            ExportedFiles(item.format.partition("@")[0], item.path, item.size, done.counts[item.format])
            for item in done.published
        )
        return ExportResult(done.checked.diagnostics, files, done.warnings)

    def diff(self, against: str | Path | None = None, *, trust_figures: str | None = None) -> Changes:
        """Compare the project with an earlier state.

        `against` is a git revision, the path of an older `.apkg` or of a release lock; by default the last release.
        Raises UsageError if there is no such state, and ProjectError if errors prevent the project from being
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
            raise UsageError(f"Invalid trust_figures “{policy}”.", hint="Choose from: never, repo, always.")
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
        from cardpipe.build.pipeline import load_writer
        from cardpipe.model.selection import Request

        for name in options or {}:
            load_writer(name)
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
    """Return the values without duplicates; rejects a plain string."""
    if isinstance(values, str):
        raise TypeError(f"{name} must be a list of names, such as [{values!r}]")
    return tuple(dict.fromkeys(values))
