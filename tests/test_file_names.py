"""Names of files that every system can have: what lint refuses, an import does not write."""

from __future__ import annotations

import pytest

from cardpipe.assets.file_names import is_portable, is_reserved
from cardpipe.importing.names import MediaNames


@pytest.mark.parametrize("stem", ["con", "PRN", "aux.a", "nul", "com0", "COM9", "lpt¹", "com²", "conin$", "CONOUT$"])
def test_an_import_gives_no_file_the_name_of_a_device(stem: str) -> None:
    assert is_reserved(f"{stem}.png")
    made = MediaNames().of(f"{stem}.png", ".png")
    assert not is_reserved(made)
    assert all(map(is_portable, made))


@pytest.mark.parametrize("stem", ["console", "com", "com10", "lpt", "nul-1", "a.con"])
def test_other_names_are_kept(stem: str) -> None:
    assert not is_reserved(f"{stem}.png")
    assert MediaNames().of(f"{stem}.png", ".png") == f"{stem}.png"
