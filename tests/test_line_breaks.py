"""Line breaks in Chinese and Japanese are not spaces, in every format and YAML style; elsewhere they are."""

from __future__ import annotations

import pytest

from cardpipe.render.cloze import ClozeForm
from cardpipe.render.line_breaks import joined, unfolded
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.markdown_text import MarkdownText
from cardpipe.render.placeholders import Item
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import MapNode
from cardpipe.text.positions import SourceFile, SourceText

RENDERER = MarkdownRenderer(
    math=lambda tex, _display: f"<i>{tex}</i>",
    picture=lambda image: Item(image.segment.text, "<img>"),
    live_mathjax=False,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("書いて\nいる", "<p>書いている</p>"),
        ("書いて、\nいる。\n\n次\nの", "<p>書いて、いる。</p>\n<p>次の</p>"),
        ("这是\n一行", "<p>这是一行</p>"),
        ("ｶﾀｶﾅ\nカタカナ", "<p>ｶﾀｶﾅカタカナ</p>"),
        ("𠀀\n𠀁", "<p>𠀀𠀁</p>"),
        ("**書いて**\nいる", "<p><strong>書いて</strong>いる</p>"),
        ("書いて\n*いる*", "<p>書いて<em>いる</em></p>"),
        ("- 書いて\n  いる\n- 次", "<ul>\n<li>書いている</li>\n<li>次</li>\n</ul>"),
        ("> 書いて\n> いる", "<blockquote>\n<p>書いている</p>\n</blockquote>"),
        ("書いて  \nいる", "<p>書いて<br>\nいる</p>"),
        ("한국어\n문장", "<p>한국어\n문장</p>"),
        ("書いて\nword", "<p>書いて\nword</p>"),
        ("word\nいる", "<p>word\nいる</p>"),
        ("ไทย\nไทย", "<p>ไทย\nไทย</p>"),
        ("書い 山", "<p>書い 山</p>"),
        ("```\n書いて\nいる\n```", "<pre><code>書いて\nいる\n</code></pre>"),
        ("*x*\n\n    書いて\n    いる", "<p><em>x</em></p>\n<pre><code>書いて\nいる\n</code></pre>"),
        ("`書いて\nいる`", "<p><code>書いて いる</code></p>"),
    ],
)
def test_lines_are_joined_without_a_gap_where_words_have_none(text: str, expected: str) -> None:
    assert RENDERER.block(text) == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (ClozeForm.FILLED, '<p>これ<span class="cloze">書いている</span>だけ</p>'),
        (ClozeForm.MARKS, "<p>これ{{c1::書いている}}だけ</p>"),
    ],
)
def test_a_deletion_is_joined_within_and_around(form: ClozeForm, expected: str) -> None:
    assert RENDERER.block("これ\n{{c1::書いて\nいる}}\nだけ", form) == expected


def test_a_line_of_markdown_is_joined_as_well() -> None:
    text = MarkdownText(picture=lambda image: image.alt)
    assert text.inline("書いて\nいる and\nso") == "書いている and so"
    assert joined("書いて\n> いる") == "書いている"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("k: >\n  書いて\n  いる\n", "書いている\n"),
        ("k: 書いて\n  いる\n", "書いている"),
        ("k: '書いて\n  いる'\n", "書いている"),
        ('k: "書いて\n  いる"\n', "書いている"),
        ("k: >\r\n  書いて\r\n  いる\r\n", "書いている\n"),
        ("k: 山田 太郎\n", "山田 太郎"),
        ("k: >\n  書いて\n  word\n  山田 太郎\n", "書いて word 山田 太郎\n"),
        ("k: |\n  書いて\n  いる\n", "書いて\nいる\n"),
    ],
)
def test_a_space_that_yaml_made_of_a_line_break_is_taken_out(written: str, expected: str) -> None:
    node = read_yaml(SourceFile("card.yaml", written), [])
    assert isinstance(node, MapNode)
    text = node.entries[0][1]
    assert isinstance(text, SourceText)
    assert unfolded(text) == expected
