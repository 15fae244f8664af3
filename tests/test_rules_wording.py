"""Rules on wording, terms and accessibility: exact positions in bad cards, no findings in good ones."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.lint.engine import lint
from lint_sample import CACHE, cards_of, codes, deck_of, findings

WORDING = ("WRD", "ACC")

GOOD = """
- {id: ML0001, title: Dropout, question: "What does dropout do in training?",
   answer: "It switches units off at random."}
- {id: ML0002, title: Momentum, question: "Why does momentum help in narrow valleys?",
   answer: "Because steps across the valley cancel out, and those along it add up."}
- {id: ML0003, title: Precision or recall,
   question: "Is precision or recall the share of hits among all that was found?",
   answer: "Precision."}
- {id: ML0004, title: Scores and probabilities, kind: typed,
   question: "Which function turns scores into probabilities that sum to one?",
   answer: softmax}
- {id: ML0005, title: Bayes, question: "State Bayes' theorem.",
   answer: "$P(A | B) = P(B | A) P(A) / P(B)$."}
- {id: ML0006, title: F1, question: "When is the F1 score low although accuracy is high?",
   answer: "When the classes are unbalanced and the rare one is missed."}
- {id: ML0007, title: PCA, question: "What does principal component analysis (PCA) keep?",
   answer: "The directions of most variance; PCA drops the others."}
- {id: ML0008, title: Epoch, question: "How many steps does an epoch take with 1,000 examples in batches of 50?",
   answer: "20"}
- {id: ML0009, title: Kernel trick, question: "What does the kernel trick save?",
   answer: "It never computes the features, only their inner products."}
- {id: ML0010, title: Cross-validation, kind: cloze,
   question: "In $k$-fold cross-validation each example is tested {{c1::once}}. The rest is {{c2::for training}}."}
- {id: ML0011, title: Chain rule, question: "What does backpropagation compute, and in which order?",
   answer: "Gradients, from the loss back to the inputs.",
   details: "With $L$ the loss and $w$ a weight:\\n\\n$$\\\\frac{dL}{dw} = 0$$"}
- {id: ML0012, title: Bias of an estimator, question: "What is the bias of an estimator?",
   answer: "This is not the bias of a unit: how far the estimator is off on average."}
"""


def own(text: str, language: str = "en") -> list[tuple[str, int, int]]:
    deck = deck_of(cards_of(text), language=language)
    return [(f.code, f.span.line, f.span.column) for f in lint(deck, (), CACHE) if f.code.startswith(WORDING)]


def test_good_cards_are_left_alone() -> None:
    assert [finding for finding in own(GOOD) if finding[0] != "WRD007"] == []


CARD = "id: ML0044\ntitle: Unit\n{}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("question: What is it? Why so?\nanswer: That.", ("WRD001", 3, 29)),
        ("question: |\n  What is it?\n\n  Why?\nanswer: That.", ("WRD001", 6, 6)),
        ("question: Does it learn?\nanswer: Yes, slowly.", ("WRD002", 3, 11)),
        ("question: '  Can 🙂 learn?'\nanswer: Yes.", ("WRD002", 3, 14)),
        ("question: What is the step function called?\nanswer: Step function", ("WRD003", 4, 9)),
        ("question: What does the formula above say?\nanswer: A lot.", ("WRD004", 3, 21)),
        ("question: It is used for what?\nanswer: Speed.", ("WRD004", 3, 11)),
        ("question: What did we see in the previous card?\nanswer: Speed.", ("WRD004", 3, 30)),
        ("question: Why?\nanswer: " + "word " * 91, ("WRD005", 4, 9)),
        ("question: Why?\nanswer: |\n  - one\n  - two", ("WRD006", 5, 3)),
        ("question: Why?\nanswer: |\n\n  | a | b |\n  |---|---|", ("WRD006", 6, 3)),
        ("question: Why?\nanswer: This is because of that.", ("WRD007", 4, 9)),
        ("question: Why?\nanswer: |\n  All of\n\n" + "  - x\n" * 8, ("WRD008", 14, 3)),
        ("question: Why?\nanswer: That.\ndetails: It is éxact. TODO more", ("WRD009", 5, 23)),
        ("question: Why?\nanswer: |\n  It is the\n  the end.", ("WRD010", 6, 3)),
        ("question: Why?\nanswer: It is.\ndetails: |\n  $$a = \\theta$$", ("WRD013", 6, 5)),
        ("question: Why?\nanswer: It is an RBM.", ("WRD014", 4, 18)),
        ("question: Why?\nanswer: It is A2AB.", ("WRD014", 4, 15)),
        ("question: Why?\nanswer: RBMs are, and an RBM is.", ("WRD014", 4, 9)),
        ("question: Why?\nanswer: '![Image of a unit.](neuron.png)'", ("ACC001", 4, 12)),
        ("question: Why?\nanswer: '![neuron.png](neuron.png)'", ("ACC001", 4, 12)),
        ("question: Why?\nanswer: See [here](https://example.org).", ("ACC002", 4, 14)),
    ],
)
def test_a_bad_card_is_found_at_its_place(text: str, expected: tuple[str, int, int]) -> None:
    assert expected in own(CARD.format(text))


@pytest.mark.parametrize(
    "text",
    [
        "question: Which of the two is right, a or b?\nanswer: a",
        "question: Is it a or b?\nanswer: Neither.",
        "question: 'What is `a ? b : c`?'\nanswer: A choice.",
        "question: Why?\nanswer: It had had a name, and so so far.",
        "question: Why?\nanswer: It is `the the` and $the the$.",
        "question: Why?\nanswer: From layer1 layer1 leads to 20 20 and to a_b a_b.",
        "question: Why?\nanswer: A non-XY thing, an XY-like one, A, B2, xAB and XOR2DIMENSIONS.",
        "question: Why?\nanswer: A restricted Boltzmann machine (RBM) is; the RBM learns.",
        "question: Why?\nanswer: An RBM (restricted Boltzmann machine) is.",
        "question: Why?\nanswer: NN, XOR and PDF; see ML0045.\ntags: [NN]",
        "question: Why?\nanswer: A step $s$ is taken.\ndetails: |\n  $$\\operatorname{step} = s \\text{ as said}$$",
        "question: Why?\nanswer: So.\ndetails: |\n  $$\\begin{aligned} x &= y \\end{aligned}$$",
        "question: Why?\nanswer: See [the proof here](https://example.org/TODO).",
    ],
)
def test_what_only_looks_bad_is_left_alone(text: str) -> None:
    assert own(CARD.format(text)) == []


def test_rules_on_english_are_silent_in_other_languages() -> None:
    german = CARD.format("question: Was ist das?\nanswer: Does it? This is because.")
    assert own(german, language="de") == []
    assert ("WRD002", 3, 11) not in own(CARD.format("question: Is das so?\nanswer: Ja."), language="de")


def test_a_term_is_compared_over_the_deck_and_not_in_quotations() -> None:
    deck = """
