"""The shared style of figures, and functions to draw and save them.

An inch of a figure is 72 CSS pixels, so that a font size in points is a size in pixels at natural width. Natural
width is 480 px and the smallest text 15 px: on a phone that shows the figure 360 px wide it is still 11.25 px high.

The background is white, not transparent: it is right on a code host's dark page and in a picture viewer, where no
style sheet of ours reaches, and the filter `invert(1) hue-rotate(180deg)` turns it black, on which every colour of the
palette keeps its contrast. With `mix-blend-mode: screen` beside that filter the black vanishes into the page.
"""

from __future__ import annotations

import contextlib
import io
import re
import threading
import warnings
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.kind import Drawing
from cardpipe.model.figure_form import FigureForm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

WIDTH: Final = 480.0
"""Natural width of a figure in CSS pixels."""
HEIGHT: Final = 320.0
"""Natural height if a kind or a script requests no other."""
PIXELS_PER_INCH: Final = 72.0
TEXT_SIZE: Final = 15.0
"""Size of the smallest text in CSS pixels at natural width."""

INK: Final = "#1a1a1a"
"""Text, axes, outlines."""
MUTED: Final = "#5c5c5c"
"""Secondary text and lines."""
LINE: Final = "#8a8a8a"
"""Thin lines that are meaningful only together, such as the edges of a network."""
FAINT: Final = "#d9d9d9"
"""Grid lines behind a plot."""
BACKGROUND: Final = "#ffffff"
PALETTE: Final = ("#27659e", "#bd4e00", "#0a9371", "#e066aa", "#b2900a", "#3f4040")
"""C0 to C5: blue, vermilion, green, pink, ochre, grey.

The hues of Okabe and Ito's palette (Color Universal Design, 2008), darkened until each has a contrast of 3:1 on white
(the first two 4.5:1, enough for text) and moved apart in lightness until every two differ by 9 and more of 100 in
OKLab for normal sight, protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes, 2009).
"""
TINTS: Final = ("#d3e4f3", "#fbdcc6", "#c9ecdf", "#f8d9e9", "#f0e5bd", "#e4e4e4")
"""Light forms of C0 to C5 for areas behind lines and text."""
DASHES: Final = ("-", (0, (5, 2)), (0, (1.2, 1.6)), (0, (6, 2, 1.2, 2)), (0, (3, 1.5)), (0, (8, 3)))
"""Line styles for C0 to C5, so that lines are not distinguished by colour alone."""

LARGEST_SIDE: Final = 1600.0
"""The maximum length of a side of a figure, in CSS pixels."""
SMALLEST_SIDE: Final = 40.0

_SALT: Final = "cardpipe"
_PADDING: Final = 4.0
_LOCK: Final = threading.RLock()
"""Matplotlib's settings belong to the whole process."""


def parameters() -> dict[str, Any]:
    """Return matplotlib's settings for the shared style and reproducible output."""
    from cycler import cycler

    return {
        "svg.hashsalt": _SALT,
        "svg.fonttype": "path",
        "font.family": ["DejaVu Sans"],
        "font.size": TEXT_SIZE,
        "mathtext.fontset": "dejavusans",
        "text.usetex": False,
        "text.color": INK,
        "text.parse_math": True,
        "figure.dpi": PIXELS_PER_INCH,
        "figure.facecolor": BACKGROUND,
        "figure.titlesize": TEXT_SIZE,
        "figure.titleweight": "bold",
        "figure.labelsize": TEXT_SIZE,
        "savefig.facecolor": BACKGROUND,
        "savefig.edgecolor": "none",
        "savefig.bbox": None,
        "figure.constrained_layout.h_pad": _PADDING / PIXELS_PER_INCH,
        "figure.constrained_layout.w_pad": _PADDING / PIXELS_PER_INCH,
        "axes.facecolor": "none",
        "axes.edgecolor": INK,
        "axes.linewidth": 1.0,
        "axes.labelcolor": INK,
        "axes.labelsize": TEXT_SIZE,
        "axes.titlesize": TEXT_SIZE,
        "axes.titleweight": "bold",
        "axes.titlepad": 8.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "axes.formatter.use_mathtext": True,
        "axes.formatter.use_locale": False,
        "axes.prop_cycle": cycler(color=list(PALETTE)),
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": TEXT_SIZE,
        "ytick.labelsize": TEXT_SIZE,
        "grid.color": FAINT,
        "grid.linewidth": 1.0,
        "legend.frameon": True,
        "legend.fancybox": False,
        "legend.edgecolor": "none",
        "legend.facecolor": BACKGROUND,
        "legend.framealpha": 0.85,
        "legend.fontsize": TEXT_SIZE,
        "legend.handlelength": 2.2,
        "lines.linewidth": 2.5,
        "lines.markersize": 7.0,
        "lines.scale_dashes": True,
        "patch.linewidth": 1.0,
        "hatch.linewidth": 1.0,
        "image.cmap": "cividis",
        "image.interpolation": "nearest",
        "scatter.edgecolors": "face",
    }


