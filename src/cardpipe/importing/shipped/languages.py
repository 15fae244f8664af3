"""The language of highlighted code, which HTML does not name: the one that gives the same highlighting."""

from __future__ import annotations

from typing import Final

from cardpipe.render.code import code_block

_LANGUAGES: Final = (
    *("python", "javascript", "bash", "java", "cpp", "c", "rust", "go", "typescript", "sql", "html", "css", "json"),
    *("yaml", "toml", "r", "julia", "diff"),
)
"""In the order in which they are tried: the first that fits is taken."""


def language_of(code: str, highlighted: str) -> str:
    """Return the language in which code is highlighted so; empty if there is none."""
    if code.endswith("\n") and not highlighted.endswith("\n"):
        highlighted += "\n"
    wanted = f'<div class="highlight"><pre><code>{highlighted}</code></pre></div>'
    return next((language for language in _LANGUAGES if code_block(code, language) == wanted), "")
