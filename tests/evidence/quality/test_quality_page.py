"""`docs/data-quality.md` says what the monitor does and how well: its tables are those of the program and of the real bars."""

from pathlib import Path

import pytest

from config.reading.load import load_profile
from evidence.quality.measure import measure
from market.quality.kinds import KINDS
from ops.commands.research.quality import grids

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data-quality.md"


def test_the_page_has_each_kind_with_its_verdict() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {kind.verdict} | {kind.what} |" for name, kind in KINDS.items()]


@pytest.mark.long
def test_the_page_has_the_figures_that_the_command_prints(shared: Path) -> None:
    report = measure(shared, load_profile("paper").quality, seed=7)
    page = PAGE.read_text()
    for grid in grids(report):
        assert grid.markdown() in page, f"write into docs/data-quality.md:\n{grid.markdown()}"
    every = [*report.hits, *report.put_in]
    found, cases = sum(each.found for each in every), sum(each.cases for each in every)
    assert found / cases >= 0.9
    assert found / (found + sum(each.false for each in every)) >= 0.8