@contextlib.contextmanager
def shared_style(*, own_formulas: bool = True) -> Iterator[None]:
    """Activate the shared style for this thread, without user settings or fonts; other threads wait.

    Formulas in texts are MathJax's, or with `own_formulas` false matplotlib's: a script's process reaches no MathJax.
    """
    import matplotlib as mpl
    from matplotlib import artist

    # Nobody reads the keywords in docstrings and signatures, which take a third of the time of the other imports.
    artist.kwdoc = lambda *_: ""
    base: Any = artist.Artist
    base._update_set_signature_and_docstring = classmethod(_without_signature)
    from cardpipe.figures.text_sizes import quick_sizes

    # matplotlib's stubs use literal types, which the keys of a long table cannot have.
    settings: Any = parameters()
    with _LOCK, mpl.rc_context(), warnings.catch_warnings(), _formulas(own=own_formulas), quick_sizes():
        # matplotlib's warnings (a missing glyph, a tight layout) are covered by checks.
        warnings.simplefilter("ignore")
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        _use_bundled_fonts()
        yield


def _without_signature(drawn: Any) -> None:
    """Mark the method `set` of a class as matplotlib does: a subclass of a marked class gets its own method."""
    drawn.set._autogenerated_signature = True


def _formulas(*, own: bool) -> contextlib.AbstractContextManager[None]:
    if not own:
        return contextlib.nullcontext()
    from cardpipe.figures import label_paths

    return label_paths.own_formulas()


def _use_bundled_fonts() -> None:
    """Let matplotlib find only its own DejaVu: a system's DejaVu may be another version."""
    import matplotlib as mpl
    from matplotlib import font_manager

    manager = font_manager.fontManager
    own = str(mpl.get_data_path())
    bundled = [entry for entry in manager.ttflist if str(entry.fname).startswith(own)]
    if len(bundled) != len(manager.ttflist):
        manager.ttflist = bundled


def new_figure(width: float = WIDTH, height: float = HEIGHT) -> Figure:
    """Return an empty figure of a size in CSS pixels; must be called and drawn on within `shared_style`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / PIXELS_PER_INCH, height / PIXELS_PER_INCH), layout="constrained")


def save(figure: Figure, form: FigureForm) -> Drawing:
    """Return the finished picture; must be called within `shared_style`.

    Content beyond the edge makes the picture larger and is not cut off. Raises ValueError if a side is shorter than
    `SMALLEST_SIDE` or longer than `LARGEST_SIDE`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    size = _checked_size(*(side * PIXELS_PER_INCH for side in figure.get_size_inches()))
    # This canvas keeps its renderer, with which matplotlib keeps the sizes of texts.
    FigureCanvasAgg(figure)
    figure.set_size_inches(size[0] / PIXELS_PER_INCH, size[1] / PIXELS_PER_INCH)
    figure.set_dpi(PIXELS_PER_INCH)
    settle(figure)
    # Drawing would run the layout engine again, which takes as long as drawing.
    figure.set_layout_engine(None)
    return _drawn(figure, form, size)


