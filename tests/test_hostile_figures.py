"""Hostile figures end as findings, quickly, with nothing written and no process left."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from conftest import Run

SOON = 20.0
"""Seconds of CPU time."""
"""Seconds, on a busy machine; alone each takes less than two."""

DEEP_FRACTION = "$" + r"\frac{1}{" * 400 + "2" + "}" * 400 + "$"
NESTED: dict[str, Any] = {"label": "leaf"}
for _ in range(300):
    NESTED = {"label": "inner", "children": [NESTED]}

DECLARED: dict[str, dict[str, Any]] = {
    "a range without end": {"kind": "function", "curves": ["x"], "x": [-1e308, 1e308]},
    "a tower of powers": {"kind": "function", "curves": ["9**9**9**9**9"], "x": [0, 1]},
    "parentheses without end": {"kind": "function", "curves": ["(" * 5000 + "x" + ")" * 5000], "x": [0, 1]},
    "a long expression": {"kind": "function", "curves": ["+".join(["x"] * 20_000)], "x": [0, 1]},
    "a call of something else": {"kind": "function", "curves": ["__import__('os').system('true')"], "x": [0, 1]},
    "a million ticks": {"kind": "function", "curves": ["x"], "x": [0, 1], "y": [0, 1e300]},
    "deep fractions": {"kind": "function", "curves": [{"expression": "x", "label": DEEP_FRACTION}], "x": [0, 1]},
    "control characters": {
        "kind": "function",
        "curves": [{"expression": "x", "label": "a\u0007\u202e\x1b[2Jb"}],
        "x": [0, 1],
    },
    "a label of a megabyte": {
        "kind": "function",
        "curves": [{"expression": "x", "label": "w" * 1_000_000}],
        "x": [0, 1],
    },
    "a million boxes": {"kind": "histogram", "values": [1, 2, 3], "bins": 1_000_000},
    "a large heatmap": {"kind": "heatmap", "rows": [[0.5] * 400] * 400},
    "a large grid": {"kind": "grid", "grids": [{"rows": [[1] * 500] * 500}]},
    "a crowded graph": {
        "kind": "graph",
        "nodes": [f"n{number}" for number in range(400)],
        "edges": [{"from": f"n{a}", "to": f"n{b}"} for a in range(400) for b in range(a, 400, 7)],
    },
    "a network of a million": {"kind": "network", "layers": [1_000_000, 1_000_000]},
    "a deep tree": {"kind": "tree", "root": NESTED},
    "panels in panels": {"kind": "panel", "parts": [{"kind": "panel", "parts": [{"kind": "panel", "parts": []}]}]},
    "a file elsewhere": {"kind": "image", "file": "../../../../etc/passwd"},
    "a script elsewhere": {"kind": "script", "script": "../../../evil.py"},
    "a linked script": {"kind": "script", "script": "linked.py"},
    "a linked picture": {"kind": "image", "file": "linked.png"},
    "a picture that is none": {"kind": "image", "file": "bomb.svg"},
}

LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere a script is bounded less; the manual says how far"
)
SCRIPTS = {
    "ticks": "axes = figure.add_subplot(); axes.set_xticks(range(10**7))",
    "canvas": "figure.set_size_inches(1e6, 1e6)",
    "fork": "import os\n    while True: os.fork()",
    "memory": "x = [0]\n    while True: x += x",
    "read": "raise ValueError(open('/etc/passwd').read())",
    "write": "open('/tmp/cardpipe-was-here', 'w').write('x')",
    "link": "import os\n    os.symlink('/etc/passwd', 'a')\n    raise ValueError(open('a').read())",
    "network": "import socket\n    socket.create_connection(('127.0.0.1', 9), timeout=1)",
    "shell": "import subprocess\n    subprocess.run(['true'])",
    "message": "raise ValueError('\\x1b[2J\\u202e' + 'long' * 10000)",
    "exit": "import os\n    os._exit(0)",
    "endless": "while True: pass",
}


def write_card(project: Path, number: int, figure: dict[str, Any]) -> str:
    card = {
        "id": f"EX{number:04}",
        "title": f"Card {number}",
        "question": f"What does figure {number} show?",
        "answer": "Something.",
        "figures": [{"id": "harm", "alt": "Something that means harm to those who draw it.", **figure}],
    }
    path = f"source/cards/EX{number:04}.yaml"
    # Aliases would be a finding of their own.
    text = (
        json.dumps(card, indent=1) if number % 2 else yaml.dump(card, Dumper=_Plain, allow_unicode=False, width=10**9)
    )
    (project / path).write_text(text)
    return path


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


@pytest.fixture
def empty(project: Path, tmp_path: Path) -> Path:
    """A project without cards, with links that lead out of it."""
    for path in (project / "source/cards").iterdir():
        path.unlink()
    for folder in ("figures", "media"):
        (project / "source" / folder).mkdir(exist_ok=True)
    victim = tmp_path / "victim.py"
    victim.write_text('"""Draw."""\n\n\ndef draw(figure):\n    """Draw."""\n')
    (project / "source/figures/linked.py").symlink_to(victim)
    (project / "source/media/linked.png").symlink_to("/etc/hostname")
    (project / "source/media/bomb.svg").write_text(
        '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        '<svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>'
    )
    return project


def left_running(marker: str) -> list[str]:
    """The command lines of processes that carry a mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.quick_cases(
    "a crowded graph", "a tower of powers", "panels in panels", "a script elsewhere", "a million boxes"
)
@pytest.mark.parametrize("name", DECLARED)
def test_a_described_figure_is_drawn_or_has_a_finding(empty: Path, run: Run, name: str) -> None:
    path = write_card(empty, 1 + list(DECLARED).index(name), DECLARED[name])
    started = os.times()
    done = run("-C", empty, "export", "--format", "html", env={"CARDPIPE_TEST_MARK": name})
    assert os.times().children_user - started.children_user < SOON
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "\u202e" not in done.stdout + done.stderr
    assert done.returncode in {0, 1}, done.stderr
    assert (empty / "output").exists() == (done.returncode == 0)
    if done.returncode:
        assert f"{path}:" in done.stderr or "source/" in done.stderr
    assert left_running(f"CARDPIPE_TEST_MARK={name}") == []


