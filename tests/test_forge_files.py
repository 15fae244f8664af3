"""Files for code hosts: what `init` writes, and that workflows, forms and the action are valid and safe."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from click.testing import CliRunner

from cardpipe.cli.forge_files import _REPORTS, forge_files
from cardpipe.cli.main import cli
from cardpipe.errors import CardpipeError
from cardpipe.model.release_lock import ReleaseLock, dump
from cardpipe.source.deck_fields import DECK_FIELDS

HERE = Path(__file__).parent.parent
OURS = [".github/workflows/pull-request.yml", ".github/workflows/comment.yml", ".github/workflows/release.yml"]
SCANNING = ".github/workflows/code-scanning.yml"
WRITTEN = {path.as_posix(): content.decode() for path, content in forge_files(["github", "gitlab"])}
USES = re.compile(
    r"uses: (?:\./ # zizmor.*|(actions/[a-z-]+|github/codeql-action/upload-sarif)@([0-9a-f]{40}) # v\d+\.\d+\.\d+)$"
)


def init(*args: str | Path) -> str:
    done = CliRunner().invoke(cli, ["init", *map(str, args)], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project with the files for both hosts."""
    folder = tmp_path_factory.mktemp("made") / "deck"
    init(folder, "--github", "--gitlab")
    return folder


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} has no wheel for this system")
    return found


def judged(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("whose", ["ours", "written"])
def test_workflows_are_valid(whose: str, made: Path) -> None:
    folder = HERE if whose == "ours" else made
    done = judged([tool("actionlint"), *OURS, *([SCANNING] if whose == "written" else [])], folder)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("whose", ["ours", "written"])
def test_workflows_are_safe(whose: str, made: Path) -> None:
    folder = HERE if whose == "ours" else made
    files = [*OURS, "action.yml" if whose == "ours" else SCANNING]
    done = judged([tool("zizmor"), "--offline", "--no-progress", "--persona", "pedantic", *files], folder)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "linter"),
    [
        ("pull-request", "run: cardpipe lint --output-format github", "run: echo ${{ github.head_ref }}", "zizmor"),
        ("pull-request", "          persist-credentials: false\n", "", "zizmor"),
        ("comment", "uses: actions/setup-python@", "uses: actions/setup-python@v7 #", "zizmor"),
        ("comment", "# zizmor: ignore[dangerous-triggers]", "#", "zizmor"),
        ("pull-request", "${{ !cancelled() }}", "${{ !canceled() }}", "actionlint"),
        ("release", "needs: build", "needs: biuld", "actionlint"),
    ],
)
def test_the_linters_find_faults(name: str, old: str, new: str, linter: str, tmp_path: Path) -> None:
    text = WRITTEN[f".github/workflows/{name}.yml"]
    assert old in text
    path = tmp_path / ".github/workflows/faulty.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(old, new))
    options = ["--offline", "--no-progress", "--persona", "pedantic"] if linter == "zizmor" else []
    assert judged([tool(linter), *options, path], tmp_path).returncode != 0


def test_actions_are_pinned_the_same_everywhere() -> None:
    pinned: dict[str, set[str]] = {}
    texts = [*WRITTEN.values(), *((HERE / name).read_text() for name in [*OURS, "action.yml"])]
    for line in "\n".join(texts).splitlines():
        if "uses:" in line:
            found = USES.search(line)
            assert found is not None, line
            if found[1]:
                pinned.setdefault(found[1], set()).add(found[2])
    assert len(pinned) == 7
    assert all(len(digests) == 1 for digests in pinned.values()), pinned


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.endswith((".yml", ".yaml"))])
def test_files_are_valid_yaml(name: str) -> None:
    assert "%%" not in WRITTEN[name]
    assert isinstance(yaml.safe_load(WRITTEN[name]), dict)


def workflow(name: str, folder: str = "") -> Any:
    text = WRITTEN[f".github/workflows/{name}.yml"] if not folder else (HERE / folder).read_text()
    return yaml.safe_load(text)


def test_a_pull_request_is_built_without_rights() -> None:
    for found in (workflow("pull-request"), workflow("", OURS[0])):
        # YAML 1.1 reads `on` as a truth value.
        assert found[True] == {"pull_request": None}
        assert found["permissions"] == {}
        [job] = found["jobs"].values()
        assert job["permissions"] == {"contents": "read"}
        assert "secrets." not in json.dumps(job)


