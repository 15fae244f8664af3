"""Hostile texts have no effect in any field and format, whatever the lint settings.

A payload is a line below; the fields are found in the field tables by `hostile_sample`. All of it is rendered without
asking lint, so that the writers alone hold it.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest

from anki_collection import collection
from cardpipe.mathjax.refusals import is_refused
from cardpipe.render.sanitise import TAGS
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.addresses import address_fault, encoded
from cardpipe.text.escaping import PlainText, anki_html, anki_name, html_text, inert
from cardpipe.text.positions import SourceFile
from cardpipe.writers.anki import WRITER as ANKI
from cardpipe.writers.anki.decks import decks_of, description
from cardpipe.writers.anki.note_type import templates
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.anki.options import deck_options
from cardpipe.writers.csv import WRITER as CSV
from cardpipe.writers.html import WRITER as HTML
from cardpipe.writers.markdown import WRITER as MARKDOWN
from cardpipe.writers.pdf import WRITER as PDF
from hostile_sample import CARD_SPOTS, DECK_SPOTS, SPOT, HostileDeck, filled

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.writers.api import RenderedDeck
    from conftest import Run

PAYLOADS = [
    r"\(\href{javascript:evil()}{x}\)",
    r"\[\style{background:url(https://evil.test/a.png)}{x}\]",
    r"\(\gdef\frac{EVIL}\) \(\require{html}\) \(\unicode[evil]{65}\)",
    r"\href{javascript:evil()}{x}",
    r"\require{html}\href{javascript:evil()}{x}",
    r"\bbox[background:url(https://evil.test/b.png)]{x}",
    r"\bbox[5px,border:1px solid red;background:url(https://evil.test/b.png)]{x}",
    r"\fcolorbox{red;background:url(https://evil.test/c.png)}{white}{x}",
    r"x\) \(\href{javascript:evil()}{y}",
    r"x\] \[\cssId{evil}{y}",
    r"$$\href{javascript:evil()}{x}$$ $\class{evil}{x}$",
    r"$\hr{{c1::ef}}{javascript:evil()}{x}$ $\{{c1::href}}{javascript:evil()}{x}$",
    r"\{{c1::(\href{javascript:evil()}{x}\}})",
    r"{{c1::\}}(\href{javascript:evil()}{x}{{c1::\}})",
    r"&#92;(\href{javascript:evil()}{x}&#92;) &bsol;(\href{javascript:evil()}{x}&bsol;)",
    "[sound:evil.mp3]",
    "[SOUND:evil.mp3] &#91;sound:evil.mp3] \\[sound:evil.mp3\\]",
    "sound:evil.mp3",
    "[{{c1::sound:evil.mp3}}] [sou{{c1::nd:evil.mp3]}} {{c1::[}}sound:evil.mp3]",
    r"[latex]\input{/etc/passwd}[/latex]",
    r"[LaTeX]\input{/etc/passwd}[/LaTeX] [$]\input{x}[/$] [$$]\input{x}[/$$]",
    r"latex]\input{/etc/passwd}[/latex",
    "$]evil[/$",
    "[[type:Question]] [anki:tts lang=en_US]evil[/anki:tts] [anki:play:q:0]",
    "[type:Question]",
    "{{c1::evil}} {{c2::evil::evil}}",
    "}} {{FrontSide}} {{Answer}} {{#Answer}} {{=<% %>=}}",
    "<script>evil()</script>",
    "<img src=x onerror=evil()>",
    "<img/src=x/onerror=evil()>",
    "<svg/onload=evil()><a href=javascript:evil()>x</a>",
    "\"><script>evil()</script> '><img src=x onerror=evil()>",
    '" onmouseover=evil() x="',
    "</title></style></script><script>evil()</script>",
    "<!--><script>evil()</script>--> <![CDATA[<script>evil()</script>]]>",
    "&lt;script&gt;evil()&lt;/script&gt; &#60;img src=x onerror=evil()&#62;",
    "javascript:evil()",
    "JaVaScRiPt:evil() data:text/html,<script>evil()</script> vbscript:evil()",
    "https://example.org@evil.test/",
    "https://example.org/[sound:evil.mp3]",
    r"https://example.org/[latex]\input{x}[/latex]\(\href{javascript:evil()}{x}\)",
    "https://example.org/[$]x[/$]{{Answer}}{{c1::x}}",
    "mailto:evil@example.org?body=[sound:evil.mp3]",
    "a\x00b\x1fc",
    "\x1b[31mred\x85",
    "\u202eevil\u2066\u2069\u202a",
    "=cmd|' /C calc'!A0",
    "\t=1+1\n@SUM(1)",
    "C:\\(x86)\\[a] 50 % of {x}, a_b & <c> 'd' \"e\"",
]

_HARMFUL = re.compile(
    r"\\(?:href|url|require|unicode|style|class|cssId|gdef|def|let|newcommand|input|mmlToken|data)(?![A-Za-z])"
)
_COMMANDS = re.compile(r"\[sound:|\[/?latex\]|\[\${1,2}\]|\[\[type:|\[/?anki:", re.IGNORECASE)
_OWN_SOUND = re.compile(r'(<span class="sound" title="[^"]*">)\[sound:a-[0-9a-f]{12}\.mp3\]</span>')
_OF_ANKI = re.compile(r"\[\[type:Answer\]\]|\[anki:play:[qa]:\d+\]|<style>.*?</style>", re.DOTALL)
"""What Anki itself puts into a card that it shows."""
_CLOZE = re.compile(r"\{\{c\d+::|\}\}")
_ALLOWED = TAGS | {"figure", "figcaption", "img", "aside", "section", "header", "hr", "footer"}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SAFE_ADDRESS = re.compile(r"(?:https?://(?![^/]*@)|mailto:)[^\s<>\"\[\]\\{}]*|#card-[A-Z]{2,8}[0-9]{4}", re.IGNORECASE)


class Reader(HTMLParser):
    """Reads HTML as a browser would, and collects what could act, for pages that know MathJax and such that do not."""

    def __init__(self, *, page: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.faults: list[str] = []
        self.strings: list[list[str]] = [[]]
        self.math: list[str] = []
        self.open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if not self.page and tag not in _ALLOWED:
            self.faults.append(f"<{tag}>")
        for name, value in known.items():
            if name.startswith("on") or name in {"srcset", "srcdoc", "formaction", "action", "xlink:href"}:
                self.faults.append(f"{tag} {name}={value}")
            if name == "href" and not _SAFE_ADDRESS.fullmatch(value) and not (self.page and value.startswith("#")):
                self.faults.append(f"{tag} {name}={value}")
            if name == "src" and not re.fullmatch(r"data:[\s\S]*" if self.page else r"[A-Za-z0-9-]+\.[a-z0-9]+", value):
                self.faults.append(f"{tag} {name}={value}")
            if name == "style" and re.search("url|expression|import|evil", value):
                self.faults.append(f"{tag} {name}={value}")
        if tag == "script":
            self.faults.append("<script>")
        self.strings.append([])
        if tag not in {"br", "hr", "img", "input", "meta", "link"}:
            self.open.append((tag, known.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        self.strings.append([])
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(tag in {"code", "pre", "style", "title"} for tag, _ in self.open):
            return
        own = self.open and (self.open[-1][1] in {"math inline", "equation"})
        (self.math if own else self.strings[-1]).append(data)

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        if not self.page:
            self.faults.append(decl)


def live_in_anki(fragment: str, *, cloze: bool = False) -> list[str]:
    """What Anki or MathJax would act on in the HTML of a field, and in what is left when a cloze's marks are gone."""
    faults = _CONTROL.findall(fragment)
    readings = [fragment, _CLOZE.sub("", fragment)] if cloze else [fragment]
    for reading in readings:
        faults += _COMMANDS.findall(_OWN_SOUND.sub(r"\1</span>", reading))
        reader = Reader(page=False)
        reader.feed(reading)
        reader.close()
        faults += reader.faults
        for string in map("".join, reader.strings):
            faults += re.findall(r"\\[(\[].{0,30}", string)
        for formula in reader.math:
            faults += _HARMFUL.findall(formula)
            faults += re.findall(r"\\(?:bbox|fcolorbox)[^a-z]*[^]]*url", formula)
    return faults


