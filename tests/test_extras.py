"""Messages name the command that adds an optional dependency to the installation that is running."""

from __future__ import annotations

import json
import sys
from importlib import metadata

import pytest

from cardpipe.plugins.extras import install_command

FOLDER = {"url": "file:///home/me/card%20pipe", "dir_info": {}}
CHECKOUT = {"url": "file:///home/me/cardpipe", "dir_info": {"editable": True}}
REPOSITORY = {"url": "https://example.org/cardpipe", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}}
FILE = {"url": "https://example.org/cardpipe-1-py3-none-any.whl", "archive_info": {}}
VENV = "/home/me/.venv"
PIPX = "/home/me/.local/share/pipx/venvs/cardpipe"
UV = "/home/me/.local/share/uv/tools/cardpipe"


@pytest.mark.skipif(sys.platform == "win32", reason="quotes as on POSIX")
@pytest.mark.parametrize(
    ("record", "prefix", "command"),
    [
        (None, VENV, "pip install 'cardpipe[verify]'"),
        ("{broken", VENV, "pip install 'cardpipe[verify]'"),
        ("[]", VENV, "pip install 'cardpipe[verify]'"),
        (FOLDER, VENV, "pip install '/home/me/card pipe[verify]'"),
        (CHECKOUT, VENV, "pip install -e '/home/me/cardpipe[verify]'"),
        (REPOSITORY, VENV, "pip install 'cardpipe[verify] @ git+https://example.org/cardpipe'"),
        (FILE, VENV, "pip install 'cardpipe[verify] @ https://example.org/cardpipe-1-py3-none-any.whl'"),
        (None, PIPX, "pipx install --force 'cardpipe[verify]'"),
        (FOLDER, PIPX, "pipx install --force '/home/me/card pipe[verify]'"),
        (CHECKOUT, UV, "uv tool install --force '/home/me/cardpipe[verify]'"),
        (REPOSITORY, UV, "uv tool install --force 'cardpipe[verify] @ git+https://example.org/cardpipe'"),
    ],
)
def test_the_command_fits_the_installation(
    record: object, prefix: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = record if record is None or isinstance(record, str) else json.dumps(record)
    monkeypatch.setattr(metadata.Distribution, "read_text", lambda _self, _name: text, raising=False)
    monkeypatch.setattr(metadata.PathDistribution, "read_text", lambda _self, _name: text)
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setenv("VIRTUAL_ENV", prefix)
    assert install_command("verify") == command


def test_an_environment_that_is_not_active_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setattr(sys, "prefix", VENV)
    assert install_command("cjk").startswith(f"{sys.executable} -m pip install ")
