"""Run MathJax in QuickJS: start, limits, and recovery from failures."""

from __future__ import annotations

import functools
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from cardpipe.cache.installed import drawing_code, version_of
from cardpipe.errors import RenderError
from cardpipe.mathjax.fonts import CHARACTERS, mathjax_folder
from cardpipe.mathjax.formula import Equation, MathError, Verdict, read_equation, read_error, size_error

if TYPE_CHECKING:
    from collections.abc import Callable

_READING = ("loader.js", "core.js", "adaptors/liteDOM.js", "input/tex-full.js")
_DRAWING = ("output/svg.js", "output/svg/fonts/tex.js")
_OWN = ("right_to_left.js", "typeset.js")

# `startup` must be there, and empty, so that MathJax configures nothing by itself.
_PRELUDE = """
var window = globalThis, self = globalThis, global = globalThis;
globalThis.MathJax = {loader: {load: []}, startup: {typeset: false}};
"""

_MEMORY = 192 * 1024 * 1024
_SECONDS = 4.0
"""CPU time limit per formula, in addition to the step count; the longest valid one takes a tenth of it."""
_WORK_OF_START: Final = 5_000
"""The amount of work of all formulas after which MathJax is restarted."""

_JAVASCRIPT_STACK = 2 * 1024 * 1024
_THREAD_STACK = 16 * 1024 * 1024

_EXHAUSTED = ("interrupted", "memory", "stack", "recursion")
"""QuickJS errors for too much time, memory or stack."""
_SHORT = "Probably memory is short: close other programs, or raise the limit of this process."
_TOO_MUCH = "The formula is too large or too deeply nested for MathJax"


@functools.cache
def mathjax_version() -> str:
    """Return a version for cache keys of equations: releases of the libraries, and cardpipe's own code."""
    names = ("django-static-mathjax", "matplotlib", "fonttools")
    return " ".join(f"{name} {version_of(name)}" for name in names) + " " + drawing_code()


@functools.cache
def _own_scripts() -> str:
    folder = resources.files("cardpipe.mathjax")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _OWN)


class MathJax:
    """MathJax for one process; safe to call from any thread, since all work is done in one thread of its own.

    That thread has the stack that QuickJS's own limit needs, which a main thread need not have (1 MiB on Windows).
    Nothing is started before the first formula, and no fonts are loaded before the first picture.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: ThreadPoolExecutor | None = None
        self._process = 0
        self._context: Any = None
        self._can_draw = False

    def check(self, tex: str, *, display: bool) -> MathError | None:
        """Return MathJax's error for a formula, if any; the formula is only parsed."""
        return self.judge(tex, display=display).error

    def judge(self, tex: str, *, display: bool) -> Verdict:
        """Return the error and the amount of work, which is the same on every machine."""
        refused = size_error(tex)
        return Verdict(refused, 1) if refused else self._run(lambda: self._judge(tex, display))

    def typeset(self, tex: str, *, display: bool) -> Equation | MathError:
        """Draw a formula."""
        return size_error(tex) or self._run(lambda: self._typeset(tex, display))

    def close(self) -> None:
        """End the thread and free MathJax's memory; the next formula starts it again."""
        with self._lock:
            if self._worker is not None and self._process == os.getpid():
                self._worker.submit(self._forget).result()
                self._worker.shutdown()
            self._worker = None

    def _run(self, job: Callable[[], Any]) -> Any:
        with self._lock:
            # A forked child inherits the object but not its thread.
            if self._worker is None or self._process != os.getpid():
                self._worker = _thread_with_stack()
                self._process = os.getpid()
                self._context = None
            # Within the lock, so that no other user closes it in between.
            result = self._worker.submit(job)
        return result.result()

    def _judge(self, tex: str, display: bool) -> Verdict:
        answer = self._call("check", tex, display)
        if isinstance(answer, MathError):
            return Verdict(answer, _WORK_OF_START)
        result = json.loads(answer)
        return Verdict(read_error(result), int(result["work"]))

    def _typeset(self, tex: str, display: bool) -> Equation | MathError:
        from cardpipe.mathjax.glyphs import glyph

        for _ in range(2):
            answer = self._call("typeset", tex, display)
            if isinstance(answer, MathError):
                return answer
            result = json.loads(answer)
            if "missing" not in result:
                return read_error(result) or read_equation(result)
            # The second attempt finds the glyphs that the first one lacked.
            found = [[variant, code, *glyph(code, *style)] for variant, code, *style in result["missing"]]
            refused = self._call("define", json.dumps(found))
            if isinstance(refused, MathError):
                return refused
        raise RenderError("MathJax requests the same glyphs repeatedly")

    def _call(self, name: str, *arguments: str | bool) -> str | MathError:
        import _quickjs

        try:
            self._start(drawing=name != "check")
        except _quickjs.JSException as error:
            self._forget()
            reason = str(error).partition("\n")[0]
            raise RenderError(f"MathJax cannot be started: {reason}.", hint=_SHORT) from error
        try:
            return str(self._context.get("cardpipe_" + name)(*arguments))
        except _quickjs.JSException as error:
            # Its state is no longer reliable.
            self._forget()
            reason = str(error).partition("\n")[0]
            is_too_much = any(sign in reason for sign in _EXHAUSTED)
            return MathError(_TOO_MUCH if is_too_much else f"MathJax fails ({reason})")

    def _start(self, *, drawing: bool) -> None:
        # The module `quickjs` starts a thread when it is imported, and processes with threads cannot be forked safely.
        import _quickjs

        if self._context is None:
            self._context = _quickjs.Context()
            self._context.set_memory_limit(_MEMORY)
            self._context.set_max_stack_size(_JAVASCRIPT_STACK)
            self._context.eval(_PRELUDE)
            self._load(_READING)
            self._context.eval(_own_scripts())
            for name in ("check", "typeset", "define", "useFonts"):
                # A JavaScript `undefined` (from `define`) comes back as None.
                self._context.eval(f"globalThis.cardpipe_{name} = cardpipe.{name}")
            self._context.set_time_limit(_SECONDS)
            self._can_draw = False
        if drawing and not self._can_draw:
            self._load(_DRAWING)
            self._context.get("cardpipe_useFonts")(CHARACTERS.read_text(encoding="utf-8"))
            self._can_draw = True

    def _load(self, names: tuple[str, ...]) -> None:
        folder = mathjax_folder()
        for name in names:
            self._context.eval(folder.joinpath(name).read_text(encoding="utf-8"))

    def _forget(self) -> None:
        self._context = None


@functools.cache
def shared_mathjax() -> MathJax:
    """Return the MathJax of this process, shared since each takes 15 MB; it starts again after it was closed."""
    return MathJax()


def _thread_with_stack() -> ThreadPoolExecutor:
    """Return an executor with one thread with a large stack; the global setting is restored immediately."""
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mathjax")
    former = threading.stack_size(_THREAD_STACK)
    try:
        worker.submit(int).result()
    except RuntimeError as error:
        raise RenderError("The system refuses a thread for MathJax.", hint=_SHORT) from error
    finally:
        threading.stack_size(former)
    return worker