def live_in_name(name: str) -> list[str]:
    """What would act in a name that Anki puts into its pages unescaped."""
    return [*re.findall("[<>]", name), *live_in_anki(name)]


def with_good_ids(rendered: RenderedDeck) -> RenderedDeck:
    """Without the card whose ID is hostile: IDN001 always counts, and IDs are what layouts find pages by."""
    return replace(rendered, cards=tuple(card for card in rendered.cards if card.id.isalnum()))


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HostileDeck]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "source").mkdir()
    return {payload: HostileDeck(payload, folder) for payload in PAYLOADS}


def test_every_field_has_a_spot() -> None:
    """The walk finds the fields that are known today; a new one is found by itself."""
    names = {name for name, _, _ in (*CARD_SPOTS, *DECK_SPOTS)}
    assert {"title", "question", "figures: alt", "figures: caption", "references: url", "tags", "related"} <= names
    assert {"name", "authors", "licence", "report", "tags (key)", "preset: name", "editions: title"} <= names
    assert all(SPOT in json.dumps(model, ensure_ascii=False) for _, model, _ in (*CARD_SPOTS, *DECK_SPOTS))


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_nothing_is_live_in_anki(payload: str, decks: dict[str, HostileDeck]) -> None:
    for edition in (False, True):
        rendered = decks[payload].rendered(ANKI.capabilities, edition=edition)
        names = decks_of(rendered.settings)
        faults = live_in_anki(description(rendered))
        for note in notes(rendered, names):
            for field in note.fields:
                faults += live_in_anki(field, cloze=note.note_type.is_cloze)
            for name in (note.deck, *note.tags):
                faults += live_in_name(name)
            for made in templates(note.note_type.kind, rendered.settings):
                for side in (made.front, made.back):
                    own = side.replace("{{ID}}", "EX0001")
                    faults += _COMMANDS.findall(own) + re.findall(r'href="(?!https?://|mailto:)', own)
                    faults += re.findall(r'href="[^"]*[\[\]\\{}]', own)
        options = deck_options(rendered.settings)
        faults += live_in_name(options["name"]) if options is not None else []
        assert faults == []


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_nothing_is_live_in_tables(payload: str, decks: dict[str, HostileDeck]) -> None:
    rendered = decks[payload].rendered(CSV.capabilities)
    [anki, *_] = CSV.write(rendered, {"dialect": "anki"}, lambda *_: None)
    body = re.sub(r"\A(?:#.*\n)+", "", anki.data.decode())
    rows = list(csv.reader(io.StringIO(body)))
    assert len(rows) == len(rendered.cards)
    for row in rows:
        assert [fault for cell in row[2:] for fault in live_in_anki(cell, cloze=True)] == []
    for dialect in ("plain", "spreadsheet"):
        [table] = CSV.write(rendered, {"dialect": dialect}, lambda *_: None)
        cells = [cell for row in csv.reader(io.StringIO(table.data.decode("utf-8-sig"))) for cell in row]
        assert len(cells) % 12 == 0
        assert not any(_CONTROL.search(cell.replace("\r", "")) for cell in cells)
        if dialect == "spreadsheet":
            assert not any(cell.lstrip(" \t\r\n").startswith(tuple("=+-@")) for cell in cells)


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_nothing_is_live_on_the_page(payload: str, decks: dict[str, HostileDeck]) -> None:
    rendered = decks[payload].rendered(HTML.capabilities)
    [page] = HTML.write(rendered, {}, lambda *_: None)
    reader = Reader(page=True)
    reader.feed(page.data.decode())
    reader.close()
    assert reader.faults == []


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if "$" not in payload])
def test_no_refused_formula_is_math_in_markdown(payload: str, decks: dict[str, HostileDeck]) -> None:
    rendered = decks[payload].rendered(MARKDOWN.capabilities)
    for card in rendered.cards:
        written = "\n".join([card.question, card.answer, card.details])
        formulas = re.findall(r"\$`([^`]*)`\$", written) + re.findall(r"(?ms)^ *```math\n(.*?)```", written)
        formulas += re.findall(r"\$\$?([^$`]+)\$\$?", re.sub(r"(`+).*?\1", "", written))
        assert [formula for formula in formulas if is_refused(formula)] == []


