"""The examples of docs/plugins.md form a package that can be installed and works as described."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pytest

from installed_plugins import installed

if TYPE_CHECKING:
    from command_server import Result
    from conftest import Run

GUIDE = Path(__file__).parent.parent / "docs" / "plugins.md"
FILE = re.compile(r"^`([\w./]+)`:\n\n(`{3,})\w+\n(.*?)^\2$", re.MULTILINE | re.DOTALL)
ROOMS = (
    "cardpipe.figures.api",
    "cardpipe.importing.api",
    "cardpipe.lint.api",
    "cardpipe.testing",
    "cardpipe.writers.api",
    "cardpipe.writers.pdf.engine",
    "cardpipe.writers.pdf.layout",
)
MODULE = "cardpipe_examples"


def files() -> dict[str, str]:
    """The files that the page shows, by path."""
    return {path: text for path, _, text in FILE.findall(GUIDE.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a reader types it in."""
    folder = tmp_path_factory.mktemp("guide")
    for path, text in {**files(), f"{MODULE}/__init__.py": ""}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that it is installed in."""
    return installed(package, tmp_path_factory.mktemp("installed"))


class Installed:
    """The command line of an installation that has the package, in a project."""

    def __init__(self, run: Run, project: Path, site: Path) -> None:
        self._run = run
        self.project = project
        self._site = site

    def __call__(self, *args: str) -> Result:
        return self._run("-C", self.project, *args, env={"PYTHONPATH": str(self._site)})

    def export(self, *args: str) -> Path:
        """The output folder of an export that succeeds."""
        result = self("export", *args)
        assert result.returncode == 0, result.stderr
        return self.project / "output"

    def add(self, path: str, text: str) -> None:
        """Add a file to the source."""
        (self.project / "source" / path).write_text(text, encoding="utf-8")


@pytest.fixture
def cardpipe(run: Run, project: Path, site: Path) -> Installed:
    return Installed(run, project, site)


def test_it_shows_one_example_of_each_group() -> None:
    groups = re.findall(r'\[project\.entry-points\."(.*?)"\]', files()["pyproject.toml"])
    assert groups == [
        "cardpipe.writers",
        "cardpipe.readers",
        "cardpipe.rules",
        "cardpipe.figures",
        "cardpipe.pdf_layouts",
        "cardpipe.pdf_engines",
    ]
    modules = {path for path in files() if path.startswith(MODULE)}
    assert modules == {
        f"{module.replace('.', '/')}.py" for module in re.findall(r'"([\w.]+):', files()["pyproject.toml"])
    }


def test_examples_import_nothing_from_cardpipe_but_the_api_modules() -> None:
    for path, text in files().items():
        for module in re.findall(r"^\s*(?:from|import) (cardpipe(?:\.\w+)*)\b", text, re.MULTILINE):
            assert module in ROOMS, path


@pytest.mark.parametrize("name", ROOMS)
def test_an_api_module_lists_what_it_offers(name: str) -> None:
    module = importlib.import_module(name)
    assert list(module.__all__) == sorted(set(module.__all__), key=_sorted_as_ruff_does)
    for offered in module.__all__:
        assert hasattr(module, offered)


def _sorted_as_ruff_does(name: str) -> tuple[int, str]:
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)


def test_an_api_module_is_cheap_to_import() -> None:
    code = f"import sys, {', '.join(ROOMS)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"matplotlib", "numpy", "PIL", "pikepdf", "plutoprint", "weasyprint", "_quickjs", "genanki", "markdown"}
    assert not heavy & set(done.stdout.split())


def test_the_reader(cardpipe: Installed) -> None:
    (cardpipe.project / "words.pairs").write_text("Hund = dog\nKatze = cat\n", encoding="utf-8")
    path, folder = str(cardpipe.project / "words.pairs"), cardpipe.project / "words"
    result = cardpipe("import", path, "--into", str(folder))
    assert result.returncode == 0, result.stderr
    assert "question: Katze\nanswer: cat\n" in (folder / "source/cards/WOR0002.yaml").read_text(encoding="utf-8")


def test_the_formats(cardpipe: Installed) -> None:
    listed = cardpipe("formats").stdout
    assert "ID and title of each card, one card a line" in listed
    assert "--answers [below|end]" in " ".join(cardpipe("export", "--help").stdout.split())
    output = cardpipe.export("--format", "titles", "--format", "handout")
    assert (output / "sample-titles.txt").read_text(encoding="utf-8") == (
        "EX0001  Doubling time\nEX0002  Linear or exponential\n"
    )
    text = (output / "sample-handout.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert len(pictures) == 1
    assert (output / pictures[0]).read_bytes().startswith(b"\x89PNG")
    assert text.index("70 divided by") < text.index("How does linear growth")


@pytest.mark.slow
def test_the_option_of_a_format(cardpipe: Installed) -> None:
    def answer_is_at_the_end() -> bool:
        text = (cardpipe.project / "output" / "sample-handout.md").read_text(encoding="utf-8")
        return text.index("70 divided by") > text.index("How does linear growth")

    cardpipe.export("--format", "handout", "--answers", "end")
    assert answer_is_at_the_end()
    cardpipe.export("--format", "handout")
    assert not answer_is_at_the_end()
    deck = (cardpipe.project / "source" / "deck.yaml").read_text(encoding="utf-8")
    cardpipe.add("deck.yaml", deck.replace("  markdown:\n", "  handout: {answers: end}\n"))
    cardpipe.export("--format", "handout")
    assert answer_is_at_the_end()
    refused = cardpipe("export", "--format", "handout", "--answers", "nowhere")
    assert refused.returncode == 2
    assert "below" in refused.stderr


def test_the_rules(cardpipe: Installed) -> None:
    title = "The time that a quantity which grows by a constant rate takes to double"
    card = f"id: EX0009\ntitle: {title}\nquestion: What is utilised?\nanswer: 'We utilise a table.'\ntags: [growth]\n"
    cardpipe.add("cards/EX0009.yaml", card)
    found = cardpipe("lint", "--output-format", "concise").stdout
    assert "EX0009.yaml:2:8" in found
    assert "HSE001" in found
    assert "EX0009.yaml:3:19" in found
    assert "HSE002" in found
    assert cardpipe("rule", "HSE002").stdout.startswith("# HSE002 needless-word\n")
    cardpipe("lint", "--fix")
    fixed = (cardpipe.project / "source" / "cards" / "EX0009.yaml").read_text(encoding="utf-8")
    assert "question: What is used?\nanswer: 'We use a table.'\n" in fixed


@pytest.mark.slow
def test_the_figure_kind(cardpipe: Installed) -> None:
    card = "id: EX0009\ntitle: Gauge\nquestion: What?\nanswer: That.\ntags: [growth]\nfigures:\n"
    gauge = "  - {id: hits, kind: gauge, value: VALUE, label: accuracy, alt: A gauge.}\n"
    cardpipe.add("cards/EX0009.yaml", card + gauge.replace("VALUE", "1.7"))
    assert "The value is not on the scale." in cardpipe("lint").stdout
    cardpipe.add("cards/EX0009.yaml", card + gauge.replace("VALUE", "0.7"))
    page = cardpipe.export("--format", "html") / "sample.html"
    assert "A gauge." in page.read_text(encoding="utf-8")
    assert "`value` (required)\n    Value: number from -1000000 to 1000000" in cardpipe("figure", "gauge").stdout


@pytest.mark.slow
def test_the_layout_and_the_engine(cardpipe: Installed) -> None:
    help_text = " ".join(cardpipe("export", "--help").stdout.split())
    assert "facing: questions on the left, answers on the right" in help_text
    assert "airy: PlutoPrint with more space between letters" in help_text
    output = cardpipe.export("--format", "pdf", "--layout", "facing", "--pdf-rows", "blank")
    usual = (output / "sample-facing.pdf").read_bytes()
    with pikepdf.open(output / "sample-facing.pdf") as pdf, pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == ["EX0001  Doubling time", "EX0002  Linear or exponential"]
    cardpipe.export("--format", "pdf", "--layout", "facing", "--pdf-rows", "blank", "--engine", "airy")
    assert (output / "sample-facing.pdf").read_bytes() != usual


@pytest.mark.slow
def test_the_test_file(package: Path, site: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_plugins.py"],
        cwd=package,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout
