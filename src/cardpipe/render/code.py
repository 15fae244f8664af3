"""Syntax highlighting by Pygments: code with classes for its tokens, and the colours of the classes."""

from __future__ import annotations

import functools
import html
import re
from typing import Any

# Only languages that decks need: lexers are regular expressions that run on untrusted text, and not all of Pygments'
# five hundred take linear time.
_LANGUAGES = {
    "bash": "bash",
    "c": "c",
    "c++": "cpp",
    "cpp": "cpp",
    "css": "css",
    "diff": "diff",
    "go": "go",
    "html": "html",
    "java": "java",
    "javascript": "javascript",
    "js": "javascript",
    "json": "json",
    "julia": "julia",
    "py": "python",
    "python": "python",
    "r": "r",
    "rust": "rust",
    "sh": "bash",
    "sql": "sql",
    "toml": "toml",
    "ts": "typescript",
    "typescript": "typescript",
    "yaml": "yaml",
}
_LONGEST = 20_000
_LONGEST_SLOW = 4_000
_SLOW = frozenset({"c", "cpp", "java", "typescript"})
"""Lexers that search from each character to the end of a possible function head, and so take quadratic time."""
_NO_CODE = re.compile(r"""[^;{}()=,"']{200}""")
"""Text that no function in these languages contains."""

# Class prefixes of Pygments' short names, and a colour on white and on black, each with a contrast of at least 4.5.
_COLOURS = (
    (("c", "ch", "cm", "cp", "cpf", "c1", "cs"), "#5f6b7a", "#98a5b5"),
    (("k", "kc", "kd", "kn", "kp", "kr", "kt", "ow"), "#8b1a6b", "#e79bd0"),
    (("s", "sa", "sb", "sc", "dl", "sd", "s2", "se", "sh", "si", "sx", "sr", "s1", "ss"), "#2b6a2f", "#98d39c"),
    (("m", "mb", "mf", "mh", "mi", "mo", "il"), "#8a4b08", "#eab676"),
    (("nf", "fm", "nc", "nd"), "#1d4f91", "#8fbcf2"),
    (("nb", "bp", "nt", "na"), "#00626e", "#7fd0db"),
    (("gd",), "#a12622", "#f09a96"),
    (("gi",), "#2b6a2f", "#98d39c"),
)


def code_block(code: str, language: str) -> str:
    """Return a code block; tokens of a supported language have Pygments' short classes."""
    name = _LANGUAGES.get(language.lower())
    if name is None or len(code) > _LONGEST or (name in _SLOW and _takes_long(code)):
        return f"<pre><code>{html.escape(code, quote=False)}</code></pre>"
    from pygments import highlight

    marked = highlight(code, _lexer(name), _formatter())
    if code.endswith("\n") and not marked.endswith("\n"):
        marked += "\n"
    return f'<div class="highlight"><pre><code>{marked}</code></pre></div>'


def _takes_long(code: str) -> bool:
    return len(code) > _LONGEST_SLOW or _NO_CODE.search(code) is not None


@functools.cache
def _lexer(name: str) -> Any:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@functools.cache
def _formatter() -> Any:
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(nowrap=True)


def code_style(*, dark: bool = False) -> str:
    """Return CSS for the classes, one rule per line; each selector begins with `.highlight`."""
    return "".join(
        f"{','.join(f'.highlight .{name}' for name in names)}{{color:{night if dark else day}}}\n"
        for names, day, night in _COLOURS
    )
