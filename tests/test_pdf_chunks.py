"""Long decks are laid out in chunks, with the same result."""

from __future__ import annotations

import errno
import io
import os
import sys
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardpipe.cache.store import Cache
from cardpipe.errors import RenderError
from cardpipe.writers.page.grouping import Group, TagUse
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing import finish, printing, saving, slices
from cardpipe.writers.pdf.composing.assembly import assembled
from cardpipe.writers.pdf.composing.paper import text_paper
from cardpipe.writers.pdf.composing.printing import DocumentPrinter, LaidOut, LayoutJob
from cardpipe.writers.pdf.composing.spool import Spool
from cardpipe.writers.pdf.engine import Placed, Resources
from cardpipe.writers.pdf.engines.plutoprint import ENGINE
from page_sample import PROSE, card, deck, sample, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.writers.api import RenderedDeck


class Kept:
    """A memory that counts what was made anew."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.anew = 0

    def recall(self, key: Sequence[str | bytes]) -> bytes | None:
        return self.values.get(Cache.key(*key))

    def remember(self, key: Sequence[str | bytes], value: bytes) -> None:
        self.anew += 1
        self.values[Cache.key(*key)] = value


def many(count: int, *, changed: int = -1) -> RenderedDeck:
    return deck(
        *(
            card(
                f"ML{number:04}",
                f"Title of {number}",
                details=PROSE * (1 + number % 3) + ("<p>Changed.</p>" if number == changed else ""),
            )
            for number in range(1, count + 1)
        )
    )


def groups(sizes: Sequence[int]) -> list[Group]:
    return [
        Group(f"group-{place}", "", "", tuple(card(f"ML{100 * place + number:06}") for number in range(size)))
        for place, size in enumerate(sizes)
        if size
    ]


@settings(max_examples=settings().max_examples // 15)
@given(st.lists(st.integers(0, 99), max_size=8))
def test_runs_and_portions_hold_each_card_once_and_in_order(sizes: list[int]) -> None:
    made = groups(sizes)
    wanted = [one.id for group in made for one in group.cards]
    for parts in (slices.runs(made, lambda _name: True), slices.portions(made)):
        assert [one.id for part in parts for piece in part for one in piece.cards] == wanted
    tags = [TagUse(group.anchor, group.anchor, "", group.cards) for group in made]
    assert [tag for part in slices.tag_portions(tags) for tag in part] == tags


def test_a_card_that_goes_leaves_most_runs_as_they_are() -> None:
    [whole] = groups([99])
    everything = Group(whole.anchor, "", "", tuple(card(f"ML{number:04}") for number in range(1, 1200)))
    fewer = Group(whole.anchor, "", "", tuple(one for one in everything.cards if one.id != "ML0500"))

    def names(group: Group) -> set[tuple[str, ...]]:
        return {
            tuple(one.id for piece in part for one in piece.cards) for part in slices.runs([group], lambda _name: True)
        }

    before, after = names(everything), names(fewer)
    assert len(before) > 12
    assert len(before - after) <= 3


def test_a_run_ends_where_a_page_ends() -> None:
    [group] = groups([90])
    opening = {one.id for one in group.cards[::7]}
    for part in slices.runs([group], opening.__contains__)[1:]:
        assert part[0].cards[0].id in opening


@pytest.mark.slow
def test_only_what_changed_is_laid_out_again_and_the_bytes_are_those_of_a_first_export() -> None:
    kept = Kept()
    first = WRITER.write_incrementally(many(300), {}, silent, kept)[0].data
    made = kept.anew
    assert made > 8
    assert first == WRITER.write(many(300), {}, silent)[0].data
    kept.anew = 0
    assert WRITER.write_incrementally(many(300), {}, silent, kept)[0].data == first
    assert kept.anew == 0
    changed = WRITER.write_incrementally(many(300, changed=290), {}, silent, kept)[0].data
    assert 0 < kept.anew < made / 2
    assert changed == WRITER.write(many(300, changed=290), {}, silent)[0].data
    assert changed != first


@pytest.mark.quick_cases("fold")
@pytest.mark.parametrize("layout", ["sheet", "quiz", "booklet", "cards", "fold", "slides"])
def test_several_processes_give_the_bytes_of_one(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = WRITER.write(many(90), {"layout": layout}, silent)[0].data
    monkeypatch.setattr(printing, "_PAYS_FROM", 4)
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)
    assert WRITER.write(many(90), {"layout": layout}, silent)[0].data == alone


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["cards", "fold", "slides"])
def test_sides_are_set_in_portions_and_kept(layout: str) -> None:
    kept = Kept()
    options = {"layout": layout, "back": "all"}
    first = WRITER.write_incrementally(many(210), options, silent, kept)[0].data
    made = kept.anew
    assert made >= 9
    kept.anew = 0
    assert WRITER.write_incrementally(many(210), options, silent, kept)[0].data == first
    assert kept.anew == 0
    changed = WRITER.write_incrementally(many(210, changed=205), options, silent, kept)[0].data
    assert 0 < kept.anew < made / 2
    assert changed == WRITER.write(many(210, changed=205), options, silent)[0].data
    assert changed != first


def test_each_link_leads_to_its_card_across_pieces() -> None:
    data = WRITER.write(many(150), {}, silent)[0].data
    with pikepdf.open(io.BytesIO(data)) as pdf:
        names = list(pdf.Root.Names.Dests.Names)
        places = {str(name) for name in names[::2]}
        links = [note for page in pdf.pages for note in page.get("/Annots", ())]
        assert {f"card-ML{number:04}" for number in range(1, 151)} <= {str(note.get("/Dest", "")) for note in links}
        assert {str(note.Dest) for note in links if "/Dest" in note} <= places
        assert not [note for note in links if "/A" in note and ".invalid" in str(note.A.URI)]


@settings(max_examples=settings().max_examples // 10)
@given(
    st.lists(st.binary(max_size=60_000), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 70_000), st.integers(0, 90_000))),
)
def test_what_is_kept_in_a_spool_is_read_like_a_file(values: list[bytes], reads: list[tuple[int, int]]) -> None:
    spool = Spool()
    for value, kept in [(value, spool.append(value)) for value in values]:
        stream, wanted = kept.stream(), io.BytesIO(value)
        for place, size in reads:
            assert stream.seek(place) == wanted.seek(place)
            assert stream.read(size) == wanted.read(size)
        assert stream.seek(0, io.SEEK_END) == len(value)
        assert kept.read() == value


def test_a_full_disk_is_one_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_size: int) -> _Full:
        return _Full()

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", full)
    with pytest.raises(RenderError, match="cannot be written to a temporary file"):
        Spool().append(b"pages")
    with pikepdf.new() as pdf, pytest.raises(RenderError, match="cannot be written to a temporary file"):
        saving.written(pdf)


class _Full(io.BytesIO):
    def write(self, _data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("options", [{}, {"columns": "2"}, {"layout": "quiz"}, {"layout": "booklet"}], ids=str)
def test_what_is_joined_goes_before_its_bytes_are_read(
    options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages of a long deck and its bytes together would be the most that an export ever holds."""
    made: list[pikepdf.Pdf] = []
    new = pikepdf.new

    def watched() -> pikepdf.Pdf:
        made.append(new())
        return made[-1]

    def read(stream: BinaryIO) -> bytes:
        # The list's reference and that of the call are all.
        assert [sys.getrefcount(made[number]) for number in range(len(made))] == [2]
        return saving.read_back(stream)

    monkeypatch.setattr(pikepdf, "new", watched)
    monkeypatch.setattr(finish, "read_back", read)
    assert WRITER.write(many(3), options, silent)[0].data.startswith(b"%PDF")