- {id: ML0001, title: A, question: "A multi-layer net is what?", answer: "Normalised, multi-layer."}
- {id: ML0002, title: B, question: "What is multilayer here?", answer: "It is normalized and Normalised."}
- {id: ML0003, title: C, question: "Who wrote first?", answer: "He did.", references: ["Multilayer Normalization"]}
- {id: ML0004, title: D, question: "What precise size had the prize?", answer: "Otherwise none."}
"""
    assert own(deck) == [("WRD015", 3, 45), ("WRD015", 3, 79)]


def test_similar_questions_are_reported_once_at_the_later_card() -> None:
    deck = """
- {id: ML0001, title: A, question: "Why does a deep sigmoid network learn slowly?", answer: "A."}
- {id: ML0002, title: B, question: "Why does a deep sigmoid network learn so slowly?", answer: "B."}
- {id: ML0003, title: C, question: "Why does a deep sigmoid network learn slowly?", answer: "C."}
- {id: ML0004, title: D, question: "What is $x^2$ for a deep wide sigmoid network?", answer: "D."}
- {id: ML0005, title: E, question: "What is $x^3$ for a deep wide sigmoid network?", answer: "E."}
"""
    assert [finding for finding in own(deck) if finding[0] == "WRD016"] == [("WRD016", 3, 37), ("WRD016", 4, 37)]


def test_titles_are_distinguished() -> None:
    deck = """
- {id: ML0001, title: Dropout, question: "What?", answer: "A."}
- {id: ML0002, title: " dropout", question: "Who?", answer: "B."}
- {id: ML0003, title: Dropout, question: "When?", answer: "C.", status: retired}
"""
    assert own(deck) == [("WRD017", 3, 23)]


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("A name.", True),
        ("x" * 61, True),
        ("ML0044 Unit", True),
        ("Why?", True),
        ("Unit", False),
        ("And so on ...", False),
    ],
)
def test_a_title_is_a_name(title: str, found: bool) -> None:
    text = f"id: ML0044\ntitle: '{title}'\nquestion: Why?\nanswer: So.\n"
    assert ("WRD011" in codes(findings(text))) is found


@pytest.mark.slow
def test_many_cards_take_little_time() -> None:
    def many(count: int) -> float:
        words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]
        text = ""
        for n in range(count):
            asked = " ".join(f"{words[n * k % 12]}{n % (7 * k)}" for k in range(1, 9))
            text += f'- {{id: ML{n:04}, title: T{n}, question: "Why {asked}?", answer: "So."}}\n'
        deck = deck_of(cards_of(text))
        start = time.process_time()
        lint(deck, (), CACHE)
        return time.process_time() - start

    many(50)
    assert many(1600) < 12 * many(400) + 0.5


@given(st.text(st.sampled_from("aB ?.-_*()[]$\\{}|\n'TODO"), max_size=80), st.text(max_size=40))
def test_no_text_makes_a_rule_fail(one: str, other: str) -> None:
    from cardpipe.text.positions import SourceText

    card = cards_of(CARD.format("question: Why?\nanswer: So."))[0]
    import dataclasses

    changed = dataclasses.replace(
        card,
        title=SourceText.inline(other or "t"),
        question=SourceText.inline(one),
        answer=SourceText.inline(other),
        details=SourceText.inline(f"$${one}$$ {other}"),
    )
    lint(deck_of([changed, card]), (), CACHE)
