"""Addresses on the web and of mail: which are safe to open, and how they are written into any output.

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
_STRANGE_HELP: Final = "Write whitespace, quotation marks, angle brackets and backslashes in their %-form."


class AddressFault(NamedTuple):
    """What is wrong with an address, and what to write instead."""

    message: str
    help: str


def address_fault(address: str) -> AddressFault | None:
    """Why an address cannot be opened safely; None for a whole one that begins with https://, http:// or mailto:."""
    if _STRANGE.search(address) is None and (_WEB.match(address) or _MAIL.match(address)):
        return None
    scheme = _SCHEME.match(address)
    if scheme is None:
        return AddressFault(
            "This address has no scheme, so it is broken in an exported deck.",
            "Write the whole address with https://, or card:ID for a card of this deck.",
        )
    if scheme[1].lower() not in {"http", "https", "mailto"}:
        return AddressFault(f"A link cannot lead to “{scheme[1]}:” addresses.", "Write an https:// address.")
    if _USER.match(address):
        return AddressFault(
            "This address has a user name before its host, which hides where it leads.",
            "Leave out everything up to the `@`.",
        )
    return AddressFault("This address is incomplete or holds characters that an address cannot have.", _STRANGE_HELP)


def is_safe(address: str) -> bool:
    """Whether an address may stand in an output."""
    return address_fault(address) is None


def encoded(address: str) -> str:
    """The address with every character in its percent form that some output could read as more than an address.

    What is percent-encoded already, and letters beyond ASCII, stay as they are.
    """
    return _ENCODED.sub(lambda match: quote(match[0], safe="", errors="replace"), address)


def filled(template: str, place: str, value: str) -> str:
    """An address with a value in each place for it, all of it encoded."""
    return encoded(template.replace(place, value))
