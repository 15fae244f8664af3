"""Rules on what silences rules: settings in `deck.yaml` and comments in cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.lint.declaration import engine_rule
from cardpipe.model.diagnostics import Severity

if TYPE_CHECKING:
    from cardpipe.lint.api import Context
    from cardpipe.model.diagnostics import Finding


@engine_rule("CFG001", "unknown-rule")
def unknown_rule(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """The lint settings name a rule that there is not.

    ## What it does

    Checks the codes and families below `lint` in `source/deck.yaml`; below `allow-unsafe`, that they are rules which
    keep learners safe.

    ## Why is this bad?

    The setting does nothing, although its author believes that it does.

    ## Example

    ```yaml
    # deck.yaml
    lint: {ignore: [MTH01]}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    lint: {ignore: [MTH003]}
    ```
    """
    return ()


@engine_rule("CFG002", "essential-rule")
def essential_rule(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """The lint settings switch off a rule that always counts.

    ## What it does

    Looks below `lint` in `source/deck.yaml` for rules on the form of files, on identity and on releases, and for those
    that keep learners safe.

    ## Why is this bad?

    Such a card cannot be built, would take learners their history, or could harm their machines. A rule of the last
    kind is switched off openly or not at all: by `allow-unsafe`, which lint and `cardpipe diff` show.

    ## Example

    ```yaml
    # deck.yaml
    lint: {ignore: [IDN002]}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    lint: {ignore: []}
    ```
    """
    return ()


@engine_rule("CFG003", "safety-rule-off", severity=Severity.INFO)
def safety_rule_off(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """The lint settings switch off a rule that keeps learners safe.

    ## What it does

    Reports each rule below `allow-unsafe`, with its reason. Exports stay safe without the rule: what it would refuse
    comes out as plain text.

    ## Why is this bad?

    Contributors are no longer told what will not reach learners as it is written. A reviewer should see the switch, and
    who maintains the deck should not forget it.

    ## Example

    ```yaml
    # deck.yaml
    lint: {allow-unsafe: {MKU001: old cards}}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    lint: {allow-unsafe: {}}
    ```
    """
    return ()


@engine_rule("SUP001", "bare-suppression", severity=Severity.WARNING)
def bare_suppression(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A comment silences a finding without saying which or why.

    ## What it does

    Checks that each `# cardpipe: ignore[CODE] reason` has a code and a reason.

    ## Why is this bad?

    The next author cannot tell whether it is still right.

    ## Example

    ```yaml
    tags: [NN, NN]  # cardpipe: ignore[TAG002]
    ```

    ## Use instead

    ```yaml
    tags: [NN]
    ```
    """
    return ()


@engine_rule("SUP002", "unknown-suppression")
def unknown_suppression(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A comment silences a rule that there is not, or one that always counts.

    ## What it does

    Checks the codes in comments. Rules on the form of files, on identity and on releases, and those that keep learners
    safe, always count.

    ## Why is this bad?

    The comment does nothing.

    ## Example

    ```yaml
    details: Words.  # cardpipe: ignore[XYZ001] nobody knows this one
    ```

    ## Use instead

    ```yaml
    details: Words.
    ```
    """
    return ()


@engine_rule("SUP003", "unused-suppression", severity=Severity.WARNING)
def unused_suppression(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A comment silences what is not there.

    ## What it does

    Reports codes in comments to which no finding belongs.

    ## Why is this bad?

    The fault was fixed and the comment stayed; it would hide the next one.

    ## Example

    ```yaml
    details: Words.  # cardpipe: ignore[MDN001] fixed long ago
    ```

    ## Use instead

    ```yaml
    details: Words.
    ```
    """
    return ()


@engine_rule("SUP010", "too-many-suppressions")
def too_many_suppressions(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A file has more comments that silence findings than are read.

    ## What it does

    Counts the codes in such comments; after ten thousand in a file, the others do nothing.

    ## Why is this bad?

    Their author believes that the others do something.

    ## Example

    A file with a comment on each of its twenty thousand lines.

    ## Use instead

    One comment above the key that holds them all, or `ignore` below `lint` in `source/deck.yaml`.
    """
    return ()


RULES = (
    unknown_rule,
    essential_rule,
    safety_rule_off,
    bare_suppression,
    unknown_suppression,
    unused_suppression,
    too_many_suppressions,
)