def test_what_pages_have_in_common_is_there_once() -> None:
    data = WRITER.write(many(60), {}, silent)[0].data
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fonts = {page.Resources.Font.objgen for page in pdf.pages}
        heads = [dict(page.Resources.XObject.items()) for page in pdf.pages]
        assert len(pdf.pages) > 10
        assert len(fonts) < 8
        assert {len(placed) for placed in heads} == {1}
        shared = {placed["/Placed0"].Resources.objgen for placed in heads}
        assert (0, 0) not in shared
        assert len(shared) <= 2


def drawings(data: bytes) -> list[pikepdf.Object]:
    """Those of all pages, in the order in which these know them."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return [drawing for page in pdf.pages for drawing in dict(page.Resources.XObject.items()).values()]


def test_a_sheet_s_small_sides_are_one_drawing_and_their_feet_another() -> None:
    data = WRITER.write(many(16), {"layout": "cards"}, silent)[0].data
    assert len(drawings(data)) == 2 + 4 * 2, "on two fronts the lines, and on all four pages the sides and their feet"


def test_small_sides_look_the_same_drawn_together_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for options in ({"layout": "cards"}, {"layout": "cards", "duplex": "short"}, {"layout": "fold"}):
        together = WRITER.write(sample(), options, silent)[0].data
        with monkeypatch.context() as patch:
            patch.setattr("cardpipe.writers.pdf.composing.drawings._SMALL", -1)
            alone = WRITER.write(sample(), options, silent)[0].data
        assert len(drawings(together)) < len(drawings(alone))
        with pypdfium2.PdfDocument(together) as one, pypdfium2.PdfDocument(alone) as other:
            assert len(one) == len(other)
            for number in range(len(one)):
                pictures = [pdf[number].render(scale=1.5).to_numpy().astype("int16") for pdf in (one, other)]
                # A drawing begins on a whole pixel there, so that edges differ by less than one.
                assert abs(pictures[0] - pictures[1]).max() < 160


def printed(*pages: tuple[bytes, float]) -> LaidOut:
    """A book of pages of 100 by 100 points, from what each draws and how dark it means `/a` to be."""
    stream = io.BytesIO()
    with pikepdf.new() as pdf:
        for drawn, dark in pages:
            page = pdf.add_blank_page(page_size=(100, 100))
            page.Contents = pdf.make_stream(drawn)
            page.Resources = pikepdf.Dictionary(ExtGState=pikepdf.Dictionary({"/a": pikepdf.Dictionary(ca=dark)}))
        pdf.save(stream)
    return LaidOut(len(pages), {}, Spool().append(stream.getvalue()))


def assembled_side_by_side(book: LaidOut) -> bytes:
    stream = io.BytesIO()
    sheet = [Placed(book, number, 100 * number, 0, 100, 100) for number in range(book.page_count)]
    with assembled(100 * book.page_count, 100, [sheet]) as made:
        made.save(stream)
    return stream.getvalue()


def test_pages_that_are_drawn_together_keep_within_their_edges_and_to_themselves() -> None:
    beyond, square = b"2 0 0 2 0 0 cm 1 0 0 rg -10 -10 300 300 re f", b"40 40 20 20 re f"
    data = assembled_side_by_side(printed((square, 1.0), (beyond, 1.0), (square, 1.0)))
    assert len(drawings(data)) == 1
    with pypdfium2.PdfDocument(data) as pdf:
        colours = pdf[0].render().to_numpy()[:, :, :3]
    red, black, white = [0, 0, 255], [0, 0, 0], [255, 255, 255]
    assert colours[50, 101].tolist() == colours[98, 198].tolist() == red
    assert colours[50, 98].tolist() == colours[50, 201].tolist() == white
    assert colours[50, 50].tolist() == colours[50, 250].tolist() == black
    assert colours[50, 235].tolist() == white


def test_pages_that_mean_different_things_by_a_name_are_not_drawn_together() -> None:
    square = b"/a gs 0 0 100 100 re f"
    data = assembled_side_by_side(printed((square, 1.0), (square, 1.0), (square, 0.2), (square, 1.0)))
    assert len(drawings(data)) == 3
    with pypdfium2.PdfDocument(data) as pdf:
        greys = pdf[0].render(grayscale=True).to_numpy()[50, 50::100].reshape(-1).tolist()
    assert greys == [0, 0, pytest.approx(204, abs=2), 0]


@pytest.mark.parametrize("options", [{}, {"layout": "cards"}, {"layout": "booklet"}], ids=str)
def test_pages_are_not_copied_one_by_one(options: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What pikepdf copies from another PDF holds on to what it was there: of a long deck that was half the memory."""
    copied: list[pikepdf.Object] = []
    copy = pikepdf.Pdf.copy_foreign

    def watched(pdf: pikepdf.Pdf, found: pikepdf.Object) -> pikepdf.Object:
        assert not isinstance(found, pikepdf.Stream)
        assert found.get("/Type") != "/Page"
        copied.append(found)
        return copy(pdf, found)

    monkeypatch.setattr("pikepdf.Pdf.copy_foreign", watched)
    WRITER.write(many(20), options, silent)
    assert copied, "what they have in common"


