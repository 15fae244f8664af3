"""Lint results for decks like those that people use, and for bad cards.

`tests/cases/everyday/` has several hundred cards in ten languages. Every finding there is listed below by its rule and
card; what is false among them is marked, so that a rule that becomes noisy fails here.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from cardpipe.lint.engine import lint
from everyday_decks import everyday_findings, files
from lint_sample import CACHE, cards_of, deck_of

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPECTED = {
    # GitHub takes `[^abc]: …` for a footnote, and hides it.
    "MDN013": ["ENPRO0004"],
    "WRD001": ["ENINT0006", "ENINT0009", "ZHCLO0012"],
    "WRD002": [
        *["ENGEO0012", "ENHIS0021", "ENINT0008", "ENINT0014", "ENINT0025", "ENMED0019", "ENPRO0024"],
        "ENSCI0022",
    ],
    "WRD008": ["ENMED0009", "ENPRO0034"],
    "WRD013": [
        *["DEMAT0011", "DEMAT0018", "DEMAT0026", "DEMAT0026", "DEMAT0027", "ENSCI0017", "ENSCI0031"],
        "ENINT0013",  # false: everybody takes this I for the identity
    ],
    "WRD014": [
        *["ENMED0009", "ENMED0012", "ENMED0012", *["ENMED0025"] * 5, "ENSCI0029", "ENSCI0029"],
        "ESGEN0009",
    ],
    # The title is the answer, word for word.
    "WRD030": ["ENGEO0016", "ENVOC0006", "ESGEN0013", "FRGEN0002", "FRGEN0014"],
}
"""By rule, the cards with a finding."""
FALSE = {"WRD013": 1}
"""How many of these are false alarms, by rule."""


@functools.cache
def found_by_rule() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, finding in everyday_findings():
        lines = path.read_text("utf-8").splitlines()[: finding.span.line]
        card = next(line for line in reversed(lines) if line.startswith("- id: "))
        found.setdefault(finding.code, []).append(card.removeprefix("- id: "))
    return {code: sorted(cards) for code, cards in found.items()}


def test_there_are_enough_cards_in_enough_languages() -> None:
    cards = Counter(
        path.stem.partition("-")[0] for path in files() for _ in path.read_text("utf-8").split("- id: ")[1:]
    )
    assert cards.total() >= 300
    assert len(cards) >= 7


def test_everyday_decks_have_these_findings_and_no_others() -> None:
    assert found_by_rule() == {code: sorted(cards) for code, cards in EXPECTED.items()}


def test_nine_of_ten_findings_are_right() -> None:
    total = sum(len(cards) for cards in EXPECTED.values())
    assert sum(FALSE.values()) <= total / 10
    assert all(count <= len(EXPECTED[code]) / 5 for code, count in FALSE.items())


CARD = "id: ML0044\ntitle: Unit\n{}\n"
ANSWER = "\nanswer: So it is."


def found(text: str, language: str = "en") -> list[str]:
    return [finding.code for finding in lint(deck_of(cards_of(CARD.format(text)), language=language), (), CACHE)]


LIST = "".join(f"  - {n}\n" for n in range(4))
STILL_FOUND: Sequence[tuple[str, str, str]] = [
    ("WRD001", "en", f"question: What is gradient descent and what does the learning rate do?{ANSWER}"),
    ("WRD001", "en", f"question: What is a closure, and how are variables bound?{ANSWER}"),
    ("WRD001", "en", f"question: What is `a ?? b`? When is it used?{ANSWER}"),
    ("WRD001", "en", f"question: '**What is dropout?** When is it off?'{ANSWER}"),
    ("WRD001", "de", f"question: Was ist Dropout und was macht die Lernrate?{ANSWER}"),
    ("WRD001", "de", f"question: Was ist das? Und warum?{ANSWER}"),
    ("WRD001", "fr", f"question: Quelle est la raison ? Pourquoi ?{ANSWER}"),
    ("WRD001", "zh", f"question: 什么是过拟合？怎么避免？{ANSWER}"),
    ("WRD001", "ar", f"question: ما هي العاصمة؟ ولماذا؟{ANSWER}"),
    ("WRD002", "en", "question: Is water wet?\nanswer: 'Yes.'"),
    ("WRD002", "en", "question: Can you modify a tuple?\nanswer: No, it never changes."),
    ("WRD002", "en", "question: Do you know if the loss is convex?\nanswer: It is."),
    ("WRD002", "en", "question: Does dropout run at test time?\nanswer: No."),
    ("WRD003", "en", "question: What is the name of the sigmoid function?\nanswer: The sigmoid function"),
    ("WRD003", "en", "question: In which layer is the hidden layer hidden?\nanswer: hidden layer"),
    ("WRD003", "de", "question: Welche Funktion ist die logistische Funktion?\nanswer: Die logistische Funktion"),
    ("WRD004", "en", f"question: What does the formula above say?{ANSWER}"),
    (
        "WRD004",
        "en",
        "question: It is used for what?\nanswer: Speed.",
    ),
    ("WRD006", "en", "question: How is a network made sparse?\nanswer: |\n  - pruning\n  - a penalty"),
    ("WRD006", "en", "question: Why is it slow?\nanswer: |\n  ```python\n  x = 1\n  ```"),
    ("WRD007", "en", "question: Why is it slow?\nanswer: This is because of that."),
    ("WRD008", "en", f"question: Why?\nanswer: |\n  All:\n\n{LIST}{LIST}"),
    ("WRD008", "en", f"question: Why?\nanswer: |\n  All:\n\n{LIST}\n{LIST}"),
    ("WRD008", "en", f"question: Why?\nanswer: |\n  All:\n\n  1. one\n{LIST.replace('  -', '     -') * 2}"),
    ("WRD009", "es", "question: ¿Por qué?\nanswer: TODO"),
    ("WRD009", "en", "question: Why?\nanswer: XXX write this"),
    ("WRD010", "en", "question: Why?\nanswer: It is the the end."),
    ("WRD010", "de", "question: Warum?\nanswer: Es ist ein ein Ende."),
    ("WRD010", "fr", "question: Pourquoi ?\nanswer: C'est la la fin."),
    ("WRD013", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$v = \\frac{s}{t}$$"),
    ("WRD013", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$\\sum_{t=1}^T r_t$$"),
    ("WRD013", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$\\mathbf{w}^T x$$"),
    ("WRD013", "de", "question: Warum?\nanswer: So.\ndetails: |\n  $$\\forall x \\in M: f(x) = 0$$"),
    ("WRD014", "en", "question: Why?\nanswer: It is an RBM."),
    ("WRD014", "zh", "question: 为什么？\nanswer: 因为用了RBM方法。"),
    ("WRD014", "en", "question: Why?\nanswer: An LSTM RNN does."),
    ("MDN001", "en", "question: Why?\nanswer: It is ****bold**** and *this."),
    ("MDN001", "en", "question: Why?\nanswer: |\n  One line  \n  and another."),
    ("REF003", "en", "question: Why?\nanswer: |\n  [abc]: letters"),
    ("REF003", "en", "question: Why?\nanswer: See [this](proof.html)."),
    ("MTH004", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$x + $y$ = x$$"),
    ("MTH004", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$\\begin{cases} x & $y$ \\end{cases}$$"),
    ("MTH004", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$\\begin{cases*} $x$ & y \\end{cases*}$$"),
    ("MTH010", "en", "question: Why?\nanswer: Water is H_2O."),
    ("MTH010", "en", "question: Why?\nanswer: It takes O(n^2) steps."),
    ("MTH010", "de", "question: Warum?\nanswer: Es sind 10^6 und SO_4^{2-}."),
]


@pytest.mark.parametrize(("code", "language", "text"), STILL_FOUND)
def test_bad_cards_are_still_found(code: str, language: str, text: str) -> None:
    assert code in found(text, language)


LEFT_ALONE: Sequence[tuple[str, str, str]] = [
    ("WRD001", "en", f"question: What do `a ? b` and ?. and (?:) have in common?{ANSWER}"),
    ("WRD001", "en", f"question: What is a perceptron, and what are its limits?{ANSWER}"),
    ("WRD001", "en", f"question: When and where was Napoleon born?{ANSWER}"),
    ("WRD001", "en", f"question: What is somebody called who knows what is right and what is wrong?{ANSWER}"),
    ("WRD001", "en", f"question: What does *quo vadis?* mean in English?{ANSWER}"),
    ("WRD001", "de", f"question: Wer fragt „Was ist Wahrheit?“ im Evangelium?{ANSWER}"),
    ("WRD001", "fr", f"question: Qui demande « Que sais-je ? » dans les Essais ?{ANSWER}"),
    ("WRD001", "ja", f"question: 「元気ですか？」は英語で何ですか？{ANSWER}"),
    ("WRD002", "en", "question: Could you briefly explain dropout?\nanswer: It switches units off."),
    ("WRD002", "en", "question: Do you know any optimisers?\nanswer: Adam and momentum."),
    ("WRD002", "en", "question: Is it convex, and why?\nanswer: Yes."),
    ("WRD002", "en", "question: Will er nach Hause?\nanswer: Does he want to go home?"),
    ("WRD003", "de", "question: Ist es der, die oder das Boot?\nanswer: das Boot"),
    ("WRD003", "en", "question: What is “Restaurant” in German?\nanswer: das Restaurant"),
    ("WRD003", "en", "question: What is the capital of Djibouti?\nanswer: Djibouti"),
    ("WRD006", "en", "question: Which command shows the log?\nanswer: |\n  ```sh\n  git log\n  ```"),
    ("WRD006", "en", "question: How does the poem begin?\nanswer: |\n  > Tyger Tyger, burning bright"),
    ("WRD008", "en", f"question: Why?\nanswer: |\n  All:\n\n{LIST}\n  More:\n\n{LIST}"),
    ("WRD008", "en", f"question: Why?\nanswer: |\n  All:\n\n{LIST}{LIST.replace('-', '*')}"),
    ("WRD008", "en", f"question: Why?\nanswer: |\n  All:\n\n{LIST}{LIST.replace('  -', '    -')}"),
    ("WRD009", "pt", "question: O que significa todo?\nanswer: Todo o mundo."),
    ("WRD010", "tr", "question: Neden?\nanswer: Yavaş yavaş gidiyor."),
    ("WRD010", "hi", "question: कब?\nanswer: बार बार होता है।"),
    ("WRD013", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$\\int_0^1 t\\,dt = \\tfrac12$$"),
    ("WRD013", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$\\{ z \\in \\mathbb{C} \\mid z = 1 \\}$$"),
    ("WRD013", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$x \\mapsto x^2 \\quad \\arg\\min_{w} w^2$$"),
    ("WRD013", "en", "question: Why?\nanswer: The speed *v* is θ.\ndetails: |\n  $$v = \\theta$$"),
    ("WRD013", "en", "question: Why?\nanswer: So.\ndetails: |\n  $$\\pu{5 kg} \\to \\ce{A + B}$$"),
    ("WRD014", "en", "question: Why?\nanswer: It does NOT, and magnetic resonance imaging does; MRI is slow."),
    ("WRD014", "en", "question: Who was Louis XIV?\nanswer: A king; his water was H2O."),
    ("WRD014", "ja", "question: なぜ？\nanswer: 磁気共鳴画像（MRI）。"),
    ("WRD014", "zh", "question: 为什么？\nanswer: MRI（磁共振成像）。"),
    ("WRD014", "en", "question: Why?\nanswer: |\n  > [!NOTE]\n  > So.\n\n  > [!TIP]\n  > And so."),
    ("MDN001", "en", "question: Why?\nanswer: '***All*** of it, ***some* more**.'"),
    ("MDN001", "zh", "question: 为什么？\nanswer: 这是***粗斜***体。"),
    ("REF003", "en", "question: Why?\nanswer: |\n  [abc]: Used to find any of them"),
    ("REF003", "en", "question: Why?\nanswer: |\n  Sets\n  [0]: zero"),
    ("REF003", "en", "question: Why?[^1]\nanswer: |\n  So.\n\n  [^1]: note"),
    ("MTH001", "en", "question: Why?\nanswer: So $a \\mbox{ see \\eqref{1} } c$ and $\\text{\\ref{a}}$ hold."),
    (
        "MTH004",
        "en",
        "question: Why?\nanswer: So.\ndetails: |\n  $$\\begin{dcases*} x & if $x$ \\\\ 0 & no \\end{dcases*}$$",
    ),
    ("MTH004", "en", "question: Why?\nanswer: So $\\ce{A ->[$x$] B}$.\ndetails: |\n  $$y \\tag*{$\\ast$}$$"),
    (
        "MTH004",
        "en",
        "question: Why?\nanswer: So.\ndetails: $$\\begin{prooftree}\\AxiomC{$x$}\\UnaryInfC{$y$}\\end{prooftree}$$",
    ),
    ("MTH010", "en", "question: Why?\nanswer: Call my_file_1 with df_x, `H_2O`, $x^2$, HEAD^2 and https://e.org/x_1."),
]


@pytest.mark.parametrize(("code", "language", "text"), LEFT_ALONE)
def test_what_is_right_is_left_alone(code: str, language: str, text: str) -> None:
    assert code not in found(text, language)


TAGS = """
- {{id: ML0001, title: A, question: "What is the first one?", answer: "It.", tags: [{}]}}
- {{id: ML0002, title: B, question: "Who was the second man?", answer: "He.", tags: [{}]}}
- {{id: ML0003, title: C, question: "Where did the third go?", answer: "Off.", tags: [{}]}}
- {{id: ML0004, title: D, question: "When will the fourth come?", answer: "Now.", tags: [{}]}}
"""


def tags_found(tags: Sequence[str], *, open_tags: bool = True, known: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    import dataclasses

    deck = deck_of(cards_of(TAGS.format(*tags)), tags=known)
    deck = dataclasses.replace(deck, settings=dataclasses.replace(deck.settings, open_tags=open_tags))
    text = TAGS.format(*tags).split("\n")
    return [
        (f.code, text[f.span.line - 1][f.span.column - 1 : f.span.end_column - 1], f.help or "")
        for f in lint(deck, (), CACHE)
        if f.code.startswith("TAG")
    ]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["a/b", "C#", "R&D", "हिन्दी::व्याकरण"], []),
        (["part-of-speech", "part-of-speech", "part_of_speech", "x"], [("TAG004", "part_of_speech", "part-of-speech")]),
        (["verb", "verb", "Verbs", "x"], [("TAG004", "Verbs", "verb")]),
        (["anatomy", "anatomy", "anatomy", "anatmoy"], [("TAG004", "anatmoy", "anatomy")]),
        (["abduction", "abduction", "abduction", "adduction"], []),
        (["chapter1", "chapter1", "chapter1", "chapter11"], []),
        (["C", "C++", "C#", "C"], []),
        (["'neural nets'", "x", "y", "z"], [("TAG003", "'neural nets'", "neural-nets")]),
    ],
)
def test_an_open_vocabulary(tags: list[str], expected: list[tuple[str, str, str]]) -> None:
    assert [(code, tag) for code, tag, _ in tags_found(tags)] == [(code, tag) for code, tag, _ in expected]
    assert all(advice in found[2] for found, (_, _, advice) in zip(tags_found(tags), expected, strict=True))


def test_the_name_of_another_thing_is_never_the_advice() -> None:
    known = ["HAP", "mecA"]
    found = tags_found(["'HAM TSP'", "'ME,CFS'", "mecA", "HAP"], open_tags=False, known=known)
    assert [(code, advice) for code, _, advice in found] == [
        ("TAG003", "Write `HAM-TSP`."),
        ("TAG003", "Write `ME-CFS`."),
    ]
