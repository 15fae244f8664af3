"""Rules on suppressions: settings in `deck.yaml` and comments in cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.lint.declaration import engine_rule
from cardpipe.model.diagnostics import Severity

if TYPE_CHECKING:
    from cardpipe.lint.api import Context
    from cardpipe.model.diagnostics import Finding


@engine_rule("CFG001", "unknown-rule")
def unknown_rule(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """The lint settings name an unknown rule.

    ## What it does

    Checks the codes and families under `lint` in `source/deck.yaml`; under `allow-unsafe`, that they are rules which
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
    """The lint settings disable a rule that cannot be disabled.

    ## What it does

    Looks under `lint` in `source/deck.yaml` for rules on the form of files, on identity and on releases, and for those
    that keep learners safe.

    ## Why is this bad?

    Cards that break these rules cannot be built, lose learners' history, or could harm their machines. Rules of the
    last kind can only be disabled by `allow-unsafe`, which lint and `cardpipe diff` report.

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
    """The lint settings disable a rule that protects learners.

    ## What it does

    Reports each rule under `allow-unsafe`, with its reason. Exports stay safe without the rule: what it would refuse
    is exported as plain text.

    ## Why is this bad?

    Contributors no longer see what will not reach learners as written. Reviewers should notice the setting, and
    maintainers should not forget it.

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
    """A suppression comment has no rule code or no reason.

    ## What it does

    Checks that each `# cardpipe: ignore[CODE] reason` has a code and a reason.

    ## Why is this bad?

    Other authors cannot tell whether it is still needed.

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
    """A suppression comment names an unknown rule, or one that cannot be suppressed.

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
    """A suppression comment has no effect.

    ## What it does

    Reports codes in suppression comments for which there is no finding.

    ## Why is this bad?

    The problem was fixed, but the comment would hide the next one.

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
    """A file has too many suppression comments.

    ## What it does

    Counts the codes in suppression comments; after ten thousand per file, the others are ignored.

    ## Why is this bad?

    Comments beyond the limit do nothing, although their author expects otherwise.

    ## Example

    A file with a comment on each of its twenty thousand lines.

    ## Use instead

    One comment above the key that contains them all, or `ignore` under `lint` in `source/deck.yaml`.
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
