"""Rules that the reader reports: YAML, structure of cards and deck, the release lock.

Their checks are empty and hold the manual only. The rules on texts that YAML cuts short are exported here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.lint.declaration import reader_rule
from cardpipe.lint.rules.cut_texts import comment_after_text
from cardpipe.model.diagnostics import Severity

if TYPE_CHECKING:
    from cardpipe.lint.api import Context
    from cardpipe.model.diagnostics import Finding


@reader_rule("YML001", "yaml-syntax")
def yaml_syntax(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A file is not valid YAML.

    ## What it does

    Reports the position at which the YAML parser stopped.

    ## Why is this bad?

    Nothing in the file can be read until it is corrected.

    ## Example

    ```yaml
    question: [what is a perceptron?
    ```

    ## Use instead

    ```yaml
    question: What is a perceptron?
    ```
    """
    return ()


@reader_rule("YML002", "duplicate-key")
def duplicate_key(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A mapping has the same key twice.

    ## What it does

    Looks for a key that occurs earlier in the same mapping.

    ## Why is this bad?

    One of the two values would be silently lost.

    ## Example

    ```yaml
    title: Perceptron
    title: Perceptrons
    ```

    ## Use instead

    ```yaml
    title: Perceptron
    ```
    """
    return ()


@reader_rule("YML003", "yaml-feature")
def yaml_feature(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A file uses an unsupported YAML feature.

    ## What it does

    Rejects anchors (`&name`), aliases (`*name`), merge keys (`<<`), tags (`!name`), several documents in a file,
    and nesting deeper than 24 levels.

    ## Why is this bad?

    With them, a short file can grow to gigabytes in memory, and few authors know them. A text
    that begins with one of these characters needs quotes.

    ## Example

    ```yaml
    answer: !important A weighted sum and a step.
    ```

    ## Use instead

    ```yaml
    answer: A weighted sum and a step.
    ```
    """
    return ()


@reader_rule("YML004", "control-character")
def control_character(_deck: None, _context: Context) -> tuple[Finding, ...]:
    r"""A file or a text contains a control character.

    ## What it does

    Looks for control characters other than tab and line end: in the file, and in texts in double quotes,
    where an escape such as `"\0"` produces one.

    ## Why is this bad?

    They are invisible, YAML does not allow them, and they break exports: `\x1f` separates the fields of Anki's notes.

    ## Example

    ```yaml
    details: "One\x1ftwo."
    ```

    ## Use instead

    ```yaml
    details: "One, two."
    ```
    """
    return ()


@reader_rule("YML005", "not-utf8")
def not_utf8(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A file is not encoded in UTF-8.

    ## What it does

    Checks that the bytes of the file are UTF-8.

    ## Why is this bad?

    In another encoding, letters beyond ASCII would be read as other letters.

    ## Example

    A file saved as Latin-1, in which `Größe` is five bytes.

    ## Use instead

    Save the file as UTF-8.
    """
    return ()


@reader_rule("SCH001", "unknown-key")
def unknown_key(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A mapping has an unknown key.

    ## What it does

    Compares each key with those that a card, a figure, a reference or the deck can have.

    ## Why is this bad?

    A misspelt key would be silently ignored, with its value.

    ## Example

    ```yaml
    titel: Perceptron
    ```

    ## Use instead

    ```yaml
    title: Perceptron
    ```
    """
    return ()


@reader_rule("SCH002", "missing-key")
def missing_key(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A required key is missing.

    ## What it does

    Checks that a card has `id`, `title`, `question` and `answer`, and so on for figures, references and the deck.

    ## Why is this bad?

    The card would be incomplete.

    ## Example

    ```yaml
    - id: ML0044
      title: Perceptron
      question: What is a perceptron?
    ```

    ## Use instead

    ```yaml
    - id: ML0044
      title: Perceptron
      question: What is a perceptron?
      answer: A weighted sum, a bias and a step.
    ```
    """
    return ()


@reader_rule("SCH003", "wrong-type")
def wrong_type(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A value has the wrong type, for example a list instead of a text.

    ## What it does

    Checks that texts are texts, lists are lists and mappings are mappings.

    ## Why is this bad?

    The value cannot be used.

    ## Example

    ```yaml
    tags: NN
    ```

    ## Use instead

    ```yaml
    tags: [NN]
    ```
    """
    return ()


@reader_rule("SCH004", "wrong-value")
def wrong_value(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A value is invalid.

    ## What it does

    Checks choices such as `difficulty`, the format of names and addresses, ranges of numbers, and that texts are not
    empty.

    ## Why is this bad?

    The value cannot be used.

    ## Example

    ```yaml
    difficulty: hart
    ```

    ## Use instead

    ```yaml
    difficulty: hard
    ```
    """
    return ()


@reader_rule("SCH007", "too-many-faults")
def too_many_faults(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A file has too many faults, so the rest was not read.

    ## What it does

    Stops reading a file after ten thousand findings on its fields.

    ## Why is this bad?

    The rest of the file was not checked, and its cards are missing from the deck.

    ## Example

    A file with a hundred thousand empty cards.

    ## Use instead

    Fewer cards per file, preferably one.
    """
    return ()


@reader_rule("REL001", "release-lock")
def release_lock(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """The release lock cannot be read.

    ## What it does

    Checks that `source/release.lock` has the format that `cardpipe release` writes.

    ## Why is this bad?

    The lock records what learners have and since when. Without it, an import would overwrite their edits, or
    corrected cards would never reach them.

    ## Example

    A lock with merge conflict markers, or one that was edited by hand.

    ## Use instead

    The file of the last release: `git checkout origin/main -- source/release.lock`.
    """
    return ()


@reader_rule("REL002", "future-release", severity=Severity.WARNING)
def future_release(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """The release lock has a time in the future.

    ## What it does

    Compares the time of the release in `source/release.lock` with the clock.

    ## Why is this bad?

    Anki keeps the note with the newer time. Until that time, an import overwrites learners' edits, and
    later releases cannot correct a card.

    ## Example

    A lock that was written while the clock was wrong, or edited by hand.

    ## Use instead

    The lock of an earlier release, `git checkout REV -- source/release.lock`; then correct the clock and release
    again.
    """
    return ()


@reader_rule("SCH008", "oversized-file")
def oversized_file(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """The cards of one file take too long to export.

    ## What it does

    Adds up the cost of each card of a file: 20 for the card, 5 for each tag, related card, reference and picture,
    1,200 for each figure that is drawn and for each part of a panel, 3 for each line of its texts, 1 for 12
    characters, 8 for each cloze deletion, 4 for each link, 4 for each formula and 1 for each character of its TeX, 30
    and 3 more for the first of equal formulas in the file, 2 for each of the marks ``* _ ` ~ <`` and 1 for each
    `|` and `[`. The limit is 120,000. A long card full of formulas with a figure costs about 3,000, one of a question
    and an answer in words about 50.

    ## Why is this bad?

    A megabyte of single letters in paragraphs, list items, table cells or formulas becomes thousands of pages, which
    take minutes. A change to any card of such a file also rebuilds all of them.

    ## Example

    A file with ten thousand cards.

    ## Use instead

    A file for each card or each chapter under `source/cards/`.
    """
    return ()


@reader_rule("SCH010", "unread-file", severity=Severity.WARNING)
def unread_file(_deck: None, _context: Context) -> tuple[Finding, ...]:
    """A file that looks like a card is not read.

    ## What it does

    Reports each file under `source/cards/` that does not end in `.yaml` or `.yml`, in lower or upper case, and
    cards in other places: YAML files next to `source/deck.yaml`, and files with the name of a card in
    `source/media/`, in `source/figures/`, in `cards/` and in the project folder. Files whose names begin with
    a dot, a README or a licence, and files that editors and systems create are ignored.

    ## Why is this bad?

    Its cards are missing from the deck.

    ## Example

    A file `source/cards/ML0044.yaml.txt`, as some text editors save it, or `source/ML0044.yaml`.

    ## Use instead

    `source/cards/ML0044.yaml`.
    """
    return ()


RULES = (
    yaml_syntax,
    duplicate_key,
    yaml_feature,
    control_character,
    not_utf8,
    unknown_key,
    missing_key,
    wrong_type,
    wrong_value,
    oversized_file,
    unread_file,
    too_many_faults,
    release_lock,
    future_release,
    comment_after_text,
)
