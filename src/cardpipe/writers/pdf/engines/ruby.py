"""A style for ruby in engines without it: the reading as a row above its text."""

from __future__ import annotations

_TABLE = (
    "ruby{{display:inline-table;line-height:1.1;text-indent:0;text-align:center;vertical-align:{raised};}}"
    "ruby rt{{display:table-header-group;font-size:0.5em;text-align:center;white-space:nowrap;}}"
    "ruby rp{{display:none;}}"
)


def with_ruby(document: str, raised: str) -> str:
    """Return a document with that style if it has ruby; `raised` is the CSS that puts its text on the baseline."""
    if "<ruby>" not in document:
        return document
    return document.replace("</head>", f"<style>{_TABLE.format(raised=raised)}</style></head>", 1)
