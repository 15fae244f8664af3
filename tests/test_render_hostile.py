"""Hostile cards bring no code, no foreign style and no request to a page or to Anki."""

from __future__ import annotations

import html
import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.cache.store import Cache
from cardpipe.render.equations import Equations
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.placeholders import Item
from cardpipe.render.sanitise import TAGS
from cardpipe.writers.api import MathForm

_ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "abbr": {"title"},
    "ol": {"start"},
    "td": {"style"},
    "th": {"style"},
    "div": {"class"},
    "span": {"class"},
    "code": {"class"},
}


class _Judge(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.faults.append(tag)
        for name, value in attrs:
            if name not in _ATTRIBUTES.get(tag, set()):
                self.faults.append(f"{tag} {name}")
            if name == "href" and not re.match(
                r"https?://|mailto:|#card-[A-Z]{2,8}[0-9]{4}$", value or "", re.IGNORECASE
            ):
                self.faults.append(value or "")
            if name == "style" and not re.fullmatch("text-align:(left|center|right)", value or ""):
                self.faults.append(value or "")

    def handle_comment(self, data: str) -> None:
        self.faults.append(data)

    def handle_decl(self, decl: str) -> None:
        self.faults.append(decl)

    def handle_pi(self, data: str) -> None:
        self.faults.append(data)


_EQUATIONS = Equations(MathForm.MATHJAX, Cache.disabled())
_RENDERER = MarkdownRenderer(
    math=_EQUATIONS.html,
    picture=lambda image: Item(image.segment.text, html.escape(image.alt)),
    live_mathjax=True,
)


def _faults(text: str) -> list[str]:
    judge = _Judge()
    made = _RENDERER.block(text)
    judge.feed(made)
    judge.close()
    return judge.faults


VECTORS = [
    "<script>alert(1)</script>",
    "<ScRiPt >alert(1)</sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<iframe src=javascript:alert(1)></iframe>",
    "<object data=data:text/html,x></object><embed src=x>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='/relative'>x</a><a href='//other.example'>x</a>",
    "<p style='background:url(http://x)' onclick=alert(1) class=a id=b>x</p>",
    "<style>*{display:none}</style><link rel=stylesheet href=//x><base href=//x><meta http-equiv=refresh>",
    "<form action=x><input><button>x</button></form><textarea><script>x</script></textarea>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video src=x onerror=alert(1)></video><audio src=x></audio>",
    "<!-- --><!doctype html><?php ?><![CDATA[ <script>x</script> ]]>",
    "[x](javascript:alert(1)) [x](JaVaScRiPt:alert(1)) [x](data:text/html;base64,PHNjcmlwdD4=) [x](vbscript:x)",
    "[x](java&#115;cript:alert(1)) [x](<javascript:alert(1)>) [x](\\javascript:alert(1)) [x](file:///etc/passwd)",
    '[x](http://a "\' onmouseover=alert(1) \'") [x](http://a"onmouseover=alert(1))',
    "[x](http://a '\"><script>alert(1)</script>')",
    "<javascript:alert(1)> <x:y>",
    '[r]\n\n[r]: javascript:alert(1) "t"',
    "[r]\n\n[r]: http://a '\"><script>alert(1)</script>'",
    '![x](javascript:alert(1)) !["><script>alert(1)</script>](a.png)',
    "`<script>` ```<script>``` \n\n```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "$</script><script>alert(1)</script>$ $$<img src=x onerror=alert(1)>$$",
    "<b title=\"$x$\">y</b> <a title='`<script>`' href='http://x/$a$'>z</a>",
    '\ue000\ue001 \ue0000\ue001 \ue0020\ue001 \ue0030\ue001 $x$ `y` [z](http://a "\ue00099\ue001")',
    '<b \ue0000\ue001="\ue0030\ue001">$x$</b> <http://\ue00099\ue001>',
    "```\n\ue0000\ue001 \ue00099\ue001\n``` $\ue00099\ue001$",
    "\x02amp\x03 \x02klzzwxh:0000\x03 \x02wzxhzdk:0\x03 \x00",
    "<table><td background=x><script>alert(1)</script>",
    "| <script>a</script> | b |\n|---|---|\n| <img src=x> | $</td><script>$ |",
    "<a href=\"http://x\"><b></a><a href='http://y' target=_blank>z",
    '<ol start="1" onclick=x><li value=x>',
]


@pytest.mark.parametrize("text", VECTORS)
def test_a_known_attack_is_harmless(text: str) -> None:
    assert _faults(text) == []
    assert _faults(f"- item\n\n  {text}\n\n> {text}") == []


_PIECES = st.sampled_from(
    [
        *"<>\"'=/& \n()[]!`$*_:#;-",
        *(
            "script",
            "img",
            "svg",
            "style",
            "a ",
            "href",
            "src",
            "onerror",
            "javascript:",
            "alert(1)",
            "http://x",
            "title",
        ),
        *(
            "](",
            "```",
            "$$",
            "<b ",
            "</",
            "<!--",
            "-->",
            "\ue000",
            "0\ue001",
            "&#106;",
            "math",
            "<p>",
            "](card:ML0001)",
        ),
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_mixture_gets_through(text: str) -> None:
    assert _faults(text) == []


def test_no_backslash_bracket_of_prose_reaches_mathjax() -> None:
    made = _RENDERER.block(r"\\(x\\) \\[y\\] <b>\\(</b>z\\) &#92;(w&#92;) [a](http://x '\\(t\\)')")
    without_tags = re.sub(r"<[^>]*>", "\0", made)
    assert not re.search(r"\\[(\[]", html.unescape(without_tags))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 90_000,
        ("[" * 45 + "\n\n") * 400,
        "[a](" * 5_000,
        "*a " * 1_900,
        "**a" * 900,
        "*_" * 900,
        "_*_*" * 400,
        "- " * 500 + "x",
        "> " * 5_000 + "x",
        ("- " * 20 + "x\n") * 200,
        '<a href="' * 1_900,
        "<!--" * 1_800,
        "<b>" * 1_800,
        "&#" * 1_900,
        "|" * 20_000 + "\n" + "|-" * 10_000,
        "\\" * 90_000,
        "$" * 90_000,
        "$a" * 20_000,
        " " * 90_000 + "x",
        "[" + "a" * 490 + "]:" + " " * 90_000,
        "https://" * 6_000,
        "~~a" * 600,
        "```\n" * 9_000,
        "x" * 1_000_000,
        "a\n" * 40_000,
    ],
    ids=lambda text: f"{text[:6]!r}",
)
def test_hostile_texts_take_little_time(text: str) -> None:
    begun = time.process_time()
    _RENDERER.block(text)
    assert time.process_time() - begun < 20
