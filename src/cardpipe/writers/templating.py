"""Render the HTML of documents and notes from the Jinja2 templates in `templates/`.

Templates escape all values by `html_text`. HTML from the sanitiser or a template is passed as `Markup`, which is not
escaped. Methods of `Markup` escape what they insert, so code that edits HTML uses `str`.

Templates take the words around the cards by `gettext`, `ngettext` and `{% trans %}` from the catalogue of the language
that they are rendered in (`text/translation.py`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from cardpipe.text.escaping import PlainText, anki_html, html_text
from cardpipe.text.translation import catalogue
from cardpipe.writers.page.breaking import LONG, breakable
from cardpipe.writers.page.fragment import keep_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jinja2 import Environment
    from markupsafe import Markup


class Macros(Protocol):
    """The macros of a template as functions."""

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        """Return a macro by its name."""


def finished(html: str) -> Markup:
    """Mark HTML as safe for templates; only for the output of the sanitiser or a template."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704 - the one place where a text is declared to be HTML


def render(template: str, language: str, **values: object) -> str:
    """Render a template with values and the words of a language; an undefined value is an error."""
    return _environment(language).get_template(template).render(values, language=language)


def pieces(template: str, language: str, **values: object) -> Iterator[str]:
    """As `render`, one piece after another; what a template prints with one expression is never parted."""
    return _environment(language).get_template(template).generate(values, language=language)


def macros(template: str, language: str, **values: object) -> Macros:
    """Return the macros of a template, which can use the values and the words of a language."""
    return cast("Macros", _environment(language).get_template(template).make_module(values))


@cache
def _environment(language: str) -> Environment:
    # Importing it is slow, and most commands write no HTML.
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def printed(value: object) -> Markup:
        if isinstance(value, Markup):
            return value
        return finished(html_text(value if isinstance(value, PlainText) else str(value)))

    environment = Environment(
        loader=PackageLoader("cardpipe.writers"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        optimized=False,  # folding the few constants takes longer than it saves
        extensions=["jinja2.ext.i18n"],
    )
    words = catalogue(language)

    def shown(message: str, values: Mapping[str, object]) -> Markup:
        return finished(message) % {name: printed(value) for name, value in values.items()}

    # The extension's own functions would insert values without `printed`.
    environment.newstyle_gettext = True  # type: ignore[attr-defined] # an attribute that the extension adds
    environment.globals.update(
        gettext=lambda message, **values: shown(words.gettext(message), values),
        ngettext=lambda one, many, num, **values: shown(words.ngettext(one, many, num), {"num": num, **values}),
    )
    environment.filters.update(
        anki=lambda text: finished(anki_html(text)),
        breakable=lambda html, longest=LONG: finished(breakable(str(html), longest)),
        keep_end=lambda html, tail, *short: finished(keep_end(str(html), tail, *short)),
    )
    return environment
