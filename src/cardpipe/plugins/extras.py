"""The command that adds an optional dependency (an extra) to this installation of cardpipe."""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from cardpipe.errors import command_line


class _Source(NamedTuple):
    """Where cardpipe was installed from."""

    address: str = ""
    """Of a repository or a file; empty for the package index and for a folder."""
    folder: str = ""
    is_editable: bool = False

    def requirement(self, extra: str) -> str:
        """Return cardpipe from there with an extra, as pip, pipx and uv read it."""
        if self.folder:
            return f"{self.folder}[{extra}]"
        return f"cardpipe[{extra}] @ {self.address}" if self.address else f"cardpipe[{extra}]"


def install_command(extra: str) -> str:
    """Return the command that installs cardpipe with an extra, from where this installation came."""
    source = _source()
    requirement = source.requirement(extra)
    folders = {part.lower() for part in Path(sys.prefix).parts}
    if "pipx" in folders:
        return command_line("pipx", "install", "--force", requirement)
    if {"uv", "tools"} <= folders:
        return command_line("uv", "tool", "install", "--force", requirement)
    return pip_install(*(["-e"] if source.is_editable else []), requirement)


def pip_install(*words: str) -> str:
    """Return the command that installs packages into this environment by pip."""
    is_active = os.environ.get("VIRTUAL_ENV") == sys.prefix
    return command_line(*(["pip"] if is_active else [sys.executable, "-m", "pip"]), "install", *words)


def _source() -> _Source:
    """Read pip's record of a folder or an address (https://packaging.python.org/specifications/direct-url/)."""
    try:
        record = json.loads(metadata.distribution("cardpipe").read_text("direct_url.json") or "{}")
        url = str(record.get("url", ""))
        if "dir_info" in record:
            from urllib.request import url2pathname  # loads much, and few messages need it

            folder = url2pathname(urlsplit(url).path)
            return _Source(folder=folder, is_editable=bool(record["dir_info"].get("editable")))
        return _Source(address=f"{record['vcs_info']['vcs']}+{url}" if "vcs_info" in record else url)
    except (metadata.PackageNotFoundError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return _Source()
