"""Render the HTML of documents and notes from the Jinja2 templates in `templates/`.

Templates escape all values by `html_text`. HTML from the sanitiser or a template is passed as `Markup`, which is not
escaped. Methods of `Markup` escape what they insert, so code that edits HTML uses `str`.

Templates take the words around the cards by `gettext`, `ngettext` and `{% trans %}` from the catalogue of the language
that they are rendered in (`text/translation.py`).
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol, cast

from cardpipe.model.languages import direction
from cardpipe.text.escaping import PlainText, anki_html, html_text
from cardpipe.text.translation import catalogue
from cardpipe.writers.page.breaking import LONG, breakable, breakable_around_cards
from cardpipe.writers.page.fragment import keep_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jinja2 import Environment
    from jinja2.bccache import Bucket
    from markupsafe import Markup

    from cardpipe.writers.api import Memory

_MEMORY: Final[ContextVar[Memory | None]] = ContextVar("memory of compiled templates", default=None)


class Macros(Protocol):
    """The macros of a template as functions."""

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        """Return a macro by its name."""


def finished(html: str) -> Markup:
    """Mark HTML as safe for templates; only for the output of the sanitiser or a template."""
    return _markup()(html)  # the one place where a text is declared to be HTML


@cache
def _markup() -> type[Markup]:
    from markupsafe import Markup

    return Markup


def render(template: str, language: str, **values: object) -> str:
    """Render a template with values and the words of a language; an undefined value is an error."""
    return _environment(language).get_template(template).render(values, language=language)


def pieces(template: str, language: str, **values: object) -> Iterator[str]:
    """As `render`, one piece after another; what a template prints with one expression is never parted."""
    return _environment(language).get_template(template).generate(values, language=language)


def macros(template: str, language: str, **values: object) -> Macros:
    """Return the macros of a template, which can use the values and the words of a language."""
    return cast("Macros", _environment(language).get_template(template).make_module(values))


@contextmanager
def compiled_in(memory: Memory | None) -> Iterator[None]:
    """Take compiled templates from a memory, and store new ones in it: compiling takes longer than rendering."""
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)


@cache
def _environment(language: str) -> Environment:
    # Importing it is slow, and most commands write no HTML.
    from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def printed(value: object) -> Markup:
        if isinstance(value, Markup):
            return value
        return finished(html_text(value if isinstance(value, PlainText) else str(value)))

    class Compiled(BytecodeCache):
        """Its keys contain the template's source; the memory adds the versions of Python and Jinja2."""

        def load_bytecode(self, bucket: Bucket) -> None:
            memory = _MEMORY.get()
            kept = memory.recall(_key(bucket)) if memory is not None else None
            if kept is not None:
                bucket.bytecode_from_string(kept)

        def dump_bytecode(self, bucket: Bucket) -> None:
            memory = _MEMORY.get()
            if memory is not None:
                memory.remember(_key(bucket), bucket.bytecode_to_string())

    environment = Environment(
        loader=PackageLoader("cardpipe.writers"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=Compiled(),
        optimized=False,  # folding the few constants takes longer than it saves
        extensions=["jinja2.ext.i18n"],
    )
    words = catalogue(language)

    def shown(message: str, values: Mapping[str, object]) -> Markup:
        # A number is written as the language does it.
        return finished(message) % {
            name: printed(words.number(value) if isinstance(value, int) else value) for name, value in values.items()
        }

    # The extension's own functions would insert values without `printed`.
    environment.newstyle_gettext = True  # type: ignore[attr-defined] # an attribute that the extension adds
    environment.globals.update(
        gettext=lambda message, **values: shown(words.gettext(message), values),
        ngettext=lambda one, many, num, **values: shown(words.ngettext(one, many, num), {"num": num, **values}),
        comma=words.comma,
        labelled=lambda label, value: shown(words.labelling, {"label": label, "value": value}),
        words_direction=direction(words.language),
    )
    environment.filters.update(
        number=words.number,
        day=words.day,
        anki=lambda text: finished(anki_html(text)),
        breakable=lambda html, longest=LONG: finished(breakable(str(html), longest)),
        breakable_around_cards=lambda html, longest: finished(breakable_around_cards(str(html), longest)),
        keep_end=lambda html, tail, *short: finished(keep_end(str(html), tail, *short)),
    )
    return environment


def _key(bucket: Bucket) -> tuple[str, str, str]:
    return ("template", bucket.key, bucket.checksum)
