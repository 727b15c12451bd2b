"""Outlooks of short sales, and what is shown of a position that is short."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from court_support import AT, SETTINGS, analyst, downtrend, evidence
from short_support import FRAMES, bought, proposal, sold

from agents.court.case import Case
from agents.court.minds.outlooks import Outlook, Outlooks, has_moved
from agents.court.minds.watchlist import Watchlist, nobody_knows
from agents.court.prompts.reviewed import reviewed
from agents.court.shown.holdings import held_view
from agents.court.thesis import ReviewView, Thesis
from agents.strategies.netting import net
from agents.strategies.vote import NetVote, Vote
from config.reading.load import load_profile
from config.settings import Settings
from evidence.worlds.asked import as_proposed, why_unproposed
from market.timeframe import Timeframe
from risk.portfolio import Position
from risk.proposal import Direction

PERP = load_profile("perp")
SLOW = evidence("signals.1d.rsi_14", 36.0)


def later(base: dict[str, Any] | None = None, **changes: Any) -> Case:
    """The sound short sale one bar on, with these signals on its hourly bars."""
    seen = {length: downtrend(length) for length in FRAMES}
    seen[Timeframe.H1] = seen[Timeframe.H1].model_copy(update=base or {})
    return sold(as_of_utc=AT + timedelta(hours=1), decision_id="later", signals=seen, **changes)


def kept() -> Outlooks:
    store = Outlooks(SETTINGS.minds)
    word = analyst(direction=Direction.SHORT, evidence=(SLOW,))
    store.keep(Outlook(sold(decision_id="ahead"), word, "wire/m-0"))
    return store


def test_an_outlook_of_a_short_sale_is_read_for_a_short_sale_alone() -> None:
    assert kept().find(later()) is not None
    assert kept().find(bought(as_of_utc=AT + timedelta(hours=1), signals=later().signals)) is None
    out = proposal(short=True).model_copy(update={"opens_short": False})
    assert kept().find(later(proposal=out)) is None


@pytest.mark.parametrize("trigger", ["ema_cross_down", "death_cross", "macd_cross_down"])
def test_the_fall_that_was_waited_for_does_not_void_it(trigger: str) -> None:
    assert kept().find(later({trigger: True})) is not None


@pytest.mark.parametrize("event", ["ema_cross_up", "golden_cross", "macd_cross_up", "oversold"])
def test_an_event_of_a_rise_voids_it(event: str) -> None:
    assert has_moved(sold(), later({event: True}), 1.0)


def votes(*said: tuple[Direction, float]) -> tuple[Vote, ...]:
    return tuple(
        Vote(
            voter=f"voter{place}", symbol="BTC/USDT", direction=direction, confidence=confidence, weight=1.0, reasons=("so",),
            goes_short=direction is Direction.SHORT,
        )
        for place, (direction, confidence) in enumerate(said)
    )  # fmt: skip


def near(settings: Settings, said: tuple[Vote, ...], threshold: float = 0.5) -> NetVote | None:
    settings = settings.model_copy(
        update={
            "minds": settings.minds.model_copy(update={"watchlist": ("*",), "warm_within": 0.4}),
            "court": settings.court.model_copy(update={"net_threshold": threshold}),
        }
    )
    watch = Watchlist(None, kept(), settings, ("BTC/USDT",), nobody_knows)  # type: ignore[arg-type]
    both = settings.market.perpetuals is not None
    return watch.near({"BTC/USDT": net(said, threshold, both_sides=both)}).get("BTC/USDT")


def test_a_market_that_may_soon_be_sold_short_is_asked_about_as_a_short_sale() -> None:
    found = near(PERP, votes((Direction.SHORT, 0.3)))
    assert found is not None
    assert (found.is_short, found.conviction) == (True, 0.3)
    assert near(PERP, votes((Direction.SHORT, 0.1))) is None
    assert near(PERP, votes((Direction.SHORT, 0.9))) is None, "it is proposed already"
    rising = near(PERP, votes((Direction.LONG, 0.3)))
    assert rising is not None
    assert rising.direction is Direction.LONG


def test_spot_and_sessions_that_know_purchases_alone_ask_about_no_short_sale() -> None:
    out = tuple(vote.model_copy(update={"goes_short": False}) for vote in votes((Direction.SHORT, 0.3)))
    assert near(load_profile("backtest"), out) is None
    older = PERP.model_copy(update={"court": PERP.court.model_copy(update={"sides": "long"})})
    assert near(older, votes((Direction.SHORT, 0.3))) is None
    assert near(PERP, out) is None, "who only wants out does not want to be short"


def test_one_market_is_heard_as_the_short_sale_that_it_is_or_would_be() -> None:
    proposed = net(votes((Direction.SHORT, 0.9)), 0.5, both_sides=True)
    assert as_proposed(proposed) == proposed
    assert why_unproposed(proposed) == ""
    weak = net(votes((Direction.SHORT, 0.3)), 0.5, both_sides=True)
    assert as_proposed(weak).is_short
    assert "as the short sale that it would be" in why_unproposed(weak)
    assert "as the purchase that it would be" in why_unproposed(net((), 0.5, both_sides=True))


HELD = Position(
    symbol="ETH/USDT", quantity=Decimal(-2), entry_price=Decimal(100), mark_price=Decimal(90), stop_price=Decimal(99),
    margin=Decimal(200),
)  # fmt: skip


def test_a_short_that_gains_where_the_price_falls_is_shown_with_a_profit_and_a_stop_above() -> None:
    found = held_view(HELD, 1_000.0, None, AT, None)
    assert (found.short, found.equity_fraction, found.profit_fraction) == (True, 0.18, pytest.approx(0.1))
    assert found.stop_fraction == pytest.approx(0.1)
    before = held_view(HELD, 1_000.0, None, AT, None, by_side=False)
    assert (before.equity_fraction, before.profit_fraction) == (-0.18, pytest.approx(-0.1))
    assert "short" not in before.model_dump_json()


def test_a_review_of_a_short_asks_what_is_bought_back() -> None:
    thesis = Thesis(decision_id="x", opened_utc=AT, argued="it falls", attacked="a squeeze", ruled=1.0, why="so be it")
    view = ReviewView(
        thesis=thesis, cause="schedule", told="it is time", age_bars=9, profit=0.1, to_stop=0.1, left=1.0, short=True
    )
    told = reviewed(sold(review=view))[0]
    assert "buy back down to that part" in told
    assert "bought earlier" not in told
    assert "bought earlier" in reviewed(bought(review=view.model_copy(update={"short": False})))[0]