def test_nothing_is_live_in_the_pdf(decks: dict[str, HostileDeck]) -> None:
    for payload in PAYLOADS[::12]:
        rendered = with_good_ids(decks[payload].rendered(PDF.capabilities))
        [printed] = PDF.write(rendered, {}, lambda *_: None)
        with pikepdf.open(io.BytesIO(printed.data)) as pdf:
            for page in pdf.pages:
                for annotation in page.get("/Annots", []):
                    action: Any = annotation.get("/A", {})
                    assert str(action.get("/S", "/GoTo")) in {"/GoTo", "/URI"}
                    assert _SAFE_ADDRESS.fullmatch(str(action.get("/URI", "https://none")))
            assert "/OpenAction" not in pdf.Root or "/JS" not in pdf.Root.OpenAction
            assert "/JavaScript" not in pdf.Root.get("/Names", {})


@pytest.mark.slow
def test_anki_itself_finds_nothing_to_act_on(decks: dict[str, HostileDeck], tmp_path: Path) -> None:
    """What the real Anki makes of the cards: no sound of a stranger's, no LaTeX, no markup out of names and tags."""
    for number, (payload, hostile) in enumerate(decks.items()):
        rendered = with_good_ids(hostile.rendered(ANKI.capabilities))
        [package, *_] = ANKI.write(rendered, {}, lambda *_: None)
        with collection(tmp_path / str(number)) as learner:
            learner.import_package(package.data)
            for card_id in learner.col.find_cards(""):
                card = learner.col.get_card(card_id)
                shown = card.render_output()
                heard = [*shown.question_av_tags, *shown.answer_av_tags]
                assert [tag for tag in heard if not re.search(r"'a-[0-9a-f]{12}\.mp3'", repr(tag))] == []
                for side in (shown.question_text, shown.answer_text):
                    shown_side = re.sub(
                        r"\[\[type:Answer\]\]|\[anki:play:[qa]:\d+\]|<style>.*?</style>", "", side, flags=re.DOTALL
                    )
                    assert live_in_anki(shown_side) == [], payload


