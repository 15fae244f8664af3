"""Templates and style sheets of strangers in `source/anki/`: what comes through to learners, and at what cost."""

from __future__ import annotations

import re
import time

import pytest

from cardpipe.text.anki_templates import (
    asks,
    field_names,
    makes_card,
    mark_fault,
    safe_style,
    safe_template,
    template_faults,
)

SCRIPTS = (
    "<script>alert(1)</script>{{Front}}",
    "<SCRIPT SRC=//example.org/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<b onclick='alert(1)'>x</b>",
    "<div style='background:url(//example.org/x)'>x</div>",
    '<div style="width:expression(alert(1))">x</div>',
    "<div style='position:fixed;top:0'>x</div>",
    "<style>@import url(//example.org/x.css);</style>",
    "<link rel=stylesheet href=//example.org/x.css>",
    "<iframe src=//example.org></iframe>",
    "<object data=//example.org></object>",
    "<embed src=//example.org>",
    "<form action=//example.org><input name=a></form>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='{{Front}}'>x</a>",
    '<a href="https://example.org/{{Front}}">x</a>',
    "<div class='{{Front}}'>x</div>",
    '<div class="{{Tags}}{{Front}}">x</div>',
    "<div {{Front}}>x</div>",
    "<{{Front}}>x</{{Front}}>",
    "{{<script>alert(1)</script>}}",
    '{{Front" onmouseover="alert(1)}}',
    "<!--{{Front}}--><script>alert(1)</script>",
    "<!<!-- -->--mark-1--><script>alert(1)</script>",
    "&lt;!--mark-1--&gt;<script>alert(1)</script>{{Front}}",
    "{{=<% %>=}}<%Front%>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<base href=//example.org>",
    "<meta http-equiv=refresh content='0;url=//example.org'>",
    "<video src=//example.org autoplay></video><audio src=//example.org></audio>",
    "<details ontoggle=alert(1) open>x</details>",
    "<tts voice='en_GB' onclick=alert(1)>x</tts>",
    "<tts voice='{{Front}}'>x</tts>",
    '<font face="x;background:url(//example.org)">x</font>',
    '<div style="color:red;{{Front}}">x</div>',
    '<div style="{{Tags}}">x</div>',
    "<div style='{{#Front}}color:red{{/Front}}'>x</div>",
    '<div class="&#123;&#123;Front}}">x</div>',
    '<div class="{<!--x-->{Front}}">x</div>',
    '<a href="https://example.org/{{Tags}}">x</a>',
    '<a href="mailto:a@b.c?{{Tags}}">x</a>',
    '<div {{#Front}}class="{{/Front}}x">y</div>',
    "<body onload=alert(1)>",
    "<plaintext>{{Front}}",
    "<xmp><script>alert(1)</script></xmp>",
    "<p/onclick=alert(1)>x",
    "<a/href=javascript:alert(1)>x</a>",
    '<div style="background:&#117;rl(//example.org)">x</div>',
    '<div style="pos\\69tion:fixed">x</div>',
    '<div style="position:/**/fixed">x</div>',
    '<div style="position: sticky">x</div>',
)
HARM = re.compile(
    r"<(?:script|img|svg|math|style|link|iframe|object|embed|form|input|base|meta|video|audio|template|noscript)\b"
    r"|\son[a-z]+\s*=|javascript:|url\(|expression\(|position\s*:|@import"
    r"|=\s*\"[^\"]*\{\{(?!Tags\}\})|<[^<>]*\{\{(?!Tags\}\}\")[^<>]*>",
    re.IGNORECASE,
)


@pytest.mark.parametrize("payload", SCRIPTS)
def test_no_script_comes_through(payload: str) -> None:
    for text in (payload, f"<b>{payload}", f"{payload}{payload}", f"{{{{#A}}}}{payload}{{{{/A}}}}"):
        made = safe_template(text)
        assert HARM.search(re.sub(r"(?:\A|>)[^<]*(?=<|\Z)", ">", made)) is None, made
        assert safe_template(made) == made
    assert "{{=" in payload or payload.startswith(("<!<!--", "<{{", "{{F")) or list(template_faults(payload))


@pytest.mark.parametrize(
    "payload",
    [
        "[sound:x.mp3]",
        "[sound:{{Front}}]",
        "[latex]x[/latex]",
        "[$]x[/$]",
        "[so{{x}}und:y]",
        "[[type:Front]]",
        "[anki:play:q:0]",
    ],
)
def test_no_command_of_anki_comes_through(payload: str) -> None:
    assert "[" not in safe_template(f"{{{{Front}}}}{payload}")


@pytest.mark.parametrize("payload", [r"\({{Front}}\)", r"\{{x}}({{Front}}\)", r"\[x\]", r"\\{{x}}["])
def test_no_formula_comes_through(payload: str) -> None:
    made = safe_template(payload)
    assert re.search(r"\\(?:\{\{[^}]*\}\})*[(\[]", made) is None


@pytest.mark.parametrize(
    "text",
    [
        "{{Front}}",
        '{{FrontSide}}\n\n<hr id="answer">\n\n{{Back}}',
        '<div class="{{Tags}} word" style="color: red">{{hint:Front}}</div>',
        "{{#A}}<b>{{type:A}}</b>{{/A}}{{^A}}{{furigana:B}}{{/A}}",
        "<table><tbody>{{#A}}<tr><td>{{A}}</td></tr>{{/A}}</tbody></table>",
        "{{tts en_US voices=Apple_Samantha:Front}} {{Feld & Ähnliches}}",
        '<a href="https://example.org/a">x</a> <span lang="de" dir="rtl">y</span>',
        '<tts service="android" voice="en_GB">{{Front}}</tts>',
    ],
)
def test_what_templates_need_stays(text: str) -> None:
    assert safe_template(text) == text
    assert not list(template_faults(text))


@pytest.mark.parametrize(
    "text",
    [
        "<a " * 20_000,
        "<" * 60_000,
        "<a '" * 15_000,
        '<a "' * 15_000,
        "<b x=" * 12_000,
        "<!--" * 15_000,
        "{{" * 30_000,
        "{{#A}}" * 10_000,
        "{{A" * 20_000,
        "<div>" * 12_000,
        "<table>" * 8_000,
        "[sound:" * 8_000,
        "\\(" * 30_000,
        "<b " + "x " * 30_000,
        "<b " + "'" * 60_000,
        "{{#A}}{{/A}}" * 5_000,
        "{{" + "{" * 30_000 + "}}" * 15_000,
        "{{a:" + ":" * 60_000 + "}}",
        "{{" + " " * 60_000 + "}}",
    ],
    ids=lambda text: text[:8],
)
def test_a_long_template_takes_little_time(text: str) -> None:
    begun = time.process_time()
    made = safe_template(text)
    list(template_faults(text))
    field_names(text)
    makes_card(text, {"A"})
    mark_fault(text, {"A"})
    asks(text, {"A"}, is_cloze=True)
    assert safe_template(made) == made
    assert time.process_time() - begun < 4


@pytest.mark.parametrize(
    "css",
    [
        "@import 'x';",
        ".a { background: url(x) }",
        "</style><script>",
        ".a { } }",
        "{{Front}}",
        ".a { width: expression(1) }",
    ],
)
def test_no_unsafe_style_sheet_comes_through(css: str) -> None:
    assert safe_style(f".card {{ color: red }}\n{css}") == ""