def _drawn(figure: Figure, form: FigureForm, size: tuple[float, float]) -> Drawing:
    from matplotlib.transforms import Bbox

    vectors = _svg(figure)
    box = Bbox.from_bounds(0, 0, size[0] / PIXELS_PER_INCH, size[1] / PIXELS_PER_INCH)
    drawn = figure.get_tightbbox()
    if not _inside(drawn, box):
        box = Bbox.union([box, drawn.padded(_PADDING / PIXELS_PER_INCH)])
        vectors = _svg(figure, box) if form is FigureForm.SVG else ""
    width, height = _checked_size(box.width * PIXELS_PER_INCH, box.height * PIXELS_PER_INCH)
    if form is FigureForm.PNG:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=2 * PIXELS_PER_INCH, bbox_inches=box, metadata={"Software": None})
        return Drawing(buffer.getvalue(), "image/png", width, height)
    return Drawing(_bare_svg(vectors, width, height), "image/svg+xml", width, height)


def settle(figure: Figure) -> None:
    """Let the layout engine, if the figure has one, position the axes."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def _svg(figure: Figure, box: Bbox | None = None) -> str:
    """Return the figure, or its part in a box in inches, as SVG."""
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", dpi=PIXELS_PER_INCH, bbox_inches=box, metadata=nothing)
    return buffer.getvalue()


def paint(
    draw: Callable[[Figure], object], form: FigureForm, *, width: float = WIDTH, height: float = HEIGHT
) -> Drawing:
    """Return the picture that a function draws on an empty figure in the shared style; sizes in CSS pixels."""
    with shared_style():
        figure = new_figure(width, height)
        draw(figure)
        return save(figure, form)


def _inside(drawn: Any, canvas: Any) -> bool:
    slack = 0.5 / PIXELS_PER_INCH
    return bool(
        drawn.x0 >= canvas.x0 - slack
        and drawn.y0 >= canvas.y0 - slack
        and drawn.x1 <= canvas.x1 + slack
        and drawn.y1 <= canvas.y1 + slack
    )


def _checked_size(width: float, height: float) -> tuple[float, float]:
    for side in (width, height):
        if not SMALLEST_SIDE <= side <= LARGEST_SIDE:
            raise ValueError(
                f"a figure's sides must be from {SMALLEST_SIDE:g} to {LARGEST_SIDE:g} px long, "
                f"{SMALLEST_SIDE / PIXELS_PER_INCH:.2g} to {LARGEST_SIDE / PIXELS_PER_INCH:.3g} inches"
            )
    return round(float(width), 2), round(float(height), 2)


_OPACITY: Final = re.compile(r"""(?P<before><(?!image)[a-z]+\b[^<>]*[\s";])opacity: (?P<share>[0-9.]+)(?=[";])""")
"""The opacity of a whole shape, for which the PDF's default engine would rasterise everything around it.

Matplotlib means the opacity of fill and stroke, which it uses in PNG.
"""


def _bare_svg(text: str, width: float, height: float) -> bytes:
    """Remove document type and empty metadata, and give the size in pixels: matplotlib's points are 1.33 px."""
    start = text.index("<svg")
    opening, _, rest = text[start:].partition(">")
    opening = re.sub(r'\bwidth="[^"]*"', f'width="{width:g}"', opening, count=1)
    opening = re.sub(r'\bheight="[^"]*"', f'height="{height:g}"', opening, count=1)
    rest = re.sub(r"\s*<metadata>.*?</metadata>|\s*<!--.*?-->", "", rest, flags=re.DOTALL)
    rest = _OPACITY.sub(r"\g<before>fill-opacity: \g<share>; stroke-opacity: \g<share>", rest)
    return f"{opening}>{rest}".encode()