def test_a_typed_answer_compares_as_it_is_typed(tmp_path: Path) -> None:
    wanted = [payload for payload in PAYLOADS if not _CONTROL.search(payload)]
    with collection(tmp_path) as learner:
        for payload in wanted:
            typed = " ".join(payload.split())
            compared = learner.col.compare_answer(anki_html(PlainText(typed)), typed)
            assert compared.count("typeBad") == compared.count("typeMissed") == 0, payload


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_the_last_guard_changes_nothing_the_second_time(payload: str) -> None:
    once = inert(f"<p>{html.escape(payload)}</p>")
    assert inert(once) == once
    assert live_in_anki(once, cloze=True) == []
    assert inert(anki_html(payload)) == anki_html(payload)


def test_the_guard_leaves_what_the_renderer_made() -> None:
    made = (
        r'<p>a <span class="math inline">\(x\) \[y\]\)</span> <code>\(x\)</code> '
        r'<span class="sound" title="A bell">[sound:bell-0123456789ab.mp3]</span> {{c1::b::c}}</p>'
        r'<div class="equation">\[x_{i}\]</div>'
    )
    assert inert(made) == made


def test_a_plain_text_is_no_string() -> None:
    title = PlainText("a <b>")
    with pytest.raises(TypeError):
        f"{title}"
    with pytest.raises(TypeError):
        str(title)
    assert html_text(title) == "a &lt;b&gt;"
    assert anki_name("Q&A: C++ [1] #2") == "Q&A: C++ [1] #2"
    assert anki_name("<b>\\(x\\) &#60; [sound:x]") == "\u2039b\u203a\u2216(x\u2216) \uff06#60; (sound:x]"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:evil()", "JAVASCRIPT:evil()", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "//evil.test",
        "https://", "https:///x", "https://good.org@evil.test", "https://good.org:pw@evil.test", "http://a\\@b.c",
        "https://a b.c", "https://a.b/\u202ex", "https://a.b/\n", "https://a.b/\x00", "https://good.org\uff0fx.evil.test",
        "https://[::1]/", "mailto:", "mailto:a", "mailto:a@b@c", "https://-a.b", "https://a.b:port/", "x", "",
    ],
)  # fmt: skip
def test_an_address_that_hides_where_it_leads_is_refused(address: str) -> None:
    assert address_fault(address) is not None


@pytest.mark.parametrize(
    "address",
    ["https://example.org", "http://example.org:8080/a(b)?c=d&e=[f]#g", "mailto:a.b+c@example.org?subject=x",
     "https://de.wikipedia.org/wiki/K\u00f6ln", "https://k\u00f6ln.example/"],
)  # fmt: skip
def test_a_usual_address_is_safe(address: str) -> None:
    assert address_fault(address) is None
    assert encoded(encoded(address)) == encoded(address)


# --- Rules that keep learners safe ------------------------------------------------------------------------------------