def test_code_scanning_is_optional_and_not_for_forks() -> None:
    found = workflow("code-scanning")
    assert found["permissions"] == {}
    [job] = found["jobs"].values()
    assert job["permissions"] == {"contents": "read", "security-events": "write"}
    condition = " ".join(job["if"].split())
    assert condition.startswith("vars.CARDPIPE_CODE_SCANNING == 'true' && (")
    assert "github.event.pull_request.head.repo.full_name == github.repository" in condition
    assert "secrets." not in json.dumps(job)


def test_the_comment_is_written_without_the_contributions_code() -> None:
    for found in (workflow("comment"), workflow("", OURS[1])):
        assert found["permissions"] == {}
        [job] = found["jobs"].values()
        assert set(job["permissions"]) - {"contents"} == {"actions", "pull-requests"}
        assert "head" not in json.dumps(job["steps"])
        assert "artifact" not in json.dumps(job["steps"])


def test_the_two_workflows_know_each_other() -> None:
    assert workflow("comment")[True]["workflow_run"]["workflows"] == [workflow("pull-request")["name"]]
    assert workflow("", OURS[1])[True]["workflow_run"]["workflows"] == [workflow("", OURS[0])["name"]]


def test_the_review_is_uploaded_under_the_name_that_is_looked_for() -> None:
    from cardpipe.forge.github import ARTEFACT, DATA_FILE

    for text in (WRITTEN[OURS[0]], (HERE / "action.yml").read_text()):
        assert f"name: {ARTEFACT}\n" in text
        assert f"/{DATA_FILE}" in text


def commands(text: str) -> list[list[str]]:
    return [line.split() for line in re.findall(r"(?:run: |- |^ {8})(cardpipe (?!-)[^|\n]*)", text, re.MULTILINE)]


@pytest.mark.parametrize("name", [*OURS, SCANNING, ".gitlab-ci.yml"])
def test_the_commands_have_these_options(name: str) -> None:
    import click

    for _, *words in commands(WRITTEN[name]):
        found: click.Command | None = cli
        while isinstance(found, click.Group):
            found = found.get_command(click.Context(found), words.pop(0))
        assert found is not None
        known = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, words


def test_a_cards_link_fills_in_the_form() -> None:
    form = yaml.safe_load(WRITTEN[".github/ISSUE_TEMPLATE/card-error.yml"])
    query = parse_qs(urlsplit(_REPORTS["github"]).query)
    assert f".github/ISSUE_TEMPLATE/{query['template'][0]}" in WRITTEN
    assert set(query) - {"template", "title"} <= {item["id"] for item in form["body"]}
    assert query["card"] == ["{id}"]
    assert query["title"][0].startswith(form["title"])
    assert _REPORTS["github"] in WRITTEN[".github/ISSUE_TEMPLATE/card-error.yml"]
    template = parse_qs(urlsplit(_REPORTS["gitlab"]).query)["issuable_template"][0]
    assert _REPORTS["gitlab"] in WRITTEN[f".gitlab/issue_templates/{template}.md"]
    pattern = next(field.type for field in DECK_FIELDS if field.name == "report").pattern  # type: ignore[attr-defined]
    for address in _REPORTS.values():
        assert re.fullmatch(pattern, address)


def test_our_own_forms_are_those_that_are_written() -> None:
    for name, text in WRITTEN.items():
        if name.startswith(".github/ISSUE_TEMPLATE") or name in (
            ".github/pull_request_template.md",
            ".github/dependabot.yml",
        ):
            assert (HERE / name).read_text() == text


