"""Card templates and style sheets that attack an import: it ends soon, and the deck has no errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import import_sample
from cardpipe.cache.store import Cache
from cardpipe.cli.main import cli
from cardpipe.importing.note_styles import allowed
from cardpipe.lint.project import lint_project
from cardpipe.model.diagnostics import Severity
from cardpipe.text.style_sheets import faults
from import_sample import GEO, PNG, Model, Note, package

if TYPE_CHECKING:
    from pathlib import Path

SOON = 8
LONG = 40_000
TEMPLATES: dict[str, str] = {
    "conditions": "{{#A}}" * 120 + "{{A}}" + "{{/A}}" * 120,
    "conditions on two fields": "{{#A}}{{^B}}" * 60 + "{{A}}",
    "more conditions than are allowed": "{{#A}}" * 5_000 + "{{A}}",
    "conditions that end first": "{{/A}}{{/B}}" * 50 + "{{A}}",
    "conditions across elements": "<b>{{#A}}<i></b>{{A}}{{/A}}</i>",
    "conditions in lists and tables": "<ul><li>{{#A}}<br>{{A}}{{/A}}</ul><table><tr><td>{{#B}}<p>{{B}}{{/B}}</table>",
    "a field in a tag": '<a href="javascript:{{A}}" onclick="{{B}}">{{A}}</a><img src="{{A}}" onerror=alert(1)>{{B}}',
    "a field in a style": "<style>.card { background: url({{A}}) }</style>{{A}}",
    "a field in a formula": "\\({{A}}\\) \\[{{B}}\\] [latex]{{A}}[/latex]",
    "a field in code": "<pre><code>{{A}}</code></pre>`{{B}}`",
    "quotes in tags": '{{A}}<a "' * 100 + '<a "' * (LONG // 4),
    "open tags": "{{A}}" + "<svg " * (LONG // 5),
    "elements": "{{A}}" + "<b><i>" * (LONG // 6),
    "rules": "{{A}}" + "<hr id=" * (LONG // 7),
    "signs of Markdown": "# {{A}} *{{B}}* _{{A}}_ `{{B}} [{{A}}]({{B}}) | {{A}} $ {{B}} $ > - 1. {a} {?a} {{{A}}}",
    "braces": "{" * LONG + "{{A}}",
    "private characters": "\ue400\ue401\uf8f0{{A}}\ue100\ue010",
    "special fields": "{{Tags}}{{Deck}}{{FrontSide}}{{#Tags}}{{A}}{{/Tags}}{{CardFlag}}",
    "unknown fields": "{{Nothing}}{{#Nothing}}x{{/Nothing}}{{A}}",
    "filters": "{{furigana:kana:text:A}}{{tts en_US voices=x:B}}{{type:nc:A}}{{hint:B}}{{no such:A}}",
    "only what is typed": "{{type:A}}",
    "only a hint": "{{hint:B}}",
    "only what is spoken": "{{tts de:A}}",
}
NAMES = ["ID", "type", "Tags", "null", "question", "a{b}:c", "\u202eabc", "x" * 3_000, "  ", "#1", "日本語", "A"]
SHEETS: dict[str, str] = {
    "imports": "@import url(//example.org/x.css); .card { margin: 0 }",
    "addresses": ".card { background: url(//example.org/x.png) } hr { color: red }",
    "braces": "{" * LONG,
    "pairs of braces": "a{}" * (LONG // 3),
    "comments": "/*" * LONG,
    "nested rules": "@media screen { .card { a: b } } hr { margin: 0 }",
    "the end of the element": "</style><script>alert(1)</script> hr { margin: 0 }",
    "a cover": ".card { position: fixed; top: 0 }",
    "rules": "hr { margin: 0 }\n" * 5_000,
    "noise": "\ud800;;}}{{:;@\\",
}


def imported(path: Path, folder: Path) -> list[str]:
    """Import into a folder, and return the errors that lint finds."""
    begun = time.process_time()
    result = CliRunner().invoke(cli, ["import", str(path), "--into", str(folder)], standalone_mode=False)
    assert result.exit_code == 0, result.exception
    assert time.process_time() - begun < SOON
    found = lint_project(folder, Cache.in_memory()).diagnostics
    return [f"{one.code} {one.message}" for one in found if one.severity is Severity.ERROR]


def written(folder: Path, model: Model, notes: list[Note]) -> Path:
    path = folder / "x.apkg"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_sample, "MODELS", (model,))
        path.write_bytes(package(notes, {"a.png": PNG}))
    return path


@pytest.mark.quick_cases("conditions", "a field in a tag", "signs of Markdown", "filters")
@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_does_harm(name: str, tmp_path: Path) -> None:
    side = TEMPLATES[name]
    model = Model(GEO, "T", ("A", "B"), (("{{A}} ?", side), (side, "{{FrontSide}}<hr id=answer>{{B}}")))
    notes = [Note(GEO, ("a", "b")), Note(GEO, ("<b>c</b>", "")), Note(GEO, ("", "d<br>e"))]
    assert imported(written(tmp_path, model, notes), tmp_path / "made") == []


def test_names_of_fields_and_templates_become_allowed_ones(tmp_path: Path) -> None:
    fields = tuple(NAMES)
    sides = tuple((f"{{{{{name}}}}} in {number}", "{{FrontSide}}") for number, name in enumerate(NAMES))
    model = Model(GEO, "basic", fields, sides)
    assert imported(written(tmp_path, model, [Note(GEO, tuple("x" for _ in fields))]), tmp_path / "made") == []


@pytest.mark.parametrize("name", SHEETS)
def test_no_style_sheet_does_harm(name: str) -> None:
    begun = time.process_time()
    sheet, _ = allowed(SHEETS[name])
    assert list(faults(sheet)) == []
    assert time.process_time() - begun < 2
    assert "alert" not in sheet
