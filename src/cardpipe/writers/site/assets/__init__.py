"""Scripts and style sheets of the site, and how to read them."""

from __future__ import annotations

from importlib.resources import files


def text(name: str) -> str:
    """Return the content of a file of this folder, with line ends of Unix."""
    # A checkout may have turned line ends into CRLF; they are part of the site's bytes.
    return files(__name__).joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")
