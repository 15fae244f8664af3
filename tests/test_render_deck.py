from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

from cardpipe.cache.rebuild_log import RebuildLog
from cardpipe.cache.store import Cache
from cardpipe.errors import RenderError
from cardpipe.figures.api import Drawing
from cardpipe.model.card_label import card_label
from cardpipe.model.deck import Card, CardKind, Deck, DeckSettings, Figure, FigureScript, Media, Reference, Status
from cardpipe.model.selection import CardEntry
from cardpipe.model.trust import NOBODY
from cardpipe.render.batch import BatchRenderer
from cardpipe.render.deck import RenderSetting, render_deck
from cardpipe.render.media import MediaFiles
from cardpipe.source.fields import Field, Integer
from cardpipe.text.nodes import MapNode
from cardpipe.text.positions import SourceFile, SourceText
from cardpipe.writers.api import Capabilities, FigureForm, MathForm, RenderedDeck, TextForm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cardpipe.model.diagnostics import Finding

FILE = SourceFile("source/cards/ML0001.yaml", "x" * 1000)
ANKI = Capabilities(text=TextForm.HTML, math=MathForm.MATHJAX)
PAGE = Capabilities(text=TextForm.HTML, math=MathForm.SVG)
HOST = Capabilities(text=TextForm.MARKDOWN, math=MathForm.TEX)


def text(value: str) -> SourceText:
    return SourceText.inline(value)


class Squares:
    """A figure kind that counts how often it draws."""

    name = "squares"
    summary = "Squares."
    fields = (Field("count", Integer(min=1, max=9), "How many.", required=True, example=1),)

    def __init__(self) -> None:
        self.drawn = 0
        self.fails = False

    def check(self, _figure: Figure, _values: Mapping[str, Any], _settings: DeckSettings) -> Sequence[Finding]:
        return ()

    def inputs(self, _values: Mapping[str, Any], _settings: DeckSettings) -> Sequence[bytes]:
        return (b"input",)

    def draw(self, values: Mapping[str, Any], _settings: DeckSettings, _form: FigureForm) -> Drawing:
        self.drawn += 1
        if self.fails:
            raise ZeroDivisionError("nothing to divide")
        return Drawing(f"<svg>{values['count']}</svg>".encode(), "image/svg+xml", 320.0, 200.4)


def figure(figure_id: str, count: str = "2", caption: str | None = None) -> Figure:
    parameters = MapNode(((text("count"), SourceText(count, SourceFile("f", count), 0, 1)),), FILE, 0, 1)
    return Figure(
        id=text(figure_id),
        kind=text("squares"),
        alt=text(f'Some "squares" & <{figure_id}>'),
        caption=None if caption is None else text(caption),
        parameters=parameters,
        span=FILE.span(0, 1),
    )


def card(card_id: str, answer: str, **more: Any) -> Card:
    plain: dict[str, Any] = {
        "id": text(card_id),
        "title": text(f"Title of {card_id}"),
        "kind": CardKind.BASIC,
        "question": text("Why?"),
        "answer": text(answer),
        "details": None,
        "figures": (),
        "tags": (text("NN"),),
        "related": (),
        "references": (),
        "difficulty": None,
        "status": Status.ACTIVE,
        "file": FILE,
        "span": FILE.span(0, 1),
    }
    return Card(**{**plain, **more})


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (width, height)).save(out, "PNG")
    return out.getvalue()


def deck(*cards: Card, media: tuple[Media, ...] = ()) -> Deck:
    settings = DeckSettings(
        uid=text("5b0f6c1e"),
        slug=text("deck"),
        name=text("Deck"),
        language=text("en"),
        authors=(),
        licence=None,
        description=text("A deck with $x$."),
        homepage=None,
        tags=(),
        subdecks=(),
        formats=(),
        format_options={},
        media=media,
        scripts=(),
        file=FILE,
    )
    return Deck(settings=settings, cards=cards)