UNSAFE = {
    "MKU001": "details: a <script>evil()</script>\n",
    "MKU002": "details: a [sound:evil.mp3]\n",
    "MKU003": 'details: "a \\u202e b"\n',
    "MTH002": "details: a $\\href{javascript:evil()}{x}$\n",
    "MED003": "details: a ![x](../x.png)\n",
    "MED005": "details: a ![x](https://evil.test/x.png)\n",
    "REF003": "details: a [x](javascript:evil())\n",
}
SILENCING = {
    "file": "# cardpipe: ignore-file[{code}] a reason\n",
    "ignore": "lint: {{ignore: [{code}]}}\n",
    "family": "lint: {{ignore: [{family}]}}\n",
    "all": "lint: {{ignore: [ALL]}}\n",
    "select": "lint: {{select: [WRD001]}}\n",
    "severity": "lint: {{severity: {{{code}: info}}}}\n",
    "per-path": 'lint: {{per-path: {{"*": [{code}]}}}}\n',
}


def add(project: Path, code: str, *, before: str = "", settings: str = "") -> None:
    card = f"{before}id: EX0009\ntitle: A unit\nquestion: Why?\nanswer: So it is.\ntags: [example]\n{UNSAFE[code]}"
    (project / "source" / "cards" / "EX0009.yaml").write_text(card, encoding="utf-8")
    deck = project / "source" / "deck.yaml"
    deck.write_text(deck.read_text(encoding="utf-8") + settings, encoding="utf-8")


@pytest.mark.parametrize("how", SILENCING)
@pytest.mark.parametrize("code", UNSAFE)
def test_no_card_and_no_severity_silences_a_safety_rule(code: str, how: str, project: Path) -> None:
    from cardpipe.build.pipeline import check

    text = SILENCING[how].format(code=code, family=code[:3])
    add(project, code, before=text if how == "file" else "", settings="" if how == "file" else text)
    found = {(item.code, item.severity.value) for item in check(project).diagnostics}
    assert (code, "error") in found
    if how == "file":
        assert ("SUP002", "error") in found
    elif how in {"ignore", "severity", "per-path"}:
        assert ("CFG002", "error") in found


@pytest.mark.parametrize("code", UNSAFE)
def test_a_deck_switches_a_safety_rule_off_openly(code: str, project: Path) -> None:
    from cardpipe.build.pipeline import check

    add(project, code, settings=f"lint: {{allow-unsafe: {{{code}: old cards}}}}\n")
    found = check(project).diagnostics
    assert code not in {item.code for item in found}
    [told] = [item for item in found if item.code == "CFG003"]
    assert (told.severity.value, told.span.path) == ("info", "source/deck.yaml")
    assert "old cards" in told.message


@pytest.mark.slow
def test_diff_shows_the_switch(project: Path, run: Run) -> None:
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=project, check=True)
    add(project, "MTH002", settings='lint: {allow-unsafe: {MTH002: "old\\e[31m cards"}}\n'.replace("\\e[31m", ""))
    told = run("-C", project, "diff", "HEAD")
    assert "Safety\n  MTH002, a safety rule, is disabled: old cards\n" in told.stdout
    shown = json.loads(run("-C", project, "diff", "HEAD", "--json").stdout)
    assert shown["safety"] == [{"rule": "MTH002", "before": None, "after": "old cards"}]
    assert "### Safety" in run("-C", project, "diff", "HEAD", "--output-format", "markdown").stdout


@pytest.mark.slow
def test_with_all_switched_off_the_files_hold_nothing_live(project: Path, run: Run) -> None:
    switches = ", ".join(f"{code}: old cards" for code in UNSAFE)
    details = "".join(
        f"  {text.removeprefix('details: ').strip()}\n" for code, text in UNSAFE.items() if code != "MKU003"
    )
    card = f"id: EX0009\ntitle: A unit\nquestion: Why?\nanswer: So it is.\ntags: [example]\ndetails: |\n{details}"
    (project / "source" / "cards" / "EX0009.yaml").write_text(card, encoding="utf-8")
    deck = project / "source" / "deck.yaml"
    settings = f"lint: {{allow-unsafe: {{{switches}}}, ignore: [MTH001, MED001]}}\n"
    deck.write_text(deck.read_text(encoding="utf-8") + settings, encoding="utf-8")
    result = run("-C", project, "export", "--format", "csv", "--format", "html")
    assert result.returncode == 0, result.stderr
    table = (project / "output" / "sample.csv").read_text(encoding="utf-8")
    assert "javascript:evil()" in table  # as code
    assert not re.search(r"\[sound:|<script|\\href|https://evil", table)
    page = (project / "output" / "sample.html").read_text(encoding="utf-8")
    assert not re.search(r'<script|(?:href|src)="(?:javascript|https://evil)', page)


