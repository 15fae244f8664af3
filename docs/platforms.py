"""Finds out where cardpipe installs from wheels: `python docs/platforms.py`, where `uv` and `packaging` are installed.

`uv lock` names all wheels of the newest releases; their tags say on which systems pip takes them. Where there is none,
uv is asked for an older release with one. Writes the table into `docs/installing.md`; takes some minutes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_HOME: Final = Path(__file__).parent
_PAGE: Final = _HOME / "installing.md"
_TABLE: Final = re.compile(r"(?<=<!-- written by docs/platforms.py -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)
_PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
_PLUTOPRINT: Final = "plutoprint"
_AT_ONCE: Final = 6
_GLIBC: Final = 28
"""Of glibc 2, which the oldest Linux in the table has."""


@dataclass(frozen=True, slots=True)
class System:
    """A system as a reader, uv and the markers of requirements name it."""

    name: str
    triple: str
    sys_platform: str
    machine: str
    kernel: str = ""
    """What `platform.version()` returns there, as far as a marker asks for it."""
    macos: str = ""
    """The version of macOS."""

    def needs(self, requirement: Requirement) -> bool:
        """Whether pip installs a requirement there."""
        facts = {
            "sys_platform": self.sys_platform,
            "platform_machine": self.machine,
            "platform_version": self.kernel,
        }
        return requirement.marker is None or requirement.marker.evaluate(facts)

    def tags(self, python: str) -> frozenset[Tag]:
        """Those of the wheels that pip takes there."""
        version = tuple(map(int, python.split(".")))
        platforms = self._platforms()
        return frozenset([*cpython_tags(version, platforms=platforms), *compatible_tags(version, platforms=platforms)])

    def _platforms(self) -> list[str]:
        if self.macos:
            return list(mac_platforms((int(self.macos.partition(".")[0]), 0), self.machine))
        if self.sys_platform == "win32":
            return [f"win_{self.machine.lower()}"]
        if self.triple.endswith("musl"):
            return [f"musllinux_1_{minor}_{self.machine}" for minor in range(3)]
        names = [f"manylinux_2_{minor}" for minor in range(5, _GLIBC + 1)]
        return [f"{name}_{self.machine}" for name in [*names, "manylinux1", "manylinux2010", "manylinux2014"]]


def _mac(version: int, machine: str) -> System:
    name = f"macOS {version}, {'Apple silicon' if machine == 'arm64' else 'Intel'}"
    triple = f"{'aarch64' if machine == 'arm64' else machine}-apple-darwin"
    # The kernel of macOS 15 is Darwin 24.
    return System(name, triple, "darwin", machine, f"Darwin Kernel Version {version + 9}.0.0", f"{version}.0")


_SYSTEMS: Final = (
    System("Linux x86-64 (glibc 2.28 and newer)", "x86_64-unknown-linux-gnu", "linux", "x86_64"),
    System("Linux arm64 (glibc 2.28 and newer)", "aarch64-unknown-linux-gnu", "linux", "aarch64"),
    System("Linux x86-64 (musl: Alpine)", "x86_64-unknown-linux-musl", "linux", "x86_64"),
    System("Linux arm64 (musl: Alpine)", "aarch64-unknown-linux-musl", "linux", "aarch64"),
    *(_mac(version, machine) for machine in ("arm64", "x86_64") for version in (13, 14, 15)),
    System("Windows x86-64", "x86_64-pc-windows-msvc", "win32", "AMD64"),
    System("Windows arm64", "aarch64-pc-windows-msvc", "win32", "ARM64"),
)


def _uv(*words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("This needs uv: pip install uv")
    return subprocess.run(  # noqa: S603 - uv, with words of this file and of pyproject.toml
        [uv, *words], input=given, env=os.environ | more, capture_output=True, text=True, check=False
    )


def _wheels(requirements: Iterable[str]) -> dict[str, set[Tag]]:
    """The tags of all wheels of requirements and of what they need in turn, by package; the newest releases alone."""
    with tempfile.TemporaryDirectory() as folder:
        project = (
            f'[project]\nname = "x"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = {[*requirements]}\n'
        )
        Path(folder, "pyproject.toml").write_text(project, encoding="utf-8")
        done = _uv("lock", "--quiet", "--project", folder)
        if done.returncode:
            raise SystemExit(done.stderr)
        lock = tomllib.loads(Path(folder, "uv.lock").read_text(encoding="utf-8"))
    found: dict[str, set[Tag]] = {}
    for package in lock["package"]:
        if "virtual" not in package["source"]:
            tags = found.setdefault(package["name"], set())
            for wheel in package.get("wheels", ()):
                tags |= parse_wheel_filename(wheel["url"].rpartition("/")[2])[3]
    return found


def _older(system: System, python: str, requirement: str) -> bool:
    """Whether any release that a requirement allows has a wheel."""
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--python-platform", system.triple)
    macos = {"MACOSX_DEPLOYMENT_TARGET": system.macos} if system.macos else {}
    return not _uv("pip", "compile", *options, "--python-version", python, "-", given=requirement, **macos).returncode


def _missing(
    system: System, python: str, wheels: Mapping[str, set[Tag]], texts: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """The packages of which no wheel can be had, and those of which an older release has one."""
    tags = system.tags(python)
    lacking = [name for name, offered in wheels.items() if not offered & tags]
    older = [name for name in lacking if name != _PLUTOPRINT and _older(system, python, texts.get(name, name))]
    return [name for name in lacking if name not in older], older


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> None:
    """Write the table."""
    project = tomllib.loads((_HOME.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [Requirement(text) for text in project["dependencies"]]
    texts = {one.name: f"{one.name}{one.specifier}" for one in requirements}
    base = _wheels(texts.values())
    weasyprint = _wheels(project["optional-dependencies"]["weasyprint"])
    pluto = next(one for one in requirements if one.name == _PLUTOPRINT)

    def facts(asked: tuple[System, str]) -> tuple[str, str]:
        system, python = asked
        missing, older = _missing(system, python, base, texts)
        engines = [] if _PLUTOPRINT in missing else ["PlutoPrint"]
        if engines and not system.needs(pluto):
            raise SystemExit(f"{system.name}: PlutoPrint has a wheel, but its marker in pyproject.toml leaves it out")
        others, _ = _missing(system, python, {name: weasyprint[name] for name in weasyprint if name not in base}, {})
        engines += [] if others else ["WeasyPrint"]
        missing = [name for name in missing if name != _PLUTOPRINT or system.needs(pluto)]
        said = [f"all but {_named(missing)}"] if missing else ["everything"]
        said += [f"an older {_named(older)}"] if older else []
        return "; ".join(said), ", ".join([*engines, "a browser"])

    asked = [(system, python) for system in _SYSTEMS for python in _PYTHONS]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        rows = list(zip(asked, pool.map(facts, asked), strict=True))
    lines = ["| System | Python | Wheels for | Engines of the PDF |", "|---|---|---|---|"]
    for (system, (what, engines)), same in groupby(rows, key=lambda row: (row[0][0], row[1])):
        versions = [python for (_, python), _ in same]
        pythons = " to ".join(dict.fromkeys((versions[0], versions[-1])))
        lines.append(f"| {system.name} | {pythons} | {what} | {engines} |")
    page = _PAGE.read_text(encoding="utf-8")
    _PAGE.write_text(_TABLE.sub(lambda _: "\n".join(lines), page), encoding="utf-8")
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