def render(
    made: Deck,
    needs: Capabilities,
    *,
    cards: Sequence[Card] | None = None,
    cache: Cache | None = None,
    kind: Any = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    at_once: bool = False,
) -> RenderedDeck:
    kinds = {"squares": kind or Squares()}
    chosen = made.cards if cards is None else cards
    used = cache or Cache.disabled()
    renderer = BatchRenderer(made.settings, needs, used, NOBODY, kinds.get)
    return render_deck(
        setting(made, needs),
        cards=[entry(one) for one in chosen],
        contents={},
        ready=(),
        render=lambda _missing: [renderer.render(chosen)] if at_once else (renderer.render([one]) for one in chosen),
        cache=used,
        progress=progress,
        rebuild_log=RebuildLog(),
    )


def setting(made: Deck, needs: Capabilities) -> RenderSetting:
    titles = {one.id.text: card_label(one) for one in made.cards}
    return RenderSetting(settings=made.settings, capabilities=needs, titles=titles, state={})


def entry(one: Card) -> CardEntry:
    return CardEntry(one.id.text, card_label(one), one.file.path, 0, (), one.status.value, None, one.kind.value)


def test_a_placed_figure_stands_in_the_text_and_the_others_after_it() -> None:
    made = deck(
        card("ML0001", "See\n\n![](figure:one)\n\nend", figures=(figure("one", caption="*So* $x$"), figure("two", "3")))
    )
    rendered = render(made, ANKI)
    only = rendered.cards[0]
    name = next(name for name in only.assets if "one" in name)
    assert (
        f'<figure class="figure drawn"><img src="{name}" alt="Some &quot;squares&quot; &amp; &lt;one&gt;" '
        r'width="320" height="200"><figcaption><em>So</em> <span class="math inline">\(x\)</span></figcaption></figure>'
    ) in only.answer
    assert "<p><figure" not in only.answer
    assert [found.id for found in only.figures] == ["two"]
    assert len(only.assets) == 2
    assert set(rendered.assets) == set(only.assets)


def test_an_asset_is_named_after_its_bytes() -> None:
    rendered = render(deck(card("ML0001", "x", figures=(figure("one"),))), ANKI)
    for name, asset in rendered.assets.items():
        assert name == asset.name
        assert hashlib.sha256(asset.data).hexdigest()[:12] in name
        assert not name.startswith("_")


def test_a_spoken_formula_is_beside_its_picture() -> None:
    aloud = replace(PAGE, read_aloud=True)
    [only] = render(deck(card("ML0001", "$x < 1$ and $$y$$ and $ $")), aloud).cards
    assert 'alt="x &lt; 1" aria-hidden="true"' in only.answer
    assert "<math><mi>x</mi><mo>&lt;</mo><mn>1</mn></math></span>" in only.answer
    assert '<math display="block"><mi>y</mi></math></span></div>' in only.answer
    [plain] = render(deck(card("ML0001", "$x < 1$")), PAGE).cards
    assert "<math" not in plain.answer
    assert "aria-hidden" not in plain.answer


def test_each_equation_is_drawn_once_and_counted_where_it_is_used() -> None:
    made = deck(card("ML0001", "$x$ and $x$ and $$x$$"), card("ML0002", "$x$"), card("ML0003", "nothing"))
    rendered = render(made, PAGE)
    first, second, third = rendered.cards
    assert len(first.assets) == 1  # `x` looks the same in a display
    assert second.assets == first.assets
    assert third.assets == ()
    assert all(name.startswith("math-") for name in rendered.assets)
    assert 'class="math inline" src="math-' in first.answer
    assert '<div class="equation"><img class="math display"' in first.answer
    assert 'alt="x"' in first.answer
    assert "vertical-align:" in first.answer
    assert rendered.math_style


def test_markdown_refers_to_assets_and_cards_by_scheme() -> None:
    made = deck(
        card("ML0001", r"![](figure:one) [b](card:ML0002) ![p](p.png) $\{x\}$", figures=(figure("one", caption="So"),)),
        card("ML0002", "x"),
        media=(Media("p.png", png(3, 4)),),
    )
    only = render(made, HOST).cards[0]
    assert r"](asset:ML0001-one-" in only.answer
    assert "<br><em>So</em>" in only.answer
    assert r"![p](asset:p-" in only.answer
    assert "[b](card:ML0002)" in only.answer
    assert r"$`\{x\}`$" in only.answer
    assert len(only.assets) == 2


