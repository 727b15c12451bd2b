"""The check of evidence keeps true citations and refuses false ones, as far as the figures say."""

import pytest

from evidence.rulings.citations import AS_ASKED, FALSE, OTHERWISE, CitationFigures, KindCount, measure_citations


@pytest.fixture(scope="module")
def figures() -> CitationFigures:
    return measure_citations(7, 12)


def kind(found: CitationFigures, name: str) -> KindCount:
    return next(each for each in found.kinds if each.kind == name)


def test_every_kind_of_citation_is_tried_often(figures: CitationFigures) -> None:
    assert [each.kind for each in figures.kinds] == [*AS_ASKED, *OTHERWISE, *FALSE]
    assert all(each.cited > 100 for each in figures.kinds)


def test_no_citation_is_refused_that_is_spelt_as_the_prompt_asks(figures: CitationFigures) -> None:
    assert figures.false_refusals == 0.0
    assert kind(figures, "three digits").refused == 0


def test_almost_every_false_citation_is_refused_and_most_of_the_rest_are_the_least_wrong(
    figures: CitationFigures,
) -> None:
    assert 0.97 < figures.recall < 1.0, "the tolerance has a price"
    let_through = {name: kind(figures, name).cited - kind(figures, name).refused for name in FALSE}
    assert sum(let_through.values()) <= 2 * (let_through["one digit off"] + let_through["the bar before"])
    assert let_through["wrong sign"] == let_through["a factor of ten"] == let_through["truncated"] == 0


def test_what_is_coarser_than_three_digits_or_no_number_is_refused_though_it_is_true(
    figures: CitationFigures,
) -> None:
    assert kind(figures, "two digits").refused > 0
    assert kind(figures, "thousands separators").refused == kind(figures, "thousands separators").cited
    assert figures.other_spellings_refused > 0.2


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures_and_another_one_others(figures: CitationFigures) -> None:
    assert measure_citations(7, 12) == figures
    assert measure_citations(8, 12) != figures
