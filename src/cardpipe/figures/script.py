"""The figure kind `script`: drawn by a Python file of `source/figures/`."""

from __future__ import annotations

import ast
import json
import keyword
import warnings
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.labels import wrong
from cardpipe.source.fields import Field, Integer, MapOf, Text
from cardpipe.source.fields.plain_values import core_value
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.kind import Drawing
    from cardpipe.model.deck import DeckSettings, Figure, FigureScript
    from cardpipe.model.diagnostics import Finding
    from cardpipe.writers.api import FigureForm

FOLDER: Final = "source/figures"
LONGEST_SCRIPT: Final = 200_000
"""Bytes."""
_MOST_SECONDS: Final = 60
_HEIGHT: Final = 160.0
_LONGEST: Final = 40
"""Characters of a path that fit in a line."""
FIELDS: Final = (
    Field(
        "script",
        Text(
            single_line=True,
            pattern=r"[A-Za-z_][A-Za-z0-9_]*\.py",
            pattern_doc="Write the name of a file in source/figures/, such as xor.py.",
        ),
        "The name of a Python file in `source/figures/`, which defines `draw(figure)`.",
        required=True,
        example="perceptron_xor.py",
    ),
    Field(
        "parameters",
        MapOf(
            Text(any_scalar=True, max_length=1000, words="text, number or boolean"),
            key=Text(pattern=r"[a-z][a-z0-9_]*", max_length=40),
        ),
        "Keyword arguments of `draw`: texts, numbers and booleans.",
        example={"hidden": 8},
    ),
    Field(
        "seconds",
        Integer(1, _MOST_SECONDS),
        "The limit for CPU time in seconds; the limit for wall time is three times as long.",
        example=20,
        default=10,
    ),
)


class ScriptKind:
    """The figure kind that runs a script in a sandbox; see `cardpipe.figures.sandbox`."""

    name = "script"
    summary = "A picture drawn by a Python script of source/figures/."
    synonyms = ("python", "code", "computed")
    fields = FIELDS

    def check(self, figure: Figure, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[Finding]:
        """Find scripts that are missing, invalid, or without a documented `draw`, without running them."""
        if "script" not in values:
            return ()
        name = values["script"].text
        script = _script(settings, name)
        if script is None:
            near = nearest(name, (script.name for script in settings.scripts))
            return [
                wrong(
                    figure,
                    ("script",),
                    f"{FOLDER}/{name[:60]} does not exist.",
                    f"Did you mean {near}?" if near else f"Add a script with this name to {FOLDER}/.",
                )
            ]
        findings = []
        fault = script_fault(script)
        if fault is not None:
            findings.append(wrong(figure, ("script",), f"{FOLDER}/{name}{fault[0]}", fault[1]))
        for key, _ in values.get("parameters", ()):
            if keyword.iskeyword(key.text):
                findings.append(
                    wrong(figure, ("parameters",), f"“{key.text}” is a Python keyword.", "Use another name.")
                )
        return findings

    def inputs(self, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[bytes]:
        """Return the script, and the types of the parameters, which their texts do not show."""
        script = _script(settings, values["script"].text)
        parameters = json.dumps(_parameters(values), sort_keys=True).encode()
        return (parameters,) if script is None else (script.data, parameters)

    def script(self, values: Mapping[str, Any], settings: DeckSettings) -> FigureScript | None:
        """Return the script that would run."""
        return _script(settings, values["script"].text)

    def placeholder(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:  # noqa: ARG002 - the interface
        """Return a picture that names the script and says that it was not run."""
        return _placeholder(f"{FOLDER}/{values['script'].text}", form)

    def prepare(self) -> None:
        """Start what scripts need, without running any."""
        from cardpipe.figures.sandbox import prepare

        prepare()

    def draw(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:
        """Run the script; raises FigureError if it fails."""
        from cardpipe.figures.sandbox import Limits, run_script

        name = values["script"].text
        script = _script(settings, name)
        if script is None:
            raise ValueError(f"{name} is not a script of the deck")
        seconds: int = values["seconds"]
        limits = Limits(cpu_seconds=seconds, wall_seconds=3.0 * seconds, extensible=seconds < _MOST_SECONDS)
        return run_script(name, script.data, _parameters(values), form, limits)


def _placeholder(script: str, form: FigureForm) -> Drawing:
    """Draw a frame with the name of the script that was not run."""
    shown = script if len(script) <= _LONGEST else f"…{script[-_LONGEST:]}"

    def draw(canvas: Canvas) -> None:
        from matplotlib.patches import Rectangle

        canvas.set_layout_engine("none")
        edges = (0.02, 0.06)
        frame = Rectangle(edges, 1 - 2 * edges[0], 1 - 2 * edges[1], transform=canvas.transFigure)
        frame.set(facecolor=style.TINTS[5], edgecolor=style.MUTED, linestyle="--", linewidth=1.5)
        canvas.add_artist(frame)
        canvas.text(0.5, 0.66, "Not drawn in this build", ha="center", va="center", weight="bold")
        # A name may contain a dollar sign, which is not a formula.
        canvas.text(0.5, 0.44, shown, ha="center", va="center", parse_math=False)
        canvas.text(0.5, 0.24, "is a script that was not trusted to run", ha="center", va="center", color=style.MUTED)

    return style.paint(draw, form, height=_HEIGHT)


def _script(settings: DeckSettings, name: str) -> FigureScript | None:
    return next((script for script in settings.scripts if script.name == name), None)


def _parameters(values: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return the parameters as Python values, by YAML's core schema: `3` is a number, `'3'` a text."""
    typed = {}
    for key, text in values.get("parameters", ()):
        value = core_value(text)
        typed[key.text] = text.text if value is None else value
    return typed


def script_fault(script: FigureScript) -> tuple[str, str] | None:
    """Return why a script cannot run, as the end of a sentence, and help."""
    if len(script.data) > LONGEST_SCRIPT:
        return f" is longer than {LONGEST_SCRIPT} bytes.", "Shorten it."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(script.data, script.name)
    except SyntaxError as error:
        return f" is not valid Python: line {error.lineno}: {error.msg}.", "Correct the script."
    except (ValueError, RecursionError, MemoryError):
        return " is not valid Python.", "It may contain a null byte, or be nested too deeply."
    draw = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "draw"), None)
    if draw is None or not (draw.args.posonlyargs or draw.args.args):
        return " defines no function `draw(figure)`.", "Define it, with a docstring that describes the figure."
    if not ast.get_docstring(draw):
        return ": its `draw` has no docstring.", "Describe the figure in one sentence."
    return None


KIND: Final = ScriptKind()
