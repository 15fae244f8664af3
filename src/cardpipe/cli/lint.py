"""`cardpipe lint`."""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from cardpipe.cli.comma_lists import callback
from cardpipe.cli.completing import rules_and_families
from cardpipe.cli.project import in_project, is_among, nearest_project
from cardpipe.cli.rule_choice import chosen_codes
from cardpipe.cli.streams import detail, is_verbose, note, read_input, say, write_data
from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from cardpipe.build.pipeline import Checked
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.release.touched import TouchedFiles
    from cardpipe.text.positions import SourceFile

OUTPUT_FORMATS: Final = ("full", "concise", "json", "github", "gitlab", "sarif", "junit")


@click.command(epilog="Example:  cardpipe lint source/cards/ML0044.yaml --output-format concise")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[PATH|-]...")
@click.option(
    "--output-format",
    type=click.Choice(OUTPUT_FORMATS, case_sensitive=False),
    help="full shows the source line, concise is one line per finding, json is for programs, github annotates a pull "
    "request, gitlab is the code quality report of a merge request, sarif and junit are for code hosts and CI. "
    "[default: full; github in GitHub Actions]",
)
@click.option(
    "-o",
    "--output-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the report to this file.",
)
@click.option("--stdin-filename", metavar="PATH", help="The file of the project that standard input (-) represents.")
@click.option(
    "--changed",
    is_flag=False,
    flag_value="",
    metavar="[REV]",
    help="Only findings that changes since a git revision can have caused: in changed files, and in files that refer "
    "to changed, removed or renamed files, in all decks below the working folder. "
    "[default: the merge base with the main branch]",
)
@click.option(
    "--select",
    multiple=True,
    callback=callback,
    metavar="RULE",
    shell_complete=rules_and_families,
    help="Only findings of these rules: codes or their beginnings, such as MTH or MTH00, or ALL; can be repeated or "
    "comma-separated.",
)
@click.option(
    "--ignore",
    multiple=True,
    callback=callback,
    metavar="RULE",
    shell_complete=rules_and_families,
    help="No findings of these rules; of --select and --ignore, the longer beginning of a code counts.",
)
@click.option("--fix", is_flag=True, help="Apply safe fixes, which do not change the content of a card.")
@click.option(
    "--unsafe-fixes",
    is_flag=True,
    help="Apply unsafe fixes too, such as guesses at misspelt names; review the result.",
)
@click.option("--diff", "show_diff", is_flag=True, help="Show what --fix would change, without changing files.")
@click.option(
    "--max-warnings", type=click.IntRange(min=0), metavar="N", help="Exit with 0 if there are at most N warnings."
)
@click.option("--statistics", is_flag=True, help="Show the number of findings per rule instead of the findings.")
@click.option("--write-baseline", is_flag=True, help="Write a baseline: current warnings are no longer reported.")
@click.option("--watch", is_flag=True, help="Watch files and check again after changes, until Ctrl-C.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    output_format: str | None,
    output_file: Path | None,
    stdin_filename: str | None,
    changed: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fix: bool,
    unsafe_fixes: bool,
    show_diff: bool,
    max_warnings: int | None,
    statistics: bool,
    write_baseline: bool,
    watch: bool,
) -> int:
    """Check the cards and show all findings.

    The whole deck is always checked, since some rules compare cards; PATHs (files or folders) select whose findings are
    shown, and - reads one card from standard input. The exit code is 0 without findings, 1 with findings, 2 if
    the check itself failed. Rules are configured in deck.yaml, under lint.
    """
    from cardpipe.cli.project import prefix, projects
    from cardpipe.cli.reports import warn_of_faulty_plugins

    from_input = any(str(path) == "-" for path in paths)
    chosen_rules = chosen_codes(select, ignore) if select or ignore else None
    roots = projects(ctx, [] if from_input else paths, tracked=changed is not None)
    targets = [
        replace(
            _target(root, roots, paths, stdin_filename, changed, "" if ctx.obj is not None else prefix(root)),
            rules=chosen_rules,
        )
        for root in roots
    ]
    if len(targets) > 1 and (watch or write_baseline):
        decks = " and ".join(str(root) for root in roots[:2])
        option = "--watch" if watch else "--write-baseline"
        raise UsageError(f"{option} works on a single deck, not on {decks}.", hint="Select one with -C DIR.")
    if write_baseline and chosen_rules is not None:
        raise UsageError("--write-baseline records all rules.", hint="Leave out --select and --ignore.")
    if output_format is None:
        output_format = "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "full"
    fixing = fix or unsafe_fixes or show_diff
    if fixing:
        outcomes = [_fix(target, unsafe=unsafe_fixes, show_diff=show_diff) for target in targets]
        ended = [outcome for outcome in outcomes if outcome is not None]
        if ended:
            return max(ended)

    def once() -> int:
        results = [_checked(target.root, target.contents, baseline=not write_baseline) for target in targets]
        warn_of_faulty_plugins()
        if write_baseline:
            return _write_baseline(targets[0].root, results[0])
        diagnostics: list[Diagnostic] = []
        files: dict[str, Mapping[str, SourceFile]] = {}
        for target, checked in zip(targets, results, strict=True):
            _print_resolved(checked)
            found = target.chosen(checked)
            if fixing and not watch:
                found = [_without_failed_fix(item, unsafe=unsafe_fixes) for item in found]
            files[target.prefix] = checked.files.among(_is_shown(target, found))
            diagnostics += [_prefixed(item, target.prefix) for item in found]
        if statistics:
            say(_statistics(diagnostics), nl=False)
        else:
            _show(diagnostics, _Files(files), output_format, output_file)
        cards = sum(len(checked.cards or ()) for checked in results)
        if output_format == "full" and not diagnostics and all(checked.cards is not None for checked in results):
            note(f"All checks passed: {cards} card{'' if cards == 1 else 's'}.")
        return _exit_code(diagnostics, max_warnings)

    return _watch(targets[0].root, once) if watch else once()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """The files and findings that are requested of one project."""

    root: Path
    prefix: str
    """The prefix of its paths in a report."""
    contents: dict[str, bytes]
    """Contents that replace files on disk."""
    wanted: Sequence[str]
    """Files and folders that were named; the whole project if there are none and `--changed` is not set."""
    changes: TouchedFiles | None

    rules: Collection[str] | None = None
    """The codes of the rules whose findings are requested; None for all."""

    def wants(self, finding: Diagnostic) -> bool:
        """Return whether a finding is in a file that was named, and of a requested rule."""
        return self.names(finding.span.path) and (self.rules is None or finding.code in self.rules)

    def names(self, path: str) -> bool:
        """Return whether a file was named, or has changed with `--changed`."""
        if self.changes is None:
            return is_among(path, self.wanted)
        return path in self.changes.paths or (bool(self.wanted) and is_among(path, self.wanted))

    def chosen(self, checked: Checked) -> list[Diagnostic]:
        """Return the requested findings."""
        changes = self.changes
        if changes is None:
            return [item for item in checked.diagnostics if self.wants(item)]
        from cardpipe.lint.api import Scope
        from cardpipe.lint.registry import all_rules

        comparing = {rule.code for rule in all_rules() if rule.scope in {Scope.SUMMARIES, Scope.DECK}}
        return [
            item
            for item in checked.diagnostics
            if (self.names(item.span.path) or changes.concern(item, checked.files, comparing))
            and (self.rules is None or item.code in self.rules)
        ]


