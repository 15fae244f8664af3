"""The templates of pages, layouts and notes: escaping, and that no other module writes HTML."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import cardpipe.writers
from cardpipe.text.escaping import PlainText, html_text
from cardpipe.text.positions import SourceText
from cardpipe.writers.templating import _environment, finished

WRITERS = Path(cardpipe.writers.__file__).parent
TEMPLATES = sorted(path.relative_to(WRITERS / "templates").as_posix() for path in WRITERS.glob("templates/**/*.html"))
HOSTILE = "<script>\"'&\u202e\x07{{ 1 }} 100% %(count)s"
ELEMENT = re.compile(r"(?<!\\g)</?[a-z][a-z0-9]*[ >]")
WRITE_ELEMENTS = {
    "anki/links.py": "edits rendered texts",
    "anki/note_type.py": "puts the language into Anki's templates",
    "markdown": "HTML within Markdown",
    "page/breaking.py": "edits rendered texts",
    "page/compact_formulas.py": "a drawing",
    "page/formulas.py": "a drawing",
    "page/fragment.py": "edits rendered texts",
    "page/math_fonts.py": "a drawing",
    "page/parts.py": "the one element around a name, for other templates",
    "pdf/composing/imposition.py": "a drawing",
    "pdf/composing/missing.py": "samples of letters",
    "pdf/composing/places.py": "one element that an engine measures by",
    "pdf/engines": "edits documents for an engine",
    "pdf/layouts/testpage.py": "a drawing",
    "picture_width.py": "HTML within Markdown",
    "site/texts.py": "reads rendered texts",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_valid(name: str) -> None:
    assert _environment("en").get_template(name).name == name


@pytest.mark.parametrize(
    "value", [HOSTILE, PlainText(HOSTILE), SourceText.inline(HOSTILE)], ids=["str", "plain", "source"]
)
@pytest.mark.parametrize(
    "template",
    [
        "{{ value }}",
        '<a href="{{ value }}">',
        "{% set text %}{{ value }}{% endset %}{{ text }}",
        "{% macro m(text) %}{{ text }}{% endmacro %}{{ m(value) }}",
        "{% filter breakable %}{{ value }}{% endfilter %}",
        "{% trans value=value %}Name: {{ value }}{% endtrans %}",
        "{% trans value %}<b>{{ value }}</b>{% endtrans %}",
        "{% trans value, count=2 %}{{ value }}: {{ count }}{% pluralize count %}{{ value }}: {{ count }}{% endtrans %}",
        "{{ gettext('Name: %(value)s', value=value) }}",
    ],
)
def test_a_text_is_escaped_once_as_everywhere(template: str, value: object) -> None:
    made = _environment("en").from_string(template).render(value=value)
    assert html_text(HOSTILE) in made
    assert "<script" not in made


@pytest.mark.parametrize("template", ["{{ value }}", "{% trans value %}{{ value }}{% endtrans %}"])
def test_finished_html_is_printed_as_it_is(template: str) -> None:
    assert _environment("en").from_string(template).render(value=finished("<b>&amp;</b>")) == "<b>&amp;</b>"


@pytest.mark.parametrize("text", ["100%", "%(count)s", "%(missing)s", "%s %d", "%%", "{{ 7*7 }}", "{% raw %}", "{0}"])
def test_a_text_is_never_a_format_or_a_template(text: str) -> None:
    template = "{{ value }}{% trans value, count=1 %}:{{ value }}, {{ count }} %{% endtrans %}"
    assert _environment("en").from_string(template).render(value=text) == f"{text}:{text}, 1 %"


@pytest.mark.parametrize("template", ["{{ missing }}", "{{ value.missing }}", "{% if missing %}{% endif %}"])
def test_a_value_that_is_missing_is_an_error(template: str) -> None:
    with pytest.raises(UndefinedError):
        _environment("en").from_string(template).render(value=PlainText("text"))


def test_no_template_declares_a_value_to_be_html() -> None:
    words = re.compile(r"\|\s*safe\b|autoescape")
    assert [name for name in TEMPLATES if words.search((WRITERS / "templates" / name).read_text("utf-8"))] == []


# A review is English, like the findings and the command line.
@pytest.mark.parametrize("name", [name for name in TEMPLATES if not name.startswith("review/")])
def test_all_words_of_a_template_can_be_translated(name: str) -> None:
    """Nothing that a reader sees is in a template outside of a message."""
    shown, is_message = "", False
    for _, kind, text in _environment("en").lex((WRITERS / "templates" / name).read_text("utf-8")):
        if kind == "name" and text in {"trans", "endtrans"}:
            is_message = text == "trans"
        elif kind == "data" and not is_message:
            shown += text
    shown = re.sub(r"<(style|script)\b.*?</\1>", "", shown, flags=re.DOTALL)
    spoken = re.findall(r'\b(?:alt|title|aria-label|placeholder)="([^"]*)"', shown)
    assert re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", " ", shown)) == []
    assert re.findall(r"[A-Za-z]{2,}", " ".join(spoken)) == []


def test_elements_are_written_by_templates_alone() -> None:
    found = set()
    for path in WRITERS.rglob("*.py"):
        name = path.relative_to(WRITERS).as_posix()
        if any(name == known or name.startswith(f"{known}/") for known in WRITE_ELEMENTS):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "x" for part in node.values]
                if ELEMENT.search("".join(map(str, parts))):
                    found.add(f"{name}:{node.lineno}")
    assert found == set()


def test_only_a_writer_loads_the_template_engine() -> None:
    code = "import sys; import cardpipe.cli.main, cardpipe.writers.html, cardpipe.writers.anki, cardpipe.writers.pdf; "
    check = "sys.exit('jinja2' in sys.modules or 'markupsafe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code + check], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Write `$x$`, not `x`.", "Write <code>$x$</code>, not <code>x</code>."),
        ("`a`", "<code>a</code>"),
        ("A ` alone", "A ` alone"),
        ("`<b>` and `", "<code>&lt;b&gt;</code> and `"),
        ("", ""),
        ("<b>&", "&lt;b&gt;&amp;"),
    ],
)
def test_backticks_of_a_message_are_code(text: str, html: str) -> None:
    template = _environment("en").from_string("{% from 'page/message.html' import message %}{{ message(text) }}")
    assert template.render(text=text) == html


def test_pages_show_no_message_without_its_code() -> None:
    for path in sorted((WRITERS / "templates").glob("*/*.html")):
        for name in ("message", "help", "hint", "sentence", "remedy"):
            found = re.findall(rf"\{{\{{ *\w+\.{name} *\}}\}}", path.read_text("utf-8"))
            assert not found, path.name
