"""A short in the lines of a trial: its stop lies above, its target below, and its order sells at least at a price."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from rich.text import Text

from agents.court.shown.trade import Trade
from ops.tables.trial.judged import order_lines
from ops.tables.trial.terms import trade_lines


def text(lines: list[Text]) -> str:
    return " ".join(" ".join(line.plain for line in lines).split())


def test_the_terms_of_a_short_lie_on_the_other_side() -> None:
    trade = Trade(
        entry=100.0,
        target=90.0,
        target_fraction=0.1,
        target_share=0.5,
        trail_fraction=0.05,
        stop=104.0,
        stop_fraction=0.04,
    )
    told = text(trade_lines(trade, 200))
    assert "stop at 104.00, 4.00% above" in told
    assert "target at 90, 10.00% below, where 50% is bought back" in told
    assert "then a stop that follows 5.00% above the lowest price" in told


@pytest.mark.parametrize(
    ("side", "bound", "away"), [("sell", "at least 99.5", "above"), ("buy", "at most 99.5", "below")]
)
def test_an_order_says_its_worst_price_and_where_its_stop_stands(side: str, bound: str, away: str) -> None:
    order = SimpleNamespace(side=side, quantity=Decimal(2), limit_price=Decimal("99.5"), account="")
    verdict: Any = SimpleNamespace(order=order, symbol="BTC/USDT", stop_fraction=0.04, notional=Decimal(200))
    told = text(order_lines(verdict, "USDT", 200, sent=True))
    assert f"{side} 2 BTC/USDT {bound}" in told
    assert f"stop 4.00% {away} the fill: 8.00 USDT at risk" in told