def _target(
    root: Path,
    roots: Sequence[Path],
    paths: Sequence[Path],
    stdin_filename: str | None,
    changed: str | None,
    prefix: str,
) -> _Target:
    # With several projects, each path belongs to one of them.
    own = [path for path in paths if len(roots) == 1 or nearest_project(path) == root]
    contents, wanted = _chosen(root, own, stdin_filename)
    if changed is None:
        changes = None
    else:
        from cardpipe.release.touched import changes_since

        changes = changes_since(root, changed)
    return _Target(
        root=root,
        prefix=prefix,
        contents=contents,
        wanted=wanted,
        changes=changes,
    )


class _Files(Mapping[str, "SourceFile"]):
    """The files of several projects, by their paths in the report."""

    def __init__(self, projects: Mapping[str, Mapping[str, SourceFile]]) -> None:
        self._projects = projects

    def __getitem__(self, path: str) -> SourceFile:
        for prefix, files in self._projects.items():
            inside = path.removeprefix(prefix)
            if path.startswith(prefix) and inside in files:
                return files[inside]
        raise KeyError(path)

    def __iter__(self) -> Iterator[str]:
        for prefix, files in self._projects.items():
            yield from (f"{prefix}{path}" for path in files)

    def __len__(self) -> int:
        return sum(map(len, self._projects.values()))


