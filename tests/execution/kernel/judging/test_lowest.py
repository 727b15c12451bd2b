"""The lowest values of a sample are those that sorting gives, however they are found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uncompiled import plain, record

from execution.kernel import records as w

lowest = plain("judging.lowest")
ROWS = 200
SAMPLES = st.lists(st.floats(-1, 1) | st.sampled_from([0.0, 0.5]), min_size=60, max_size=ROWS)


@pytest.mark.slow
@given(values=SAMPLES, rank=st.integers(0, 59))
def test_inserting_and_selecting_find_the_same_rank(values: list[float], rank: int) -> None:
    series, account, paper = np.array(values), record(w.ACCOUNT), np.zeros((4, ROWS))
    wanted = np.sort(series)[rank]
    assert lowest.selected(paper, series, rank) == wanted
    assert sorted(paper[3, : rank + 1]) == list(np.sort(series)[: rank + 1])
    assert lowest.ranked(account, paper, series, rank) == wanted
    if rank < w.FEW:
        assert list(account.lowest[: rank + 1]) == list(np.sort(series)[: rank + 1])


@given(values=st.lists(st.floats(-1, 1), max_size=ROWS))
def test_values_are_put_in_order(values: list[float]) -> None:
    series = np.array(values)
    lowest.put_in_order(series)
    assert list(series) == sorted(values)
