"""Web and mail addresses: which are safe to open, and how to encode them in output.

The parts of an address are those of RFC 3986. What Anki, TeX or Markdown would read as their own inside of an
attribute is written in its percent form, so that no writer needs to know of the others.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import quote

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST: Final = r"\w(?:[\w.-]*\w)?\.?"
_WEB: Final = re.compile(rf"https?://{_HOST}(?::[0-9]{{1,5}})?(?=[/?#]|$)", re.IGNORECASE)
_MAIL: Final = re.compile(rf"mailto:[^\s@:/\\?#]+@{_HOST}(?=[?#]|$)", re.IGNORECASE)
_USER: Final = re.compile(r"https?://[^/?#]*@", re.IGNORECASE)
_HIDDEN: Final = (
    r"\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff"
)
_STRANGE: Final = re.compile(rf"[\s<>\"`\\{_HIDDEN}]")
_ENCODED: Final = re.compile(rf"[\s\"<>\[\]\\^`{{|}}{_HIDDEN}]")
_STRANGE_HELP: Final = "Percent-encode whitespace, quotation marks, angle brackets and backslashes."


class AddressFault(NamedTuple):
    """A fault of an address, and what to write instead."""

    message: str
    help: str


def address_fault(address: str) -> AddressFault | None:
    """Return why an address is unsafe; None for a complete one that begins with https://, http:// or mailto:."""
    if _STRANGE.search(address) is None and (_WEB.match(address) or _MAIL.match(address)):
        return None
    scheme = _SCHEME.match(address)
    if scheme is None:
        return AddressFault(
            "The address has no scheme, so the link is broken in an exported deck.",
            "Write the full address with https://, or card:ID for a card of this deck.",
        )
    if scheme[1].lower() not in {"http", "https", "mailto"}:
        return AddressFault(f"Links to “{scheme[1]}:” addresses are not allowed.", "Use an https:// address.")
    if _USER.match(address):
        return AddressFault(
            "The address has a user name before its host, which can hide its target.",
            "Remove everything up to the `@`.",
        )
    return AddressFault("The address is incomplete or contains invalid characters.", _STRANGE_HELP)


def is_safe(address: str) -> bool:
    """Return whether an address is allowed in output."""
    return address_fault(address) is None


def encoded(address: str) -> str:
    """Return the address with all characters percent-encoded that some output could interpret.

    Existing percent-encoding and letters beyond ASCII are kept.
    """
    return _ENCODED.sub(lambda match: quote(match[0], safe="", errors="replace"), address)


def filled(template: str, place: str, value: str) -> str:
    """Return an address template filled with a value, encoded."""
    return encoded(template.replace(place, value))
