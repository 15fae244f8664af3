"""Formats, layouts and an engine that fail, or return what is no artefact."""

from __future__ import annotations

from cardpipe.writers.api import Artefact, Capabilities, MathForm, TextForm


class Faulty:
    """A format and a layout that returns what it is given, or raises it."""

    summary = "Fails."
    capabilities = Capabilities(TextForm.MARKDOWN, MathForm.TEX)
    options = ()

    def __init__(self, name: str, result: object) -> None:
        self.name = name
        self._result = result

    def write(self, *_: object) -> object:
        """As a format."""
        return self.make()

    def make(self, *_: object) -> object:
        """As a layout."""
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


class Engine:
    """An engine that lays nothing out."""

    name = "raising-engine"
    summary = "Fails."

    def version(self) -> str:
        """Any."""
        return "1"

    def lay_out(self, *_: object, **__: object) -> object:
        """Fails."""
        raise ZeroDivisionError("no pages")


RAISING = Faulty("raising", ZeroDivisionError("no output"))
NOTHING = Faulty("nothing", None)
WORDS = Faulty("words", ["a.txt"])
TEXT = Faulty("bytesless", [Artefact("a.txt", "text")])  # type: ignore[arg-type]
RAISING_POSTER = Faulty("raising-poster", KeyError("no page"))
EMPTY_POSTER = Faulty("empty-poster", None)
ENGINE = Engine()
