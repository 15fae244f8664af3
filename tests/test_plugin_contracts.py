"""Built-in plug-ins pass the contract tests of `cardpipe.testing`, and each contract test finds a faulty plug-in."""

from __future__ import annotations

import importlib
import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from cardpipe import plugins
from cardpipe.errors import UsageError
from cardpipe.figures.api import DeclaredKind, Drawing, Field, FigureForm, Number, Scene, Text
from cardpipe.lint.api import Edit, Finding, Fix, Rule, Severity, Span, card_rule, fix, rewriting, text_rule
from cardpipe.testing import check_engine, check_figure_kind, check_layout, check_rule, check_rules, check_writer
from cardpipe.writers.api import Artefact, Capabilities, MathForm, TextForm, WriterOption
from cardpipe.writers.pdf.engine import Place, installed_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cardpipe.figures.api import FigureKind
    from cardpipe.lint.api import Card, Context, SourceText
    from cardpipe.writers.api import Writer
    from cardpipe.writers.pdf.engine import Engine
    from cardpipe.writers.pdf.layout import Layout


def ours(group: str) -> list[str]:
    return list(plugins.names(group))


@pytest.mark.slow_cases("site")
@pytest.mark.parametrize("name", ours(plugins.WRITERS))
def test_our_writers(name: str) -> None:
    # The choices of the PDF are mostly those of its layouts, which are tried with these.
    check_writer(cast("Writer", plugins.load(plugins.WRITERS, name)), every_choice=name != "pdf")


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("name", ours(plugins.RULES))
def test_our_rules(name: str) -> None:
    check_rules(cast("tuple[Rule, ...]", plugins.load(plugins.RULES, name)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ours(plugins.FIGURES))
def test_our_figure_kinds(name: str) -> None:
    check_figure_kind(cast("FigureKind", plugins.load(plugins.FIGURES, name)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ours(plugins.PDF_LAYOUTS))
def test_our_layouts(name: str) -> None:
    check_layout(cast("Layout", plugins.load(plugins.PDF_LAYOUTS, name)))


@pytest.mark.slow_cases("chromium", "weasyprint")
@pytest.mark.usefixtures("browser_as_root")
@pytest.mark.parametrize("name", ours(plugins.PDF_ENGINES))
def test_our_engines(name: str) -> None:
    engine = installed_engine(name)
    try:
        engine.version()
    except UsageError as error:
        pytest.skip(error.message)
    check_engine(engine)


# Writers that break their contract.


class SoundWriter:
    """A writer that keeps its contract; each of the others differs in one thing."""

    name = "sample"
    summary = "A sample."
    capabilities = Capabilities(TextForm.MARKDOWN, MathForm.TEX)
    options: Any = (WriterOption(name="mark", choices=("a", "b"), default="a", help="Which."),)

    def write(self, deck: Any, options: Any, progress: Any) -> Any:
        text = "".join(f"{card.id} {options['mark']}\n" for card in deck.cards)
        progress(1, 1)
        return [Artefact(f"{deck.settings.slug}.txt", text.encode())]


def writer(**changed: Any) -> Any:
    """A writer with other attributes."""
    return type("Changed", (SoundWriter,), changed)()


def option(**changed: Any) -> Any:
    """A writer whose option is declared otherwise."""
    return writer(options=(replace(SoundWriter.options[0], **changed),))


def writing(path: str = "{slug}.txt", data: Callable[[Any], bytes] = lambda _: b"x") -> Any:
    """A writer of one file with another path or content."""

    def write(_self: Any, deck: Any, _options: Any, _progress: Any) -> list[Artefact]:
        return [Artefact(path.format(slug=deck.settings.slug), data(deck))]

    return writer(write=write)


def failing(_self: Any, deck: Any, _options: Any, _progress: Any) -> Any:
    return [deck.cards[0].nothing]


def failing_when_empty(_self: Any, deck: Any, _options: Any, _progress: Any) -> Any:
    return [Artefact(f"{deck.settings.slug}.txt", deck.cards[0].id.encode())]


def failing_for_b(_self: Any, deck: Any, options: Any, _progress: Any) -> Any:
    return [Artefact(f"{deck.settings.slug}.txt", {"a": b"x"}[options["mark"]])]


def miscounting(_self: Any, deck: Any, _options: Any, progress: Any) -> Any:
    progress(2, 1)
    return [Artefact(f"{deck.settings.slug}.txt", b"x")]


def twice(_self: Any, deck: Any, _options: Any, _progress: Any) -> Any:
    return [Artefact(f"{deck.settings.slug}.txt", b"x"), Artefact(f"{deck.settings.slug}.TXT", b"x")]


def as_pixels(_self: Any, deck: Any, _options: Any, _progress: Any) -> Any:
    drawn = next(name for name in deck.assets if name.endswith(".svg"))
    return [Artefact(f"{deck.settings.slug}/{drawn.removesuffix('svg')}png", b"\x89PNG")]


COUNT = itertools.count()


BROKEN_WRITERS = {
    "must be lower-case words": writer(name="My Writer"),
    "summary of one line": writer(summary=""),
    "of the type Capabilities": writer(capabilities="html"),
    "tuple of options": writer(options={"a": "b"}),
    "is not a WriterOption": writer(options=("a",)),
    "declared twice": writer(options=SoundWriter.options * 2),
    "does not accept its default": option(default="c"),
    "has no help": option(help=""),
    "a choice twice": option(choices=("a", "a")),
    "not a valid regular expression": option(form="(", form_name="X"),
    "no form_name": option(form="c"),
    "bare value": option(bare="c"),
    "flag of lower-case": option(flag="--mark"),
    "capabilities_with": writer(capabilities_with=lambda _self, _options: None),
    "as tools": writer(tools=lambda _self, _options: "plain"),
    "as warnings": writer(warnings=lambda _self, _deck: "plain"),
    "not a list of artefacts": writer(write=lambda *_: None),
    "not an Artefact with a path": writer(write=lambda *_: ["a.txt"]),
    "writes no file": writer(write=lambda *_: []),
    "raises AttributeError": writer(write=failing),
    "without cards, raises IndexError": writer(write=failing_when_empty),
    "with mark=b, raises KeyError": writer(write=failing_for_b),
    "“/x.txt”": writing("/x.txt"),
    "“../sample.txt”": writing("../{slug}.txt"),
    "“a\\sample.txt”": writing("a\\{slug}.txt"),
    "“nul.txt”": writing("nul.txt"),
    "one file on many systems": writer(write=twice),
    "for each selection": writing("always.txt"),
    "different bytes the second time": writing(data=lambda _: str(next(COUNT)).encode()),
    "the progress 2 of 1": writer(write=miscounting),
    "](card:": writing(data=lambda _: b"[Linear](card:EX0002)"),
    "](asset:": writing(data=lambda deck: deck.cards[1].question.encode()),
    "ask for the form": writer(write=as_pixels),
}


def test_a_valid_writer_passes() -> None:
    check_writer(SoundWriter())


@pytest.mark.parametrize("wrong", BROKEN_WRITERS)
def test_a_broken_writer_is_found(wrong: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_writer(BROKEN_WRITERS[wrong])
    assert wrong in str(caught.value)


MODULE = """
from cardpipe.writers.api import Artefact, Capabilities, MathForm, TextForm


class Writer:
    name = "sample"
    summary = "A sample."
    capabilities = Capabilities(TextForm.MARKDOWN, MathForm.TEX)
    options = ()

    def write(self, deck, options, progress):
        return [Artefact(f"{deck.settings.slug}.txt", b"x")]


WRITER = Writer()
"""


@pytest.mark.parametrize(
    ("place", "instead", "wrong"),
    [
        ("", "", ""),
        ("\nclass", "import matplotlib\n\nclass", "matplotlib, numpy"),
        ("\nclass", "import no_such_module_here\n\nclass", "cannot be imported by itself"),
        ('b"x"', 'str(hash("x")).encode()', "different bytes in another process"),
        ('b"x"', 'repr({"a", "b", "c", "d", "e", "f"}).encode()', "different bytes in another process"),
        (
            "        return",
            '        open("left.txt", "w").close()\n        return',
            "writes to the disk by itself: left.txt",
        ),
    ],
)
def test_a_writer_is_tried_in_another_process(
    place: str, instead: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each has a module of its own: what another process loads of a module is asked once.
    name = f"sample_writer_{next(COUNT)}"
    source = MODULE.replace(place, instead, 1) if place else MODULE
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    module = importlib.import_module(name)
    (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    if wrong:
        with pytest.raises(AssertionError) as caught:
            check_writer(module.WRITER)
        assert wrong in str(caught.value)
    else:
        check_writer(module.WRITER)


# Rules that break their contract.

MANUAL = """It finds a word.

## What it does

It looks.

## Why is this bad?

It is.

## Example

```yaml
answer: wrong
```

## Use instead

```yaml
answer: right
```
"""


def rule(check: Callable[..., Any], manual: str = MANUAL, code: str = "TST001", name: str = "a-test") -> Rule:
    """A rule on texts."""

    def documented(text: SourceText, context: Context) -> Any:
        return check(text, context)

    documented.__doc__ = manual
    return text_rule(code, name, severity=Severity.WARNING)(documented)


def card_check(check: Callable[..., Any]) -> Rule:
    """A rule on cards."""
    check.__doc__ = MANUAL
    return card_rule("TST001", "a-test")(check)


def sound(text: SourceText, _context: Context) -> Iterator[Finding]:
    if "wrong" in text.text:
        start = text.text.index("wrong")
        yield Finding("TST001", text.span(start, start + 5), "It is wrong.")


def finding(**changed: Any) -> Callable[..., Iterator[Finding]]:
    """A check whose finding is otherwise."""

    def check(text: SourceText, context: Context) -> Iterator[Finding]:
        for found in sound(text, context):
            yield replace(found, **changed)

    return check


def raising(text: SourceText, _context: Context) -> Iterator[Finding]:
    yield from ()
    text.text.encode("ascii")


def breaking_fix(text: SourceText, context: Context) -> Iterator[Finding]:
    for found in sound(text, context):
        yield replace(found, fix=Fix("Break it.", (Edit(text.span(), "a: 'b"),)))


def idle_fix(text: SourceText, context: Context) -> Iterator[Finding]:
    for found in sound(text, context):
        yield replace(found, fix=fix("Keep it.", rewriting(text, text.text)))


def forgetful(text: SourceText, context: Context) -> Iterator[Finding]:
    if next(COUNT) % 2:
        yield from sound(text, context)
    else:
        yield Finding("TST001", text.span(), "Now and then.")


def words(_text: SourceText, _context: Context) -> Iterator[str]:
    yield "wrong"


def of_card(card: Card, _context: Context) -> Iterator[Finding]:
    yield from ()
    assert card.details.text  # type: ignore[union-attr] # the fault: not every card has details


BROKEN_RULES = {
    "three capitals and three digits": rule(sound, code="T1"),
    "a name of lower-case": rule(sound, name="A Test"),
    "must begin with a sentence": rule(sound, MANUAL.replace("It finds a word.", "finds words")),
    "has the headings": rule(sound, MANUAL.replace("## Example", "## Examples")),
    "is empty": rule(sound, MANUAL.replace("It is.\n", "")),
    "finds nothing in the card under": rule(lambda *_: ()),
    "reports the card under": rule(sound, MANUAL.replace("answer: right", "answer: wrong")),
    "raises UnicodeEncodeError on “": rule(raising),
    "raises AttributeError on a Card": card_check(of_card),
    "not a Finding": rule(words),
    "findings with the code TST002": rule(finding(code="TST002")),
    "message of one line": rule(finding(message=" ")),
    "finding in elsewhere.yaml": rule(finding(span=Span("elsewhere.yaml", 1, 1, 1, 2))),
    "in line 99": rule(finding(span=Span("source/cards/EX0009.yaml", 99, 1, 99, 2))),
    "breaks the YAML": rule(breaking_fix),
    "changes nothing": rule(idle_fix),
    "other findings the second time": rule(forgetful),
}


def test_a_valid_rule_passes() -> None:
    check_rules((rule(sound),))


@pytest.mark.parametrize("wrong", BROKEN_RULES)
def test_a_broken_rule_is_found(wrong: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_rule(BROKEN_RULES[wrong])
    assert wrong in str(caught.value)


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        ([], "must be a tuple"),
        ((), "no rules"),
        ((rule(sound), rule(sound, name="another")), "the code or name TST001"),
        ((rule(sound), rule(sound, code="TST002")), "the code or name a-test"),
        (("x",), "is not a Rule"),
    ],
)
def test_a_broken_rule_set_is_found(rules: Any, wrong: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_rules(rules)
    assert wrong in str(caught.value)


# Figure kinds that break their contract.


def draw_line(canvas: Any, values: Any) -> None:
    canvas.subplots().plot([0, values["value"]])


SOUND_KIND = DeclaredKind(
    name="sample",
    summary="A sample.",
    fields=(Field("value", Number(min=-9, max=9), "How much.", required=True),),
    example="value: 1\n",
    findings=lambda _figure, _values, _width: (),
    scene=lambda values, width: Scene(width, 100, lambda canvas: draw_line(canvas, values)),
)


def kind(**changed: Any) -> Any:
    """A kind declared otherwise."""
    return replace(SOUND_KIND, **changed)


def dividing(_figure: Any, values: Any, _width: float) -> Any:
    yield from ()
    assert 1 / values["value"]


class OtherKind:
    """A kind that does one thing in its own way."""

    def __init__(self, **own: Any) -> None:
        # Since Python 3.12, an attribute that only `__getattr__` gives makes no object one of a protocol.
        others = {name: getattr(SOUND_KIND, name) for name in dir(SOUND_KIND) if not name.startswith("_")}
        self.__dict__.update(others | own)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def draws(data: bytes = b"<svg/>", media_type: str = "image/svg+xml", width: float = 10.0) -> Any:
    """A kind that always draws the same."""
    return OtherKind(draw=lambda *_: Drawing(data, media_type, width, 10.0))


def any_value(**changed: Any) -> Any:
    """A kind whose field takes any text."""
    return kind(fields=(Field("value", Text(), "Any.", required=True),), example="value: word\n", **changed)


BROKEN_KINDS = {
    "must be lower-case words": kind(name="A b"),
    "summary of one line": kind(summary="a\nb"),
    "tuple of fields": kind(fields="value"),
    "is not a Field": kind(fields=("value",)),
    "reserved for all figures": kind(fields=(Field("alt", Text(), "Words."),)),
    "has no description": kind(fields=(replace(SOUND_KIND.fields[0], doc=""),)),
    "in its own example": kind(example="value: 10\n"),
    "raises ZeroDivisionError in its check": kind(findings=dividing),
    "which is not a Finding": any_value(findings=lambda *_: ["wrong"]),
    "raises TypeError while drawing": any_value(
        scene=lambda values, width: Scene(width, 100, lambda _: 1 + values["value"])
    ),
    "instead of image/png": draws(),
    "draws invalid image/svg+xml": draws(b"PNG"),
    "a side of 5000 px": draws(width=5000.0),
    "not a Drawing": OtherKind(draw=lambda *_: b"<svg/>"),
    "different bytes the second time": OtherKind(
        draw=lambda _values, _deck, form: Drawing(
            (b"<" if form is FigureForm.SVG else b"\x89PNG") + str(next(COUNT)).encode(),
            "image/svg+xml" if form is FigureForm.SVG else "image/png",
            10.0,
            10.0,
        )
    ),
    "a list of bytes": OtherKind(inputs=lambda *_: ["a"]),
    "in a width of 300 px": OtherKind(size_within=lambda *_: (480.0, 100.0)),
}


def test_a_valid_figure_kind_passes() -> None:
    check_figure_kind(SOUND_KIND)


@pytest.mark.parametrize("wrong", BROKEN_KINDS)
def test_a_broken_figure_kind_is_found(wrong: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_figure_kind(BROKEN_KINDS[wrong])
    assert wrong in str(caught.value)


# Layouts and engines that break their contract.

QUIZ = cast("Layout", plugins.load(plugins.PDF_LAYOUTS, "quiz"))
PLUTOPRINT = installed_engine("plutoprint")


class SoundLayout:
    """The layout quiz, under another name and without its options' choices."""

    name = "sample"
    summary = "A sample."
    options: Any = ()

    def make(self, job: Any) -> Any:
        return QUIZ.make(replace(job, options={"lines": "0", "back": "answer"}))


def layout(**changed: Any) -> Any:
    """A layout with other attributes."""
    return type("Changed", (SoundLayout,), changed)()


def making(make: Callable[[bytes], Any]) -> Any:
    """A layout that returns something else than its PDF."""
    return layout(make=lambda self, job: make(SoundLayout.make(self, job)))


def first_card(_self: Any, job: Any) -> Any:
    assert job.deck.cards[0].id
    return SoundLayout.make(SoundLayout(), job)


def refusing(*_: Any) -> Any:
    raise UsageError("There is no room.")


BROKEN_LAYOUTS = {
    "must be lower-case words": layout(name="A"),
    "tuple of options": layout(options=None),
    "does not accept its default": layout(
        options=(WriterOption(name="mark", choices=("a",), default="c", help="Which."),)
    ),
    "not the bytes of a PDF": making(lambda _: None),
    "makes an invalid PDF": making(lambda _: b"text"),
    "different bytes the second time": making(lambda data: data + b"\n%" + str(time.perf_counter_ns()).encode()),
    "without cards, raises IndexError": layout(make=first_card),
    "rejects its own defaults": layout(make=refusing),
    "the edge 'left'": layout(sheet=lambda *_: (10.0, 10.0), edge=lambda *_: "left"),
    "not width and height": layout(sheet=lambda *_: 10.0, edge=lambda *_: "long"),
}


def test_a_valid_layout_passes() -> None:
    check_layout(SoundLayout())


@pytest.mark.parametrize("wrong", BROKEN_LAYOUTS)
def test_a_broken_layout_is_found(wrong: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_layout(BROKEN_LAYOUTS[wrong])
    assert wrong in str(caught.value)


class SoundEngine:
    """PlutoPrint under another name."""

    name = "sample"
    summary = "A sample."

    def version(self) -> Any:
        return "1"

    def lay_out(self, page: Any, document: str, resources: Any, *, outlines: bool = False) -> Any:
        return PLUTOPRINT.lay_out(page, document, resources, outlines=outlines)

    def compose(self, width: float, height: float, sheets: Any) -> Any:
        return PLUTOPRINT.compose(width, height, sheets)


class Stateful(SoundEngine):
    def __init__(self) -> None:
        self.lock = open  # a built-in can be handed on,
        self.seen = (number for number in range(3))  # a generator cannot


class Unversioned(SoundEngine):
    def version(self) -> Any:
        return 1


class Missing(SoundEngine):
    def version(self) -> Any:
        raise UsageError("It is not installed.")


class Raising(SoundEngine):
    def lay_out(self, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError


class Bookless(SoundEngine):
    def lay_out(self, *_: Any, **__: Any) -> Any:
        return b""


class OnePage(SoundEngine):
    def lay_out(self, page: Any, document: str, resources: Any, *, outlines: bool = False) -> Any:
        return super().lay_out(page, f"{document[:500]}</p></body></html>", resources, outlines=outlines)


class Unlinked(SoundEngine):
    def lay_out(self, page: Any, document: str, resources: Any, *, outlines: bool = False) -> Any:
        return super().lay_out(page, document.replace("href=", "title="), resources, outlines=outlines)


class PlacedBook:
    """A book with all anchors on one page."""

    def __init__(self, book: Any, page: int) -> None:
        self.book = book
        self.page_count = book.page_count
        self._page = page

    def places(self, *_: Any, **__: Any) -> Any:
        return {name: Place(self._page, 0, 100) for name in ("p0", "p299")}


class Misplacing(SoundEngine):
    page = 0

    def lay_out(self, page: Any, document: str, resources: Any, *, outlines: bool = False) -> Any:
        return PlacedBook(super().lay_out(page, document, resources, outlines=outlines), self.page)

    def compose(self, width: float, height: float, sheets: Any) -> Any:
        unwrapped = [[replace(placed, book=placed.book.book) for placed in sheet] for sheet in sheets]
        return super().compose(width, height, unwrapped)


class OffThePages(Misplacing):
    page = 1000


class Wide(SoundEngine):
    def compose(self, width: float, height: float, sheets: Any) -> Any:
        return super().compose(width + 10, height, sheets)


class OneSheet(SoundEngine):
    def compose(self, width: float, height: float, sheets: Any) -> Any:
        return super().compose(width, height, [next(iter(sheets))])


BROKEN_ENGINES: dict[str, Engine] = {
    "cannot be pickled": Stateful(),
    "which is not a text": Unversioned(),
    "cannot be used on this machine: It is not installed.": Missing(),
    "raises ZeroDivisionError in lay_out": Raising(),
    "which is no Book": Bookless(),
    "no more pages for a long document": OnePage(),
    "has no place for the anchor “p0”": Unlinked(),
    "counted from 0": Misplacing(),
    "which is on no page": OffThePages(),
    "composes a sheet of 310 by 400 pt": Wide(),
    "composes 1 sheets": OneSheet(),
}


def test_a_valid_engine_passes() -> None:
    check_engine(SoundEngine())


@pytest.mark.parametrize("wrong", BROKEN_ENGINES)
def test_a_broken_engine_is_found(wrong: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_engine(BROKEN_ENGINES[wrong])
    assert wrong in str(caught.value)