def _is_shown(target: _Target, found: Sequence[Diagnostic]) -> Callable[[str], bool]:
    paths = {item.span.path for item in found}
    return lambda path: path in paths or target.names(path)


def _prefixed(found: Diagnostic, prefix: str) -> Diagnostic:
    return replace(found, span=replace(found.span, path=f"{prefix}{found.span.path}")) if prefix else found


def _without_failed_fix(found: Diagnostic, *, unsafe: bool) -> Diagnostic:
    """Return a finding that is left after fixing without its fix if that was tried: it would cause another finding."""
    failed = found.fix is not None and found.fix.is_in_place and (unsafe or found.fix.safe)
    return replace(found, fix=None) if failed else found


def _fix(target: _Target, *, unsafe: bool, show_diff: bool) -> int | None:
    """Apply fixes; return the exit code, or None if findings should be shown."""
    from cardpipe.cli.source_changes import editing

    with editing(target.root, dry_run=show_diff or bool(target.contents)):
        return _locked_fix(target, unsafe=unsafe, show_diff=show_diff)


def _locked_fix(target: _Target, *, unsafe: bool, show_diff: bool) -> int | None:
    from cardpipe.authoring.duplicates import renumbered
    from cardpipe.authoring.source_change import SourceChange, apply
    from cardpipe.build.pipeline import cache_of
    from cardpipe.cli.rewriting import show_diff as show
    from cardpipe.fix.proposals import fixed
    from cardpipe.fix.renaming import renamed

    root, contents = target.root, target.contents
    with cache_of(root) as cache:
        result = fixed(
            root,
            cache,
            is_wanted=target.wants,
            unsafe=unsafe,
            contents=contents,
        )
    wanted_names = [one for one in result.linted.diagnostics if target.wants(one)]
    renaming = renamed(root, [] if contents else wanted_names, result.contents)
    result.contents |= renaming.contents
    change = SourceChange({**renaming.before, **result.before}, result.contents, dict(renaming.names))
    duplicates = renumbered(root, wanted_names, change) if unsafe and not contents else []
    if show_diff:
        show(change.before, change.contents, change.moves)
        return 1 if change.contents or change.moves else 0
    if contents:
        write_data({**contents, **result.contents}[target.wanted[0]])
        return 0
    apply(root, change)
    result.made += [*renaming.made, *duplicates]
    if result.made:
        count, files = len(result.made), len({*change.contents, *change.moves})
        words = f"{count} finding{'' if count == 1 else 's'} in {files} file{'' if files == 1 else 's'}"
        note(f"Fixed {words}.")
    return None


def _checked(root: Path, contents: Mapping[str, bytes], *, baseline: bool) -> Checked:
    from cardpipe.build.pipeline import check
    from cardpipe.cache.rebuild_log import RebuildLog

    log = RebuildLog()
    checked = check(root, contents=contents, baseline=baseline, rebuild_log=log)
    for line in log.lines() if is_verbose() else ():
        detail(line)
    if checked.unspelt:
        from cardpipe.plugins.extras import install_command

        note(f"cardpipe: note: spelling is not checked; `{install_command('spelling')}` enables it.")
    return checked