def test_joining_takes_as_long_for_the_last_page_as_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of pages that belongs to a PDF looks at all of them for each that is added."""

    def refuse(*_arguments: object, **_more: object) -> None:
        raise AssertionError

    with pikepdf.new() as blank:
        blank.add_blank_page(page_size=(300, 200))
        stream = io.BytesIO()
        blank.save(stream)
    kept = Spool().append(stream.getvalue())
    books = [LaidOut(1, {}, kept) for _ in range(6)]
    for name in ("append", "insert", "extend"):
        monkeypatch.setattr(f"pikepdf._core.PageList.{name}", refuse)
    whole = ([Placed(book, 0, 0, 0, 300, 200)] for book in books)
    half = ([Placed(book, 0, 20, 20, 300, 200)] for book in books)
    with assembled(300, 200, chain(whole, half)) as made:
        assert len(made.pages) == 12
        assert [list(map(float, page.mediabox)) for page in made.pages] == [[0, 0, 300, 200]] * 12


def test_a_process_that_dies_is_one_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    page = text_paper("a4", "auto", 1.0)
    monkeypatch.setattr(printing._Typesetter, "print", _die)
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)
    jobs = [LayoutJob(page=page, document=f"<p>{number}</p>") for number in range(3)]
    with (
        DocumentPrinter(ENGINE, {}, "", cards=10_000, memory=None) as pressed,
        pytest.raises(RenderError, match="ended unexpectedly"),
    ):
        pressed.print(jobs)


def _die(*_order: object) -> None:
    os._exit(7)


def test_a_document_is_kept_by_its_own_assets_and_not_by_the_digest_of_all() -> None:
    page = text_paper("a4", "auto", 1.0)
    kept = Kept()
    for digest in ("a" * 32, "b" * 32):
        with DocumentPrinter(ENGINE, {}, "", cards=1, memory=kept) as pressed:
            pressed.files = Resources({}, digest)
            pressed.print(
                [LayoutJob(page=page, document=f'<p>Text</p><img src="https://sheet.invalid/asset/x?{digest}">')]
            )
    assert kept.anew == 1
