"""Decks with cards of all kinds and of note types of their own, generated, as their source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from import_sample import PNG, SOUND

if TYPE_CHECKING:
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

IDS = [f"{prefix}{number:04}" for prefix in ("GE", "VO") for number in range(1, 7)]
FIELDS = ("country", "capital", "hint", "flag", "anthem", "people", "facts", "info", "word", "meaning")
KEYS = (
    *("id", "title", "kind", "type", "fields", "question", "answer", "details", "figures", "tags", "related"),
    *("references", "difficulty", "status", "replaced_by"),
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="20" viewBox="0 0 {0} 20"><path d="M1 1h9v9z"/></svg>'
DECK = """\
uid: 4f6f0b9e-1111-4222-8333-944445555666
slug: round-trip
name: "Round: trip"
language: {language}
authors: [Ada Lovelace, "Grace, Hopper"]
licence: CC-BY-4.0
description: |
  A deck with *everything*.

  And a second paragraph.
homepage: https://example.org/deck
report: "https://example.org/new?title={{id}}"
tags: open
subdecks:
  VO: Words::of all kinds
  GE: Countries
{front}
note_types:
  country:
    name: Land
    fields:
      country: {{kind: line, required: true, label: Name of it}}
      capital: line
      hint: line
      flag: picture
      anthem: sound
      people: number
      facts: list
      info: text
    faces:
      capital:
        label: The capital
        front: "What is the capital of **{{country}}**?"
        back: |
          {{capital}}{{?people}}, {{people}} people{{/people}}

          {{?info}}

          {{info}}

          {{/info}}
        needs: [country, capital]
        type_in: capital
        hint: hint
      country:
        front: |
          {{capital}}?

          {{?facts}}

          - a list with $x_1$

          {{/facts}}
        back: "{{country}} {{flag}} {{!anthem}}(none){{/anthem}}"
        needs: [capital]
    style: country.css
    show: record
  word:
    fields: {{word: line, meaning: {{kind: line, tts: de_DE}}}}
    faces:
      word: {{front: "What is **{{word}}**?", back: "{{meaning}}"}}
formats:
  anki:
