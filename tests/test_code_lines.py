"""Long lines of code are broken at suitable places, and fit into their width."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardpipe.writers.page.code_lines import wrapped_code

MARK = '<span class="wrap"></span>\n'


def texts(fragment: str) -> list[str]:
    return html.unescape(re.sub(r"<[^>]*>", "", fragment)).split("\n")


def test_short_lines_and_words_outside_of_code_stay_as_they_are() -> None:
    fragment = f"<p>{'word ' * 90}</p><pre><code>{'x' * 40}\n{'y' * 40}</code></pre><p>{'z' * 90}</p>"
    assert wrapped_code(fragment, 40) == fragment


def test_a_line_breaks_behind_a_space_or_a_sign_near_its_end_and_else_anywhere() -> None:
    assert wrapped_code("<pre>first second third fourth</pre>", 16) == f"<pre>first second {MARK}third fourth</pre>"
    assert wrapped_code("<pre>call(one,two,three,four)</pre>", 16) == f"<pre>call(one,two,{MARK}three,four)</pre>"
    assert wrapped_code(f"<pre>{'x' * 30}</pre>", 16) == f"<pre>{'x' * 14}{MARK}{'x' * 14}{MARK}xx</pre>"


@pytest.mark.parametrize(("before", "after"), [("<ul><li>", "</li></ul>"), ("<blockquote>", "</blockquote>")])
def test_code_within_a_list_or_a_quotation_has_less_room(before: str, after: str) -> None:
    code = f"<pre>{'x' * 30}</pre>"
    assert MARK not in wrapped_code(code, 30)
    assert MARK in wrapped_code(f"{before}{code}{after}", 30)
    assert wrapped_code(f"{before}{after}{code}", 30).endswith(code)


@settings(max_examples=settings().max_examples // 10)
@given(st.text(alphabet="ab ,\n(<>&字\t", max_size=120), st.integers(14, 30))
def test_no_character_is_lost_and_no_line_is_longer_than_its_room(text: str, room: int) -> None:
    shown = wrapped_code(f"<pre><b>{html.escape(text)}</b></pre>", room)
    assert shown.replace(MARK, "") == f"<pre><b>{html.escape(text)}</b></pre>"
    for line in texts(shown):
        assert sum(8 if letter == "\t" else 1.7 if letter == "字" else 1 for letter in line) <= room