def test_files_that_differ_are_kept(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    own = tmp_path / ".github" / "CODEOWNERS"
    own.parent.mkdir()
    own.write_text("* @me\n")
    output = init(tmp_path, "--github")
    assert "kept       .github/CODEOWNERS (it differs)" in output
    assert "create     .github/workflows/release.yml" in output
    assert own.read_text() == "* @me\n"
    assert "unchanged  .github/workflows/release.yml" in init(tmp_path, "--github")
    assert "overwrite  .github/CODEOWNERS" in init(tmp_path, "--github", "--overwrite", "--dry-run")
    assert own.read_text() == "* @me\n"
    init(tmp_path, "--github", "--overwrite")
    assert own.read_text() == WRITTEN[".github/CODEOWNERS"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_dry_run_writes_nothing(exists: bool, tmp_path: Path) -> None:
    folder = tmp_path / "deck"
    if exists:
        (folder / "source").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    output = init(folder, "--github", "--gitlab", "--dry-run")
    assert "create     .gitlab-ci.yml" in output
    assert ("create     source/deck.yaml" in output) != exists
    assert "A dry run: nothing was written." in output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dry_run_lists_what_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "deck"
    folder.mkdir()
    (folder / "README.md").write_text("mine\n")
    listed = init(folder, "--github", "--dry-run")
    assert "kept       README.md" in listed
    init(folder, "--github")
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(re.findall(r"(?m)^  (?:create|kept) +(\S.*)$", listed)) == written
    assert (folder / "README.md").read_text() == "mine\n"


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--overwrite"], ["--overwrite", "--dry-run"]])
@pytest.mark.parametrize("what", ["folder", "inner folder", "file", "same file", "broken link", "new deck"])
def test_links_are_refused_before_anything_is_written(what: str, options: list[str], tmp_path: Path) -> None:
    project, outside = tmp_path / "deck", tmp_path / "outside"
    project.mkdir()
    if what != "new deck":
        (project / "source").mkdir()
    outside.mkdir()
    same = WRITTEN[".github/CODEOWNERS"] if what == "same file" else "* @me\n"
    (outside / "CODEOWNERS").write_text(same)
    if what in {"folder", "new deck"}:
        (project / ".github").symlink_to(outside)
    else:
        (project / ".github").mkdir()
        name = "ISSUE_TEMPLATE" if what == "inner folder" else "CODEOWNERS"
        target = outside if what == "inner folder" else outside / ("CODEOWNERS" if "file" in what else "nothing")
        (project / ".github" / name).symlink_to(target)
    before = sorted(project.rglob("*"))
    with pytest.raises(CardpipeError, match="is a link"):
        init(project, "--github", *options)
    assert sorted(project.rglob("*")) == before
    assert [path.name for path in outside.iterdir()] == ["CODEOWNERS"]
    assert (outside / "CODEOWNERS").read_text() == same


def test_a_project_in_a_subfolder_is_told_where_hosts_look(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "deck/source").mkdir(parents=True)
    assert "code hosts only read these files there" in init(tmp_path / "deck", "--github")


@pytest.mark.parametrize("args", [["--overwrite"], []])
def test_an_existing_project_needs_a_host(args: list[str], tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    with pytest.raises(CardpipeError):
        init(tmp_path, *args)


def test_hooks_call_the_commands_of_the_package() -> None:
    ours = {hook["id"]: hook["entry"] for hook in yaml.safe_load((HERE / ".pre-commit-hooks.yaml").read_text())}
    [repository] = yaml.safe_load(WRITTEN[".pre-commit-config.yaml"])["repos"]
    assert {hook["id"]: hook["entry"] for hook in repository["hooks"]} == ours


@pytest.mark.parametrize(
    ("released", "tag", "code", "words"),
    [
        ("1.2", "v1.2", 0, "v1.2 is the last release."),
        ("1.2", "1.2", 0, "1.2 is the last release."),
        ("1.2", "v1.3", 1, "The tag v1.3 is not 1.2"),
        ("1.2", "v1.2.0", 1, "is not 1.2"),
        ("", "v1.0", 1, "The deck has no release"),
    ],
)
def test_a_tag_names_the_last_release(released: str, tag: str, code: int, words: str, project: Path) -> None:
    if released:
        uid = re.search(r"uid: (\S+)", (project / "source/deck.yaml").read_text())
        assert uid is not None
        lock = ReleaseLock(
            uid=uid[1], name="Sample", subdecks={}, version=released, time=10**9, cards={}, note_types={}
        )
        (project / "source/release.lock").write_text(dump(lock))
    done = CliRunner().invoke(cli, ["-C", str(project), "ci", "check-tag", tag], standalone_mode=False)
    assert done.return_value == code, done.output
    assert words in done.output


def test_workflows_can_install_cardpipe_from_another_place(tmp_path: Path) -> None:
    address = "git+https://example.org/cardpipe@v1.0"
    assert init(tmp_path, "--github", "--gitlab", "--install-from", address)
    files = [path for path in tmp_path.rglob("*") if path.suffix in {".yml", ".yaml"} and "source" not in path.parts]
    asked = [line for path in files for line in path.read_text("utf-8").splitlines() if '"cardpipe' in line]
    assert len(asked) >= 8
    assert all(f' @ {address}"' in line for line in asked)


@pytest.mark.parametrize(
    "address", ["1.0", 'git+https://a.b/"; rm x', "https://a.b/${{ x }}", "git+https://a.b/c d", ""]
)
def test_an_address_to_install_from_cannot_inject_anything(tmp_path: Path, address: str) -> None:
    with pytest.raises(CardpipeError, match="pip can install from"):
        init(tmp_path / "deck", "--github", "--install-from", address)
    assert not (tmp_path / "deck").exists()
