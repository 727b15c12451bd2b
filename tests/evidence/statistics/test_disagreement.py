"""Whether speakers say different things: opposition is counted where both spoke, and alpha is Krippendorff's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.statistics.disagreement import krippendorff_alpha, pairs

BELIEF = st.integers(0, 20).map(lambda step: step / 20)
UNITS = st.lists(st.lists(BELIEF, min_size=0, max_size=5), max_size=10)
SPOKEN = st.lists(st.dictionaries(st.sampled_from(["ann", "bob", "cat"]), BELIEF, max_size=3), max_size=10)


def test_only_where_both_spoke_can_they_be_opposed() -> None:
    (found,) = pairs([{"ann": 0.9, "bob": 0.1}, {"ann": 0.9}, {"bob": 0.1}, {"ann": 0.8, "bob": 0.7}])
    assert (found.one, found.other, found.both, found.opposed) == ("ann", "bob", 2, 1)


@pytest.mark.parametrize(
    ("one", "other", "opposed"), [(0.6, 0.4, 1), (0.5, 0.1, 0), (0.5, 0.5, 0), (0.6, 0.9, 0), (0.1, 0.2, 0)]
)
def test_who_is_undecided_opposes_nobody(one: float, other: float, opposed: int) -> None:
    (found,) = pairs([{"ann": one, "bob": other}])
    assert found.opposed == opposed


def test_pairs_that_never_met_are_left_out_and_one_alone_is_no_pair() -> None:
    assert pairs([{"ann": 0.9}, {"bob": 0.1}]) == ()
    assert pairs([]) == ()


@given(spoken=SPOKEN)
def test_a_pair_is_named_once_in_the_order_in_which_they_first_spoke(spoken: list[dict[str, float]]) -> None:
    names = list(dict.fromkeys(name for beliefs in spoken for name in beliefs))
    found = pairs(spoken)
    assert len({frozenset((pair.one, pair.other)) for pair in found}) == len(found)
    for pair in found:
        assert names.index(pair.one) < names.index(pair.other)
        assert 0 <= pair.opposed <= pair.both
        assert pair.both == sum(pair.one in beliefs and pair.other in beliefs for beliefs in spoken)


def test_complete_agreement_is_one() -> None:
    assert krippendorff_alpha([[0.2, 0.2], [0.9, 0.9, 0.9], [0.5, 0.5]]) == pytest.approx(1.0)


def test_steady_opposition_is_below_zero() -> None:
    alpha = krippendorff_alpha([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    assert alpha is not None
    assert alpha < -0.5


def test_krippendorffs_own_example_of_interval_data() -> None:
    """Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section E: 12 units, 4 observers; 0.849."""
    rows = (
        (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
        (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
        (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
        (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
    )
    units = [[float(value) for value in column if value is not None] for column in zip(*rows, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.849, abs=5e-4)


@pytest.mark.parametrize("units", [[], [[0.5]], [[0.5], [0.7]], [[0.5, 0.5], [0.5, 0.5]]])
def test_where_nothing_can_be_compared_there_is_no_alpha(units: list[list[float]]) -> None:
    assert krippendorff_alpha(units) is None


@given(units=UNITS)
def test_alpha_never_exceeds_one_and_does_not_see_scale_or_order(units: list[list[float]]) -> None:
    alpha = krippendorff_alpha(units)
    if alpha is None:
        return
    assert alpha <= 1.0 + 1e-9
    assert krippendorff_alpha([values[::-1] for values in units[::-1]]) == pytest.approx(alpha, abs=1e-9)
    assert krippendorff_alpha([[10 * value - 3 for value in values] for values in units]) == pytest.approx(
        alpha, abs=1e-6
    )


@given(units=UNITS, alone=BELIEF)
def test_who_spoke_alone_changes_nothing(units: list[list[float]], alone: float) -> None:
    assert krippendorff_alpha([*units, [alone]]) == krippendorff_alpha([values for values in units if len(values) != 1])
