"""Too little memory is one clear failure, never a finding about a card or a fault of a plug-in."""

from __future__ import annotations

import threading
from typing import Any, NoReturn

import pytest

from cardpipe.cli.main import EXIT_FAILURE, _explain
from cardpipe.errors import RenderError
from cardpipe.mathjax import MathJax


def test_the_message_names_neither_a_bug_nor_a_plug_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert _explain(MemoryError()) == EXIT_FAILURE
    shown = capsys.readouterr().err
    assert "not enough memory" in shown
    assert "bug" not in shown


def test_a_formula_is_not_blamed_when_mathjax_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    import quickjs

    def fails(*_: Any) -> NoReturn:
        raise quickjs.JSException("InternalError: out of memory")

    monkeypatch.setattr(MathJax, "_load", fails)
    with pytest.raises(RenderError, match="MathJax cannot be started: InternalError: out of memory"):
        MathJax().check("x", display=False)


def test_a_refused_thread_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    with pytest.raises(RenderError, match="thread for MathJax"):
        MathJax().check("x", display=False)
