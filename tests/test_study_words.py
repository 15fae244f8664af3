"""The words of the study page are known to the site, which has them translated."""

from __future__ import annotations

import re
from importlib import resources

from cardpipe.writers.site.study_words import WORDS

_USE = re.compile(r'(?:\bword|\bRefused)\(\s*"((?:[^"\\]|\\.)+)"')
_ANY_USE = re.compile(r"(?<!function )(?:\bword|new Refused)\((?!error\.reason\))")


def test_all_words_of_the_scripts_are_listed() -> None:
    scripts = [
        file.read_text(encoding="utf-8")
        for file in resources.files("cardpipe.writers.site.assets").iterdir()
        if not file.name.endswith(".png")
    ]
    used = {words for script in scripts for words in _USE.findall(script)}
    assert used == set(WORDS)
    assert len(WORDS) == len(set(WORDS))
    # Each use names its words where it stands, so that none escapes this test.
    assert sum(len(_ANY_USE.findall(script)) for script in scripts) == sum(
        len(_USE.findall(script)) for script in scripts
    )