def _chosen(root: Path, paths: Sequence[Path], stdin_filename: str | None) -> tuple[dict[str, bytes], list[str]]:
    """Return the contents that replace files on disk, and the paths whose findings are requested."""
    from_input = any(str(path) == "-" for path in paths)
    if not from_input:
        if stdin_filename is not None:
            raise UsageError("- requires --stdin-filename.", hint="cardpipe lint - --stdin-filename PATH")
        return {}, [in_project(path, root) for path in paths]
    if len(paths) > 1:
        raise UsageError("- cannot be combined with other paths.")
    name = _stdin_path(root, stdin_filename)
    return {name: read_input()}, [name]


def _stdin_path(root: Path, name: str | None) -> str:
    from cardpipe.source.card_paths import is_card_path

    if name is None:
        return "source/cards/standard-input.yaml"
    path = Path(name) if Path(name).is_absolute() else Path.cwd() / name
    try:
        inside = Path(os.path.normpath(path)).relative_to(Path(os.path.normpath(root.resolve()))).as_posix()
    except ValueError:
        inside = name
    if inside != "source/deck.yaml" and not is_card_path(inside):
        raise UsageError(
            f"{name} is not a card file of the project in {root}.", hint="Name a file under source/cards/."
        )
    return inside


def _print_resolved(checked: Checked) -> None:
    if checked.resolved:
        words = "finding of the baseline is" if checked.resolved == 1 else "findings of the baseline are"
        note(f"{checked.resolved} {words} fixed; `cardpipe lint --write-baseline` removes them from it.")


def _write_baseline(root: Path, checked: Checked) -> int:
    from cardpipe.build.publish import write_file
    from cardpipe.lint.baseline import BASELINE_PATH, dump
    from cardpipe.model.diagnostics import Severity

    known = [item for item in checked.diagnostics if item.severity is not Severity.ERROR]
    write_file(root / BASELINE_PATH, dump(known, checked.files).encode())
    words = f"{len(known)} finding{'' if len(known) == 1 else 's'}"
    note(f"{words} in {BASELINE_PATH} will no longer be reported.", err=False)
    if checked.errors:
        say(f"{checked.errors} errors are still reported; `cardpipe lint` shows them.", err=True)
    return 1 if checked.errors else 0


def _show(
    diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile], output_format: str, target: Path | None
) -> None:
    from cardpipe.build.publish import write_file
    from cardpipe.cli.reports import print_report, report_text

    if target is None:
        print_report(diagnostics, files, output_format)
    else:
        text = report_text(diagnostics, files, output_format)
        write_file(target, text.encode("utf-8", "backslashreplace"))


def _statistics(diagnostics: Sequence[Diagnostic]) -> str:
    counts = Counter((item.code, item.name, item.severity.value) for item in diagnostics)
    width = len(str(max(counts.values(), default=0)))
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"{count:>{width}}  {code}  {severity:<7}  {name}\n" for (code, name, severity), count in rows)


def _exit_code(diagnostics: Sequence[Diagnostic], max_warnings: int | None) -> int:
    from cardpipe.model.diagnostics import Severity

    if max_warnings is None:
        return 1 if diagnostics else 0
    warnings = sum(item.severity is Severity.WARNING for item in diagnostics)
    errors = any(item.severity is Severity.ERROR for item in diagnostics)
    return 1 if errors or warnings > max_warnings else 0


def _watch(root: Path, once: Callable[[], int]) -> NoReturn:
    """Check whenever a file under `source/` changes, until Ctrl-C, which exits with 0."""
    from cardpipe.parallel.interruption import expect
    from cardpipe.source.watching import changes, state

    before: object = None
    expect(0)
    for _ in changes(root, threading.Event()):
        now = state(root)
        if now != before:
            before = now
            if sys.stdout.isatty():
                click.clear()
            expect(once())
            note("Watching for changes; press Ctrl-C to stop.")
    raise AssertionError