@pytest.mark.slow
def test_most_of_them_are_findings_at_the_figure(empty: Path, run: Run) -> None:
    paths = {name: write_card(empty, number, figure) for number, (name, figure) in enumerate(DECLARED.items(), 1)}
    done = run("-C", empty, "lint", "--output-format", "json")
    assert done.returncode == 1
    found = {item["path"] for item in json.loads(done.stdout)["findings"]}
    unnoticed = {name for name, path in paths.items() if path not in found}
    assert unnoticed <= {"a range without end", "a million ticks"}  # these are drawn, with as many ticks as have room


@pytest.mark.slow
@LINUX
def test_a_hostile_script_is_a_finding_and_leaves_nothing(empty: Path, run: Run) -> None:
    for number, (name, body) in enumerate(SCRIPTS.items(), 1):
        text = f'"""Mean harm."""\n\n\ndef draw(figure):\n    """Do harm."""\n    {body}\n'
        (empty / f"source/figures/{name}.py").write_text(text)
        write_card(empty, number, {"kind": "script", "script": f"{name}.py"})
    (empty / "source/figures/linked.py").unlink()
    (empty / "source/media/linked.png").unlink()
    (empty / "source/media/bomb.svg").unlink()
    started = os.times()
    done = run("-C", empty, "export", "--format", "html", env={"CARDPIPE_TEST_MARK": "scripts"})
    assert os.times().children_user - started.children_user < 4 * SOON
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "root:" not in done.stderr
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr
    assert not Path("/tmp/cardpipe-was-here").exists()  # noqa: S108 - where the script tries to write
    assert done.stderr.count("error[FIG006]") == len(SCRIPTS), done.stderr
    assert not (empty / "output").exists()
    assert left_running("CARDPIPE_TEST_MARK=scripts") == []


@pytest.mark.slow
@LINUX
def test_a_card_says_how_long_its_script_may_take(empty: Path, run: Run) -> None:
    (empty / "source/figures/endless.py").write_text(
        '"""Never end."""\n\n\ndef draw(figure):\n    """Never end."""\n    while True: pass\n'
    )
    (empty / "source/figures/linked.py").unlink()
    (empty / "source/media/linked.png").unlink()
    (empty / "source/media/bomb.svg").unlink()
    write_card(empty, 1, {"kind": "script", "script": "endless.py", "seconds": 1})
    done = run("-C", empty, "export", "--format", "html")
    assert done.returncode == 1
    assert "(set `seconds` in the card to allow more)" in done.stderr
    write_card(empty, 1, {"kind": "script", "script": "endless.py", "seconds": 3600})
    done = run("-C", empty, "export", "--format", "html")
    assert done.returncode == 1
    assert "seconds" in done.stderr
    assert "60" in done.stderr