"""

WORDS = ("Paris", "the river", "a fact", "größer", "日本", "x", "1789", "it's", '"so"', "AT&T", "e.g.", "50 %", "naïve")
TRICKY = (
    *("a*b", "*", "2*3*4", "snake_case_x", "_x_", "2 < 3", "a > b", "&amp;", "[x]", "[x](y)", r"C:\dir", r"\(x\)"),
    *("$5 and $6", "5$", "{x}", "`", "~~", "# no", "1. no", "- no", "+", "::", "}}", "{{c1::x}}", "<b>", "![x]", "!"),
    *("[sound:x.mp3]", "[latex]", "[$]", "=", "==x==", "| a |", "[^1]", "---", "> no", "http", "\\", "שלום", "&lt;"),
)
FORMULAS = ("x", r"\frac{a}{b^{c_{d}}}", r"a < b", r"\text{if } x_{i}", r"\begin{cases} 1 & 2 \\ 3 & 4 \end{cases}")
CODE = (
    ("", "plain text\n  indented"),
    ("python", "def f(x):\n    return x"),
    ("javascript", "const f = async (x) => { await x; };"),
    ("sql", "SELECT * FROM t WHERE a = 'b';"),
    ("bash", 'for f in *.txt; do echo "$f"; done'),
    ("rust", "fn main() { let mut x: Vec<u8> = vec![]; }"),
)


def plain(words: tuple[str, ...] = WORDS, most: int = 6) -> SearchStrategy[str]:
    """Return words with a space between them."""
    return st.lists(st.sampled_from(words), min_size=1, max_size=most).map(" ".join)


def inline(*, links: bool = True) -> SearchStrategy[str]:
    """Return a part of a line with markup."""
    formats = ("*{}*", "**{}**", "***{}***", "~~{}~~", "`{}`", "<u>{}</u>", "H<sub>{}</sub>", "<mark>{}</mark>")
    parts = [
        plain(),
        st.tuples(st.sampled_from(formats), plain(most=2)).map(lambda made: made[0].format(made[1])),
        st.sampled_from(FORMULAS).map("${}$".format),
        st.just("{漢字|かん|じ}"),
        st.just("![A map](map.png)"),
        st.just('![A sound](s.mp3) and ![wide](map.png "width=50%")'),
    ]
    if links:
        parts += [
            plain(most=2).map("[{}](https://example.org/a?b=1&c=2)".format),
            st.just("<https://example.org/x>"),
            st.tuples(plain(most=2), st.sampled_from(IDS)).map(lambda made: f"[{made[0]}](card:{made[1]})"),
        ]
    return st.one_of(parts)


def line(*, links: bool = True) -> SearchStrategy[str]:
    """Return a line that begins with a word."""
    return st.tuples(st.sampled_from(("So", "Here", "Und")), st.lists(inline(links=links), max_size=3)).map(
        lambda made: " ".join([made[0], *made[1]])
    )


def paragraph() -> SearchStrategy[str]:
    """Return lines with soft and hard breaks."""
    return st.tuples(line(), st.lists(st.tuples(st.sampled_from(("\n", "\\\n")), line()), max_size=2)).map(
        lambda made: made[0] + "".join(map("".join, made[1]))
    )


def indented(text: str, width: int) -> str:
    """Return a text whose lines but the first are indented."""
    return text.replace("\n", "\n" + " " * width)


@st.composite
def listed(draw: st.DrawFn) -> str:
    """Return a list: tight or loose, with other lists, code and formulas in it."""
    start = draw(st.sampled_from([0, 0, 1, 3]))
    gap = draw(st.sampled_from(["\n", "\n", "\n\n"]))
    items = []
    for number in range(draw(st.integers(2, 4))):
        marker = f"{start + number}. " if start else "- "
        text = draw(line())
        inner = draw(st.sampled_from(["", "", "list", "code", "formula"]))
        if inner == "list":
            text += f"{gap}- inner\n- {draw(line())}"
        elif inner == "code" and gap == "\n":
            text += "\n```python\ndef f(x):\n    return x\n```"
        elif inner and gap == "\n\n":
            text += "\n\nMore\nof it"
        items.append(marker + indented(text, len(marker)).replace(f"\n{' ' * len(marker)}\n", "\n\n"))
    return gap.join(items)


@st.composite
def table(draw: st.DrawFn) -> str:
    """Return a table whose columns are aligned."""
    columns = draw(st.integers(2, 3))
    aligns = draw(st.lists(st.sampled_from(["l", "r", "c", ""]), min_size=columns, max_size=columns))
    cell = st.one_of(plain(most=2), st.sampled_from(FORMULAS[:4]).map("${}$".format), st.just("`a`"))
    rows = [draw(st.lists(cell, min_size=columns, max_size=columns)) for _ in range(draw(st.integers(2, 3)))]
    widths = [max(3, *(len(row[index]) for row in rows)) for index in range(columns)]
    place = {"l": str.ljust, "r": str.rjust, "c": str.center, "": str.ljust}
    lines = [
        "| " + " | ".join(place[a](c, w) for a, c, w in zip(aligns, row, widths, strict=True)) + " |" for row in rows
    ]
    marks = {"l": ":-", "r": "-:", "c": "::", "": "--"}
    rule = "|".join(f"{marks[a][0]}{'-' * w}{marks[a][1]}" for a, w in zip(aligns, widths, strict=True))
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def block() -> SearchStrategy[str]:
    """Return a block of Markdown in the form that an import writes."""
    return st.one_of(
        paragraph(),
        listed(),
        table(),
        st.sampled_from(FORMULAS).map("$$\n{}\n$$".format),
        st.sampled_from(CODE).map(lambda made: f"```{made[0]}\n{made[1]}\n```"),
        paragraph().map(lambda made: "> " + made.replace("\n", "\n> ")),
        st.tuples(st.sampled_from(["NOTE", "WARNING"]), paragraph()).map(
            lambda made: f"> [!{made[0]}]\n> " + made[1].replace("\n", "\n> ")
        ),
        plain().map("### {}".format),
        st.just("---"),
        st.just('```html original\n<span style="color:#c00">Red</span> and \\(x^2\\)\n```'),
    )


def text(most: int = 4) -> SearchStrategy[str]:
    """Return blocks, the first of them a paragraph, with footnotes in some."""

    def joined(made: tuple[str, list[str], bool]) -> str:
        first, others, has_notes = made
        blocks = [first, *others]
        # Two lists next to each other are one.
        kept = [one for n, one in enumerate(blocks) if not n or kind_of(one) != kind_of(blocks[n - 1])]
        if has_notes:
            kept[0] += "[^1] and[^2]"
            kept.append("[^1]: The first.\n[^2]: The *second*.")
        whole = "\n\n".join(kept)
        return whole + "\n" if "\n" in whole else whole

    return st.tuples(paragraph(), st.lists(block(), max_size=most), st.booleans()).map(joined)


def kind_of(block: str) -> str:
    """Return what a block is, as far as two of the same kind run together."""
    return "list" if block[:2] in {"- ", "1.", "3."} else "quote" if block.startswith(">") else block


def cloze() -> SearchStrategy[str]:
    """Return a text with deletions."""
    hidden = st.one_of(plain(most=2), st.just("*a* fact"), st.just("$x^{y_{z}}$"), st.just("`a::b`"))
    hint = st.sampled_from(["", "", "::a hint"])
    deletion = st.tuples(hidden, hint).map("".join)
    formula = r"$N = {{c2::N_0 \, e^{r t}}}$"
    return st.tuples(line(), deletion, line(), deletion, st.booleans()).map(
        lambda made: (
            f"{made[0]} {{{{c1::{made[1]}}}}} {made[2]} {{{{c2::{made[3]}}}}}{f' in {formula}' if made[4] else ''}."
        )
    )


def card(text: SearchStrategy[str], short: SearchStrategy[str], cloze: SearchStrategy[str]) -> SearchStrategy[Any]:
    """Return the keys of a card besides its ID."""
    kinds = st.sampled_from(["basic", "reversed", "cloze", "typed", "country", "word"])
    figures = st.lists(st.sampled_from(["one", "two"]), unique=True, max_size=2)
    others = st.fixed_dictionaries(
        {},
        optional={
            "tags": st.lists(st.sampled_from(["a", "b::c", "größe"]), unique=True, min_size=1).map(sorted),
            "related": st.lists(st.sampled_from(IDS), unique=True, min_size=1, max_size=2),
            "references": st.lists(
                st.one_of(
                    plain().map(lambda words: {"text": words, "url": "https://example.org/?a=1&b=2"}),
                    st.just({"text": "Rosenblatt (1958), *The perceptron*"}),
                ),
                min_size=1,
                max_size=2,
            ),
            "difficulty": st.sampled_from(["easy", "medium", "hard"]),
            "retired": st.booleans(),
        },
    )
    return kinds.flatmap(
        lambda kind: st.tuples(st.just(kind), _texts(kind, text, short, cloze), figures, others).map(_as_card)
    )


def _texts(
    kind: str, text: SearchStrategy[str], short: SearchStrategy[str], cloze: SearchStrategy[str]
) -> SearchStrategy[dict[str, Any]]:
    if kind == "word":
        return st.fixed_dictionaries({"word": short, "meaning": short})
    if kind == "country":
        optional = {
            "hint": short,
            "flag": st.sampled_from(["map.png", ["map.png", "flag.svg"]]),
            "anthem": st.sampled_from(["s.mp3", ["s.mp3", "t.mp3"]]),
            "people": st.sampled_from(["68000000", "0.5", "-3"]),
            "facts": st.lists(short, min_size=2, max_size=3),
            "info": text,
        }
        required = {"country": short, "capital": plain().map(lambda words: f"City {words}")}
        return st.fixed_dictionaries(required, optional=optional)
    optional = {"title": plain(), "details": text}
    if kind == "typed":
        answer = st.one_of(plain(), st.sampled_from(["Vec<i32>", "__init__", "a & b", "{x}", "C:\\x"]))
        return st.fixed_dictionaries({"question": text, "answer": answer}, optional=optional)
    if kind == "cloze":
        return st.fixed_dictionaries({"question": cloze}, optional={**optional, "answer": text})
    return st.fixed_dictionaries({"question": text, "answer": text}, optional=optional)


def _as_card(made: tuple[str, dict[str, Any], list[str], dict[str, Any]]) -> dict[str, Any]:
    kind, texts, figures, others = made
    is_own = kind in {"country", "word"}
    built_in = texts | ({"kind": kind} if kind != "basic" else {})
    card: dict[str, Any] = {"type": kind, "fields": texts} if is_own else built_in
    if figures and not is_own:
        card["figures"] = figures
        if "details" in card:
            card["details"] = f"![](figure:{figures[0]})\n\n{card['details'].rstrip()}\n"
    card |= {key: value for key, value in others.items() if key != "retired"}
    if "retired" in others:
        card |= {"status": "retired"} | ({"replaced_by": IDS[0]} if others["retired"] else {})
    return card


def cards(text: SearchStrategy[str], short: SearchStrategy[str], cloze: SearchStrategy[str]) -> SearchStrategy[Any]:
    """Return the cards of a deck by ID."""
    made = card(text, short, cloze)
    return st.lists(made, min_size=len(IDS), max_size=len(IDS)).map(_with_ids)


def _with_ids(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return cards by ID; the first is not retired, so that it can replace others."""
    first = {key: value for key, value in found[0].items() if key not in {"status", "replaced_by"}}
    return dict(zip(IDS, [first, *found[1:]], strict=True))


def yaml_of(card_id: str, card: dict[str, Any]) -> str:
    """Return the text of a card's file."""
    card = {"id": card_id, **card}
    lines = []
    for key in (key for key in KEYS if key in card):
        value = card[key]
        if key == "fields":
            named = ((name, value[name]) for name in FIELDS if name in value)
            lines += ["fields:", *(f"  {name}: {_scalar(one, '    ')}" for name, one in named)]
        elif key == "references":
            lines.append("references:")
            has_addresses = any("url" in one for one in value)
            for one in value:
                lines.append(f"  - text: {_scalar(one['text'])}" if has_addresses else f"  - {_scalar(one['text'])}")
                lines += [f"    url: {_scalar(one['url'])}"] if "url" in one else []
        elif key == "figures":
            lines.append("figures:")
            for one in value:
                name = f"{card_id}-{one}.svg"
                lines += [f"  - id: {one}", "    kind: image", f"    file: {name}", '    alt: "A figure, \\"so\\""']
                lines += ['    caption: "With *two* words"', "    width: 50%"] if one == "two" else []
        else:
            lines.append(f"{key}: {_scalar(value)}")
    return "\n".join(lines) + "\n"


def _scalar(value: str | list[str], indent: str = "  ") -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_scalar, value))}]"
    if value in {"68000000", "0.5", "-3"}:
        # A number in a field is written as one.
        return value
    if value.endswith("\n"):
        return "|\n" + "\n".join(indent + one if one else "" for one in value[:-1].split("\n"))
    return "'" + value.replace("'", "''") + "'"


def write_deck(folder: Path, cards: dict[str, Any], *, language: str = "en", front: str = "") -> None:
    """Write a project."""
    source = folder / "source"
    for name in ("cards", "media", "styles"):
        (source / name).mkdir(parents=True)
    (source / "deck.yaml").write_text(DECK.format(language=language, front=front), encoding="utf-8")
    (source / "styles" / "country.css").write_text("/* Kept */\n.front { color: teal }\n", encoding="utf-8")
    media = source / "media"
    (media / "map.png").write_bytes(PNG)
    (media / "flag.svg").write_text(SVG.format(30), encoding="utf-8")
    (media / "s.mp3").write_bytes(SOUND)
    (media / "t.mp3").write_bytes(SOUND + b"\0")
    for number, (card_id, card) in enumerate(cards.items()):
        (source / "cards" / f"{card_id}.yaml").write_text(yaml_of(card_id, card), encoding="utf-8")
        for one in card.get("figures", ()):
            (media / f"{card_id}-{one}.svg").write_text(SVG.format(40 + number + len(one)), encoding="utf-8")
