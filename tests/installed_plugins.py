"""Plug-in packages, built and installed by pip into a separate folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def installed(source: Path, folder: Path) -> Path:
    """The folder that a package is installed in; a build writes into its source, so that a copy of it is built."""
    copy, site = folder / "source", folder / "site"
    shutil.copytree(source, copy)
    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", str(site), str(copy)], check=True)
    return site
