"""The signals of a case on the page: one row for each timeframe, and nothing of a case that has only the core."""

from court_support import case, signals

from market.signals import PatternSeen, Regime
from market.timeframe import Timeframe
from ops.report.page import page_environment
from ops.report.signal_rows import signal_rows

SEEN = (PatternSeen(name="hammer", direction="up", bars_ago=2), PatternSeen(name="doji", direction="none", bars_ago=0))
FULL = signals(
    obv=12.0, regime=Regime.TREND, supertrend=49_000.0, supertrend_rising=True, support=50_000.0, support_touches=3,
    support_distance_atr=2.0, return_1d=0.01, return_7d=-0.05, realized_volatility_20=0.4, patterns=SEEN,
)  # fmt: skip
YOUNG = signals(Timeframe.W1, obv=1.0)


def test_each_timeframe_says_what_it_knows_and_a_dash_for_the_rest() -> None:
    hour, week = signal_rows(case(signals={Timeframe.H1: FULL, Timeframe.W1: YOUNG}))
    assert (hour.timeframe, hour.regime, hour.supertrend) == ("1h", "trend", "rising above 49,000.00")
    assert (hour.support, hour.resistance) == ("50,000.00 (3×, 2.0 ATR)", "–")
    assert (hour.returns, hour.volatility) == ("+1.00% / -5.00% / –", "40.00% / –")
    assert hour.patterns == "▲ hammer, 2 ago, · doji"
    assert set(week[1:]) == {"–", "– / – / –", "– / –"}


def test_a_case_of_depth_core_has_no_table() -> None:
    table = page_environment().get_template("signals.html").module
    assert signal_rows(case()) == ()
    assert "<table" not in table.signals(())  # type: ignore[attr-defined]


def test_the_table_shows_every_row() -> None:
    shown = (
        page_environment().get_template("signals.html").module.signals(signal_rows(case(signals={Timeframe.H1: FULL})))
    )  # type: ignore[attr-defined]
    assert "Signals of 1h" in shown
    assert "rising above 49,000.00" in shown
    assert "▲ hammer, 2 ago" in shown
