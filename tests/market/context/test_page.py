"""The page of the market context is generated from the catalogue."""

from pathlib import Path

from market.context.catalogue import CATALOGUE, FIGURES
from market.context.page import page

PAGE = Path(__file__).parents[3] / "docs" / "context.md"


def test_the_page_is_the_one_that_the_catalogue_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m market.context.page > docs/context.md"


def test_each_figure_is_declared_once_and_says_all_of_itself() -> None:
    assert len(CATALOGUE) == len(FIGURES)
    for figure in FIGURES:
        assert figure.unit
        assert figure.formula
        assert figure.source
        assert figure.range[0] < figure.range[1]