def test_media_is_shown_in_its_own_size() -> None:
    made = deck(card("ML0001", "![A *picture*](nets/p 1.png) ![](http://x/y.png) ![gone](gone.png)"), media=())
    assert render(made, ANKI).cards[0].answer.count("<img") == 0
    made = deck(card("ML0001", "![A picture](nets/p.png)"), media=(Media("nets/p.png", png(30, 40)),))
    answer = render(made, ANKI).cards[0].answer
    assert 'alt="A picture" width="30" height="40"' in answer
    assert '<img class="media" src="p-' in answer


@pytest.mark.parametrize(
    ("name", "data", "size"),
    [
        ("a.png", png(7, 9), (7, 9)),
        ("a.png", b"broken", (300, 150)),
        ("a.svg", b'<?xml version="1.0"?><svg xmlns="x" width="10" height="20.5px"/>', (10, 20.5)),
        ("a.svg", b"<svg width='1in' height='2.54cm'></svg>", (96, 96)),
        ("a.svg", b'<svg viewBox="0 0 40 10"></svg>', (40, 10)),
        ("a.svg", b'<svg width="100%" viewBox="0,0,40,10"></svg>', (40, 10)),
        ("a.svg", b'<svg width="80" viewBox="0 0 40 10"></svg>', (80, 20)),
        ("a.svg", b"<svg></svg>", (300, 150)),
        ("a.svg", b"<svg " + b"a='" * 50_000, (300, 150)),
        ("a.svg", b"\xff\xfe", (300, 150)),
    ],
)
def test_the_size_of_a_picture_is_read_from_its_bytes(name: str, data: bytes, size: tuple[float, float]) -> None:
    picture = MediaFiles(deck(media=(Media(name, data),)).settings).picture(name)
    assert picture is not None
    assert (picture.width, picture.height) == pytest.approx(size)


def test_a_file_that_is_no_picture_is_not_shown() -> None:
    assert MediaFiles(deck(media=(Media("a.html", b"<script>"),)).settings).picture("a.html") is None


def test_references_and_related_cards() -> None:
    first = card(
        "ML0001",
        "x",
        related=(text("ML0002"), text("ML0003"), text("ML9999")),
        references=(
            Reference(text=text("A *book*"), url=text("https://x.org/?a=1&b=2")),
            Reference(text=text("[Linked](https://y.org)"), url=text("https://x.org")),
            Reference(text=text("Bad"), url=text("javascript:alert(1)")),
            Reference(text=text("Plain"), url=None),
        ),
    )
    made = deck(first, card("ML0002", "x"), card("ML0003", "x"))
    only = render(made, ANKI, cards=made.cards[:2]).cards[0]
    assert only.references[0] == '<a href="https://x.org/?a=1&amp;b=2" rel="noopener noreferrer">A <em>book</em></a>'
    assert only.references[1].count("<a ") == 2
    assert only.references[2:] == ("Bad", "Plain")
    assert [(other.id, other.included) for other in only.related] == [("ML0002", True), ("ML0003", False)]
    host = render(made, HOST).cards[0]
    assert host.references[0] == "[A *book*](<https://x.org/?a=1&b=2>)"


def test_a_second_run_draws_nothing(tmp_path: Path) -> None:
    made = deck(card("ML0001", "$x^2$ ![](figure:one)", figures=(figure("one"),)))
    kind = Squares()
    with Cache(tmp_path) as cache:
        first = render(made, PAGE, cache=cache, kind=kind)
    with Cache(tmp_path) as cache:
        second = render(made, PAGE, cache=cache, kind=kind)
    assert kind.drawn == 1
    assert first == second
    changed = deck(card("ML0001", "![](figure:one)", figures=(figure("one", "3"),)))
    with Cache(tmp_path) as cache:
        render(changed, PAGE, cache=cache, kind=kind)
    assert kind.drawn == 2


