"""Which requests are answered: those for our own name, and from our own pages."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from email.message import Message

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The policy of the preview's own pages."""
DOCUMENT_POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; media-src 'self' data:; font-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin"
)
"""The policy of documents with content of cards: no scripts, no forms, no requests to others.

`allow-same-origin` without `allow-scripts` lets the page around a document measure its height; nothing can run in it.
"""
PDF_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""Viewers of PDF do not work in a sandbox."""
OWN_HEADER: Final = "X-Cardpipe-Token"
_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)


def common_headers() -> tuple[tuple[str, str], ...]:
    """Return the headers of every answer."""
    return _HEADERS


def is_loopback(address: str) -> bool:
    """Return whether an address, or the name `localhost`, is of this machine only."""
    if address == "localhost":
        return True
    ip = _ip(address)
    if ip is None:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def is_own_host(header: str | None, bound: str, port: int) -> bool:
    """Return whether a `Host` header names this server, and not a name that a stranger lets lead to it.

    With a server for other machines, every numeric address is accepted: only names can be made to lead elsewhere.
    """
    name, given = _split(header or "")
    if name is None or (given or 80) != port:
        return False
    if name == bound.lower() or is_loopback(name):
        return True
    return not is_loopback(bound) and _ip(name) is not None


def is_from_elsewhere(headers: Message) -> bool:
    """Return whether a browser says that another site makes the request, other than by a link to follow."""
    site, mode = headers.get("Sec-Fetch-Site"), headers.get("Sec-Fetch-Mode")
    if site in {None, "same-origin", "none"}:
        return False
    return mode != "navigate" or headers.get("Sec-Fetch-Dest") != "document"


def may_act(headers: Message, token: str) -> bool:
    """Return whether a request that does something comes from our own page: by its origin and our token."""
    if headers.get("Origin") != f"http://{headers.get('Host')}":
        return False
    if headers.get("Sec-Fetch-Site") not in {None, "same-origin"}:
        return False
    return hmac.compare_digest((headers.get(OWN_HEADER) or "").encode("utf-8", "replace"), token.encode())


def _split(header: str) -> tuple[str | None, int | None]:
    """Return the name and port of a `Host` header; no name if it is invalid."""
    name, _, port = header.strip().lower().rpartition(":")
    if not name or header.endswith("]"):
        name, port = header.strip().lower(), ""
    if port and not (port.isascii() and port.isdecimal() and len(port) < 6):
        return None, None
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    return name or None, int(port) if port else None


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