# --- Control characters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name_and_spot", [*CARD_SPOTS, *DECK_SPOTS], ids=lambda spot: spot[0])
@pytest.mark.parametrize("escape", ["\\0", "\\x1f", "\\e", "\\u0085", "\\L", "\\r"])
def test_a_control_character_is_refused_in_every_text(name_and_spot: tuple[str, Any, Any], escape: str) -> None:
    written = json.dumps(filled(name_and_spot[1], "a\ufdd1b")).replace("\\ufdd1", escape)
    findings: list[Any] = []
    read_yaml(SourceFile("source/x.yaml", written), findings)
    assert {finding.code for finding in findings} == {"YML004"}


# --- In the browser ---------------------------------------------------------------------------------------------------

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PROBE = """<!doctype html><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="img-src 'none'; media-src 'none'; frame-src 'none'">
<script>
window.seen = [];
window.evil = () => seen.push("ran");
// The pictures of the package, which are not there, count as files.
document.addEventListener("securitypolicyviolation", e => e.blockedURI === "file" || seen.push(e.blockedURI));
window.MathJax = {{
  tex: {{displayMath: [["\\\\[", "\\\\]"]], processEscapes: false, processEnvironments: false, processRefs: false,
        packages: {{"[+]": ["noerrors", "mathtools", "mhchem"]}}}},
  loader: {{load: ["[tex]/noerrors", "[tex]/mathtools", "[tex]/mhchem"]}},
  options: {{enableMenu: false}},
}};
</script>
<script src="{mathjax}"></script>
<body>{fields}
<pre id="found"></pre>
<script>
addEventListener("load", async () => {{
  await MathJax.startup.promise;
  await MathJax.typesetPromise();
  for (const a of document.querySelectorAll("a[href^=http], a[href^=mailto]")) a.removeAttribute("href");
  for (const e of document.querySelectorAll("body *")) e.dispatchEvent(new MouseEvent("click", {{bubbles: true}}));
  await new Promise(done => setTimeout(done, 300));
  const styles = [...document.querySelectorAll("[style]")].map(e => e.getAttribute("style"));
  const links = [...document.querySelectorAll("mjx-container a, mjx-container [href]")].map(e => e.outerHTML);
  const formulas = document.querySelectorAll("mjx-container").length;
  const answer = {{seen, links, formulas, styles: styles.filter(s => /url|evil/.test(s))}};
  document.getElementById("found").textContent = JSON.stringify(answer);
}});
</script>"""


def in_browser(fields: list[str], folder: Path) -> dict[str, Any]:
    """What MathJax, set up as Anki sets it up, and a click on everything do with some HTML."""
    from cardpipe.mathjax.fonts import mathjax_folder

    probe = folder / "probe.html"
    mathjax = (mathjax_folder() / "tex-chtml-full.js").as_uri()
    probe.write_text(PROBE.format(mathjax=mathjax, fields="\n".join(fields)), encoding="utf-8")
    assert BROWSER is not None
    result = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000", "--dump-dom", probe.as_uri(),
        ],
        capture_output=True, text=True, encoding="utf-8", timeout=180, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="found">(.+?)</pre>', result.stdout, re.DOTALL)
    assert found is not None, "the page did not load"
    answer: dict[str, Any] = json.loads(html.unescape(found[1]))
    return answer


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one")
def test_in_a_browser_a_click_on_everything_runs_nothing(decks: dict[str, HostileDeck], tmp_path: Path) -> None:
    live = r"\(\href{javascript:evil()}{x}\) \(\bbox[background:url(https://evil.test/b.png)]{x}\)"
    control = in_browser([live], tmp_path)
    assert control["links"]
    assert control["styles"]
    assert set(control["seen"]) == {"ran", "https://evil.test/b.png"}
    fields = [r'<span class="math inline">\(x^2\)</span>']
    for hostile in decks.values():
        rendered = hostile.rendered(ANKI.capabilities)
        fields.append(f"<div>{description(rendered)}</div>")
        made = notes(rendered, decks_of(rendered.settings))
        fields += [f"<div>{_CLOZE.sub('', field)}</div>" for note in made for field in note.fields]
    answer = in_browser(fields, tmp_path)
    assert answer["formulas"] >= 1
    assert (answer["seen"], answer["links"], answer["styles"]) == ([], [], [])
