"""Calls to a code host's JSON API by the standard library, with limits and retries."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urljoin, urlsplit

from cardpipe import __version__
from cardpipe.errors import CardpipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_Result = TypeVar("_Result")
LARGEST_ANSWER: Final = 16 * 1024 * 1024
"""Maximum bytes of a JSON answer; a page of a hundred comments has up to 7 MB."""
_TIMEOUT: Final = 30.0
_TRIES: Final = 4
_LONGEST_PAUSE: Final = 60.0
_MOST_REDIRECTS: Final = 3
_MOST_PAGES: Final = 50
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class ForgeError(CardpipeError):
    """The code host could not be reached, or refused a request."""


class BusyError(ForgeError):
    """The host did not answer, or asked to try again later: it is not known whether the request was carried out."""

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message, hint="Run the job again later.")
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the host."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the caller: a token must not go to another host."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow none."""


class Api:
    """The API of a code host below an address, called with a token."""

    def __init__(
        self,
        address: str,
        headers: Mapping[str, str],
        *,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._address = address.rstrip("/")
        self._headers = {"User-Agent": f"cardpipe/{__version__}", **headers}
        self._pause = pause
        self._opener = urllib.request.build_opener(_NoRedirects)
        _refuse_insecure(self._address)

    def get(self, path: str) -> Any:
        """Return the JSON at a path; tries again while the host is busy."""
        return self._json(self.retried(lambda: self._call("GET", f"{self._address}{path}", LARGEST_ANSWER)))

    def pages(self, path: str) -> Iterator[Any]:
        """Return the items of all pages of a list; `path` ends with a query."""
        for number in range(1, _MOST_PAGES + 1):
            found = self.get(f"{path}&per_page=100&page={number}")
            if not isinstance(found, list):
                raise ForgeError("The code host's answer is not the list that was requested.")
            yield from found
            if len(found) < 100:
                return

    def send(self, method: str, path: str, content: Mapping[str, str]) -> Any:
        """Send JSON once; raises BusyError if it may have to be sent again."""
        data = json.dumps(content).encode()
        return self._json(self._call(method, f"{self._address}{path}", LARGEST_ANSWER, data))

    def download(self, path: str, largest: int) -> bytes:
        """Return a file of limited size; another host that the answer refers to does not get the token."""
        return self.retried(lambda: self._downloaded(f"{self._address}{path}", largest))

    def retried(self, call: Callable[[], _Result]) -> _Result:
        """Return what a call returns; tries again while the host is busy."""
        for number in range(_TRIES):
            try:
                return call()
            except BusyError as error:
                if number == _TRIES - 1:
                    raise
                self._pause(min(max(error.pause, 2.0**number), _LONGEST_PAUSE))
        raise AssertionError

    def _downloaded(self, address: str, largest: int) -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._call("GET", address, largest)
            if answer.status not in _REDIRECTS:
                return answer.body
            address = urljoin(address, answer.headers.get("location", ""))
            _refuse_insecure(address)
        raise ForgeError("The code host redirects a download too often.")

    def _call(self, method: str, address: str, largest: int, data: bytes | None = None) -> Answer:
        headers = (
            self._headers if _host(address) == _host(self._address) else {"User-Agent": self._headers["User-Agent"]}
        )
        if data is not None:
            headers = {**headers, "Content-Type": "application/json"}
        request = urllib.request.Request(address, data, headers, method=method)  # noqa: S310 - checked to be https
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as response:
                return _read(response, largest)
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error, method)
        except (OSError, ValueError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise BusyError(f"{_host(address)} could not be reached: {reason}.", 0) from error

    def _refused(self, error: urllib.error.HTTPError, method: str) -> Answer:
        headers = {name.lower(): value for name, value in error.headers.items()}
        if error.code in _REDIRECTS and method == "GET":
            return Answer(error.code, headers, b"")
        wait = headers.get("retry-after", "")
        limited = error.code == 403 and (wait or headers.get("x-ratelimit-remaining") == "0")
        message = f"The code host answered {error.code} to {method}: {_reason(error)}"
        if error.code in _BUSY or limited:
            raise BusyError(message, float(wait) if wait.isascii() and wait.isdigit() else 0)
        hint = {
            401: "The token is invalid or has expired.",
            403: "The token may not do this: in a workflow of GitHub, set `permissions: pull-requests: write`.",
            404: "The token may not see this, or it does not exist.",
        }.get(error.code)
        raise ForgeError(message, hint=hint)

    def _json(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise ForgeError("The code host's answer is not JSON.") from None


def _read(response: HTTPResponse, largest: int) -> Answer:
    body = response.read(largest + 1)
    if len(body) > largest:
        raise ForgeError(f"The code host's answer has more than {largest} bytes.")
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body)


def _reason(error: urllib.error.HTTPError) -> str:
    """Return the message of an error: the host's own, if it has one."""
    try:
        found = json.loads(error.read(100_000))
        message = found.get("message") if isinstance(found, dict) else None
    except (OSError, ValueError, RecursionError, HTTPException):
        message = None
    return str(message)[:300] if message else str(error.reason)


def _host(address: str) -> str:
    return urlsplit(address).netloc


def _refuse_insecure(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise ForgeError(f"{address[:100]} is not an https address, so no token is sent there.")
