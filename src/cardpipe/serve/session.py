"""Start the preview and run it until the process ends."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.serve.server import PreviewServer
from cardpipe.serve.work import Urgency
from cardpipe.source.watching import changes

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.serve.preview import Preview

FIRST_PORT: Final = 8417
_TRIED: Final = 20
"""Ports that are tried one after another."""


def bound_server(host: str, port: int | None, preview: Preview) -> PreviewServer:
    """Return a server that listens at a port, by default at the first free one from `FIRST_PORT`.

    Raises UsageError if the port is in use, or the address is not one of this machine.
    """
    if port is not None:
        try:
            return PreviewServer(host, port, preview)
        except OSError as error:
            raise _refused(host, port, error, preview) from error
    for candidate in range(FIRST_PORT, FIRST_PORT + _TRIED):
        try:
            return PreviewServer(host, candidate, preview)
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise _refused(host, candidate, error, preview) from error
    raise UsageError(
        f"The ports {FIRST_PORT} to {FIRST_PORT + _TRIED - 1} are in use.", hint="Name another one with --port."
    )


def _refused(host: str, port: int, error: OSError, preview: Preview) -> UsageError:
    if error.errno != errno.EADDRINUSE:
        reason = error.strerror or str(error)
        return UsageError(f"The server cannot listen at {host}, port {port}: {reason}.", hint="Use another --host.")
    for candidate in range(port + 1, min(port + _TRIED, 65536)):
        try:
            PreviewServer(host, candidate, preview).server_close()
        except OSError:
            continue
        return UsageError(f"Port {port} is in use.", hint=f"Port {candidate} is free: --port {candidate}")
    return UsageError(f"Port {port} is in use.", hint="Name another one with --port.")


def run(preview: Preview, server: PreviewServer, root: Path, *, poll: bool) -> None:
    """Serve and follow changes until `preview.work` is stopped, or a signal ends the process."""
    stop = threading.Event()

    def watch() -> None:
        for batch in changes(root, stop, poll=poll):
            preview.changed(batch)

    threads = [
        threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True),
        threading.Thread(target=watch, daemon=True),
    ]
    for thread in threads:
        thread.start()
    preview.work.submit(Urgency.IDLE, preview.warm_up)
    try:
        preview.work.run()
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        preview.close()
        for thread in threads:
            thread.join()
