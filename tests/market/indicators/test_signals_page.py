"""The page of the signals: it is what the fields say, no field says less, and what it says of the warm-up is true."""

from pathlib import Path

import pytest
from history import simulated

from market.indicators import signals_page as page
from market.indicators.horizon import Horizon
from market.signals import TechnicalSignals

ROOT = Path(__file__).resolve().parents[3]
"""Fields that are False, not None, while they are unknown, and what is of the bar itself."""
ALWAYS = {
    name for name, field in TechnicalSignals.model_fields.items() if field.default is False or field.is_required()
}


def test_the_page_is_that_of_the_fields() -> None:
    written = (ROOT / "docs/signals.md").read_text(encoding="utf-8")
    assert written == page.signals_page(), (
        "write the output of `python -m market.indicators.signals_page` to docs/signals.md"
    )


def test_every_field_stands_in_one_table_with_all_that_it_says() -> None:
    lines = [*page.lines_of("core"), *page.lines_of("full")]
    assert [line.name for line in lines] == list(TechnicalSignals.model_fields)
    assert all(line.meaning and line.formula and line.known_from and line.source for line in lines)
    assert sum(bool(line.unit) for line in lines) > 40


@pytest.mark.parametrize("lost", ["description", "json_schema_extra"])
def test_a_field_that_does_not_say_all_of_itself_is_refused(monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    field = TechnicalSignals.model_fields["vwap_20"]
    monkeypatch.setattr(field, lost, None if lost == "description" else {"depth": "full", "formula": "x"})
    with pytest.raises(LookupError, match="vwap_20 does not say all of"):
        page.signals_page()


COUNTED = {
    line.name: int(line.known_from)
    for line in (*page.lines_of("core"), *page.lines_of("full"))
    if line.known_from.isdigit() and line.name not in ALWAYS
}


def test_a_value_is_known_from_the_bar_on_that_the_page_names() -> None:
    assert len(COUNTED) > 35
    candles = simulated(202)
    horizon = Horizon(candles.symbol, candles.timeframe)
    first: dict[str, int] = {}
    for row in range(len(candles)):
        horizon.push(candles.bar(row))
        now = horizon.signals()
        assert now is not None
        first |= {name: now.bars for name in COUNTED.keys() - first.keys() if getattr(now, name) is not None}
    assert first == COUNTED
