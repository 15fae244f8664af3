"""Any values of a figure kind's fields give a finding or a picture: no exception, no long run time."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardpipe.figures.picture import faults
from cardpipe.figures.style import LARGEST_SIDE
from cardpipe.source.fields import Boolean, Choice, Integer, ListOf, Number, OneOf, Record, Text, decode
from cardpipe.writers.api import FigureForm
from figure_sample import SAMPLES, Files, drawn, figure, kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.source.fields import Field

WORDS = st.sampled_from(
    [
        "a",
        "b",
        "x",
        "two words",
        "$x_1$",
        "größer",
        "many words that need several lines",
        "m" * 30,
        "2*x",
        "1/x",
        "重",
        "$",
    ]
)
NUMBERS = (0.0, 1.0, -1.0, 2.0, 3.0, 0.5, 1e-300, 1e-9, 1e9, -1e9, 5e-324, 1e5, 0.1 + 0.2)


def values_of(kind_: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one return for each type of value
    match kind_:
        case Text():
            return WORDS
        case Choice():
            return st.sampled_from(kind_.names)
        case Boolean():
            return st.booleans()
        case Integer():
            first, last = kind_.min or 0, 99 if kind_.max is None else kind_.max
            return st.integers(first, min(last, first + 5)) | st.integers(first, last)
        case Number():
            low, high = -math.inf if kind_.min is None else kind_.min, math.inf if kind_.max is None else kind_.max
            return st.sampled_from([number for number in NUMBERS if low <= number <= high])
        case ListOf():
            most = min(kind_.max or 4, max(4, kind_.min))
            return st.lists(values_of(kind_.item), min_size=kind_.min, max_size=most)
        case OneOf():
            return WORDS | values_of(kind_.mapping)
        case Record():
            return mappings_of(kind_.fields)
    raise AssertionError(kind_)


def mappings_of(fields: Sequence[Field]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {field.name: values_of(field.type) for field in fields if field.required},
        optional={field.name: values_of(field.type) for field in fields if not field.required},
    )


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "panel"])
def test_any_values_are_drawn_or_have_a_finding(name: str) -> None:
    drawn("table", "rows: [[x]]")  # imports matplotlib
    pictures = 0

    @given(mappings_of(kind(name).fields))
    @settings(max_examples=settings().max_examples // 24, suppress_health_check=list(HealthCheck))
    def draw(given_values: dict[str, Any]) -> None:
        nonlocal pictures
        sample = figure(json.dumps(given_values, ensure_ascii=False))
        values, findings = decode(sample.parameters, kind(name).fields)
        begin = time.process_time()
        if findings or kind(name).check(sample, values, Files().deck):
            return
        drawing = kind(name).draw(values, Files().deck, FigureForm.SVG)
        assert time.process_time() - begin < 3
        assert faults(drawing.data, FigureForm.SVG, drawing.width, drawing.height) == ""
        assert drawing.height <= LARGEST_SIDE
        pictures += 1

    draw()