def test_a_damaged_cache_entry_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = deck(card("ML0001", "$x^2$ ![](figure:one)", figures=(figure("one"),)))
    cache = Cache.in_memory()
    sound = render(made, PAGE, cache=cache)
    for nonsense in (b"", b"{}", b"[1]\nx", b"\xff", b'["x", 1]', b"null", b'["text/html", 1, 1, true]\nx'):
        monkeypatch.setattr(cache, "get", lambda _key, nonsense=nonsense: nonsense)
        assert render(made, PAGE, cache=cache) == sound


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one figure at a time on one processor")
def test_figure_scripts_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=30)

    class Slow(Squares):
        """A kind with scripts: only those are drawn side by side in one process, since each has its own."""

        def script(self, _values: Mapping[str, Any], _settings: DeckSettings) -> FigureScript | None:
            return None

        def placeholder(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:
            return self.draw(values, settings, form)

        def draw(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:
            meeting.wait()  # goes on only when the other figure is being drawn too
            return super().draw(values, settings, form)

    made = deck(card("ML0001", "x", figures=(figure("one", "1"),)), card("ML0002", "x", figures=(figure("two", "2"),)))
    rendered = render(made, ANKI, kind=Slow(), at_once=True)
    assert [len(one.figures) for one in rendered.cards] == [1, 1]


def test_a_figure_kind_that_fails_is_one_clear_message() -> None:
    kind = Squares()
    kind.fails = True
    with pytest.raises(RenderError, match=r"“squares” failed at the figure one of the card ML0001: ZeroDivisionError"):
        render(deck(card("ML0001", "x", figures=(figure("one"),))), ANKI, kind=kind)


def test_what_lint_would_stop_is_plain_text() -> None:
    made = deck(
        card(
            "ML0001",
            r"$\sotfmax$ ![none](figure:none) ![caption](figure:one)",
            figures=(figure("one", "99"), dataclasses.replace(figure("two"), kind=text("unknown"))),
        )
    )
    only = render(made, PAGE).cards[0]
    assert '<code class="math error">\\sotfmax</code> none caption' in only.answer
    assert only.figures == ()


def test_a_caption_that_shows_its_own_figure_comes_to_an_end() -> None:
    made = deck(card("ML0001", "![](figure:one)", figures=(figure("one", caption="![me](figure:one)"),)))
    assert "<figcaption>me</figcaption>" in render(made, ANKI).cards[0].answer
    assert "<em>me</em>" in render(made, HOST).cards[0].answer


def test_progress_is_reported_card_by_card() -> None:
    made = deck(card("ML0001", "x"), card("ML0002", "x"))
    told: list[tuple[int, int]] = []
    render(made, ANKI, progress=lambda done, count: told.append((done, count)))
    assert told == [(0, 2), (1, 2), (2, 2)]


_CHILD = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from test_render_deck import ANKI, HOST, PAGE, card, deck, figure, render
made = deck(
    card("ML0001", "$x^2$ ![](figure:one) | *a* $$\\\\text{Größe}$$", figures=(figure("one"), figure("two", "3"))),
    card("ML0002", "```python\\nif 1: pass\\n```"),
)
for needs in (ANKI, PAGE, HOST):
    rendered = render(made, needs)
    told = repr((rendered.cards, rendered.assets, rendered.math_style, rendered.code_style))
    print(hashlib.sha256(told.encode()).hexdigest())
    for asset in rendered.assets.values():
        print(asset.name, hashlib.sha256(asset.data).hexdigest())
"""


@pytest.mark.slow
def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _CHILD, os.path.dirname(__file__)],  # noqa: PTH120 - a text for the command line
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "PYTHONUTF8": "1"},
            check=True,
            capture_output=True,
        ).stdout
        for seed, folder in (("0", tmp_path), ("4711", "/"))
    }
    assert len(outputs) == 1


_LAZY = """
import sys
sys.path.insert(0, sys.argv[1])
from test_render_deck import ANKI, card, deck, render
render(deck(card("ML0001", "$x$ and **text**")), ANKI)
print([name for name in ("matplotlib", "_quickjs", "fontTools", "numpy") if name in sys.modules])
"""


def test_nothing_heavy_is_loaded_without_need() -> None:
    folder = os.path.dirname(__file__)  # noqa: PTH120 - a text for the command line
    made = subprocess.run([sys.executable, "-c", _LAZY, folder], check=True, capture_output=True, text=True)
    assert made.stdout.strip() == "[]"
