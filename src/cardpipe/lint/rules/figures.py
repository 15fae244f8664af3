"""Rules on figures: references, alternative texts, IDs, kinds and fields."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from cardpipe.lint.api import Scope
from cardpipe.lint.declaration import card_rule, renderer_rule
from cardpipe.mathjax.macros import with_macros
from cardpipe.model.diagnostics import MOST_COLLECTED, Finding
from cardpipe.source.fields import decode
from cardpipe.source.splicing import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import SourceText


def _figures_of_description(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    yield from _misplaced(settings.description, context)


def _misplaced(text: SourceText, context: Context) -> Iterator[Finding]:
    for image in context.scan(text).images():
        if image.figure_id is not None:
            yield Finding(
                "FIG001",
                text.span(image.target_start, image.target_end),
                "Only the question, the answer and the details can contain a figure.",
                "Move it there.",
            )


@card_rule("FIG001", "unknown-figure", also={Scope.SETTINGS: _figures_of_description})
def unknown_figure(card: Card, context: Context) -> Iterator[Finding]:
    """A text refers to a figure that its card does not have.

    ## What it does

    Checks that the ID in `![](figure:ID)` is listed under `figures` of the same card. Only question, answer and details
    can contain figures; captions, references and the deck's description cannot.

    ## Why is this bad?

    The figure would be missing from the text.

    ## Example

    ```yaml
    details: "![](figure:xr)"
    figures:
      - id: xor
        kind: grid
        values: [[0, 1], [1, 0]]
        alt: The four points of XOR.
    ```

    ## Use instead

    ```yaml
    details: "![](figure:xor)"
    figures:
      - id: xor
        kind: grid
        values: [[0, 1], [1, 0]]
        alt: The four points of XOR.
    ```
    """
    ids = {figure.id.text: None for figure in card.figures}
    for name, text in card.texts():
        if name in {"question", "answer", "details"}:
            yield from _unknown_figures(text, ids, context)
        else:
            yield from _misplaced(text, context)


def _unknown_figures(text: SourceText, ids: Collection[str], context: Context) -> Iterator[Finding]:
    for image in context.scan(text).images():
        if image.figure_id is not None and image.figure_id not in ids:
            near = context.nearest(image.figure_id, ids)
            names = ", ".join(islice(ids, 12)) + (" and others" if len(ids) > 12 else "")
            yield Finding(
                "FIG001",
                text.span(image.target_start, image.target_end),
                f"The card has no figure “{image.figure_id}”.",
                f"Did you mean figure:{near}?"
                if near
                else f"It has: {names}."
                if names
                else "List the figure under `figures`.",
            )


@card_rule("FIG002", "missing-alt-text")
def missing_alt_text(card: Card, _context: Context) -> Iterator[Finding]:
    """A figure has no alternative text.

    ## What it does

    Checks that each figure has an `alt` that is not empty.

    ## Why is this bad?

    People who do not see the figure (a screen reader, a text-only export, a picture that failed to load) learn nothing
    from it. Say in a sentence or two what it shows, not that it is a figure.

    ## Example

    ```yaml
    figures:
      - id: xor
        kind: grid
        values: [[0, 1], [1, 0]]
    ```

    ## Use instead

    ```yaml
    figures:
      - id: xor
        kind: grid
        values: [[0, 1], [1, 0]]
        alt: The four points of XOR. Equal labels lie on the diagonals.
    ```
    """
    for figure in card.figures:
        if figure.alt is None or not figure.alt.text.strip():
            yield Finding(
                "FIG002",
                (figure.alt or figure.id).span(),
                f"The figure “{figure.id.text}” has no alternative text.",
                "Add `alt:` and a sentence that describes what the figure shows.",
            )


@card_rule("FIG003", "repeated-figure-id")
def repeated_figure_id(card: Card, _context: Context) -> Iterator[Finding]:
    """Two figures of a card have the same ID.

    ## What it does

    Looks for an ID that an earlier figure of the same card has.

    ## Why is this bad?

    `![](figure:ID)` could mean either.

    ## Example

    ```yaml
    figures:
      - {id: xor, kind: grid, values: [[0, 1]], alt: One row.}
      - {id: xor, kind: grid, values: [[1, 0]], alt: Another row.}
    ```

    ## Use instead

    ```yaml
    figures:
      - {id: xor, kind: grid, values: [[0, 1]], alt: One row.}
      - {id: xnor, kind: grid, values: [[1, 0]], alt: Another row.}
    ```
    """
    seen: set[str] = set()
    for figure in card.figures:
        if figure.id.text in seen:
            yield Finding(
                "FIG003", figure.id.span(), f"Another figure of this card has the ID “{figure.id.text}”.", "Rename one."
            )
        seen.add(figure.id.text)


@card_rule("FIG004", "unknown-figure-kind")
def unknown_figure_kind(card: Card, context: Context) -> Iterator[Finding]:
    """A figure has an unknown kind.

    ## What it does

    Checks that `kind` names a built-in or installed figure kind. If it is a synonym,
    such as *matrix* for `heatmap` or *steps* for `timeline`, the help text names the kind.

    ## Why is this bad?

    The figure could not be drawn.

    ## Example

    ```yaml
    figures:
      - id: xor
        kind: gird
        values: [[0, 1], [1, 0]]
        alt: The four points of XOR.
    ```

    ## Use instead

    ```yaml
    figures:
      - id: xor
        kind: grid
        values: [[0, 1], [1, 0]]
        alt: The four points of XOR.
    ```
    """
    kinds = tuple(context.figure_kinds())
    for figure in card.figures:
        if figure.kind.text not in kinds:
            from cardpipe.figures.api import kind_called

            known = kind_called(
                figure.kind.text, (kind for kind in map(context.figure_kind, kinds) if kind is not None)
            )
            near = known or context.nearest(figure.kind.text, kinds)
            yield Finding(
                "FIG004",
                figure.kind.span(),
                f"Unknown figure kind “{figure.kind.text}”.",
                f"Use `{known}`."
                if known
                else f"Did you mean {near}?"
                if near
                else f"The figure kinds are {', '.join(sorted(kinds))}.",
                suggestion(figure.kind, near),
            )


@card_rule("FIG005", "wrong-figure-field")
def wrong_figure_field(card: Card, context: Context) -> Iterator[Finding]:
    """A figure has a missing, unknown or invalid key.

    ## What it does

    Checks each figure against the keys of its kind, and lets the kind check the values: rows of equal
    length, a formula that can be computed, a script that exists.

    ## Why is this bad?

    The figure could not be drawn, or would show something else.

    ## Example

    ```yaml
    figures:
      - id: xor
        kind: grid
        values: [[0, 1], [1]]
        alt: The four points of XOR.
    ```

    ## Use instead

    ```yaml
    figures:
      - id: xor
        kind: grid
        values: [[0, 1], [1, 0]]
        alt: The four points of XOR.
    ```
    """
    for written in card.figures:
        kind = context.figure_kind(written.kind.text)
        if kind is None:
            continue
        figure = with_macros(written, context.settings.macros)
        values, findings = decode(figure.parameters, kind.fields)
        if not findings:
            findings = list(islice(kind.check(figure, values, context.settings), MOST_COLLECTED))
        # The field table reports codes for keys and types in general; all faults in a figure have one code.
        yield from (replace(finding, code="FIG005") for finding in findings)


@renderer_rule("FIG006", "failed-figure-script")
def failed_figure_script(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A figure's script failed.

    ## What it does

    Reports exceptions in a script of `source/figures/`, with their line, and scripts that took too long, used too much
    memory, or drew nothing. Lint does not run scripts, so only an export reports this.

    ## Why is this bad?

    The figure would be missing, so nothing is exported.

    ## Example

    ```python
    def draw(figure):
        "Two points."
        figure.subplots().plot([0, 1], [0])
    ```

    ## Use instead

    ```python
    def draw(figure):
        "Two points."
        figure.subplots().plot([0, 1], [0, 1])
    ```
    """
    return ()


RULES = (
    unknown_figure,
    missing_alt_text,
    repeated_figure_id,
    unknown_figure_kind,
    wrong_figure_field,
    failed_figure_script,
)
