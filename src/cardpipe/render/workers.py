"""Daemon threads, which do not delay the end of the program.

The standard pool waits for its threads when a run is interrupted; a figure's script may take a minute. A script's
process ends with ours, so that nothing is left behind.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")


class Workers:
    """A few daemon threads that run calls in order."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads = 0
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._futures: list[Future[object]] = []

    def submit(self, call: Callable[[], _Result]) -> Future[_Result]:
        """Schedule a call; the future gets its result or its exception."""
        future: Future[_Result] = Future()

        def carry_out() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001 - handed to the thread that asks for the result
                    future.set_exception(error)

        self._calls.put(carry_out)
        self._futures.append(future)  # type: ignore[arg-type] # a future of anything is only cancelled here
        if self._threads < self._count:
            self._threads += 1
            threading.Thread(target=self._work, daemon=True).start()
        return future

    def close(self) -> None:
        """Drop pending calls, and do not wait for running ones."""
        for future in self._futures:
            future.cancel()
        for _ in range(self._threads):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
