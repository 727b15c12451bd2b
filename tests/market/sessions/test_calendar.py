"""Sessions of exchanges: closed days, half days, summer time, and tapes whose closed days are no gaps."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from config.errors import UsageFault
from config.reading.load import load_profile
from config.seeds import generator
from execution.kernel.grid import grid_of_tape
from market.bar import Bar
from market.indicators.engine import SignalEngine
from market.sessions import calendar as module
from market.sessions.calendar import TradingCalendar, bar_close, bars_a_year, calendar_of, day_of, signals_year
from market.tape import recorded_tape
from market.timeframe import Timeframe

NEW_YORK, KOLKATA = ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")


def test_weekends_and_holidays_are_closed_and_the_next_session_is_found_over_them() -> None:
    calendar = calendar_of("XNYS")
    assert not calendar.is_session(date(2026, 11, 26)), "Thanksgiving"
    assert calendar.following(date(2026, 11, 25)) == date(2026, 11, 27)
    assert calendar.count(date(2026, 11, 20), date(2026, 11, 27)) == 4
    assert calendar.back(date(2026, 11, 27), 1) == date(2026, 11, 25)
    assert calendar.between(date(2026, 11, 25), date(2026, 11, 30)) == (date(2026, 11, 27), date(2026, 11, 30))


def test_a_session_is_decided_on_at_the_same_local_time_in_summer_and_winter_and_earlier_on_a_half_day() -> None:
    calendar, at = calendar_of("XNYS"), time(15, 50)
    assert calendar.decides_at(date(2026, 7, 1), at, NEW_YORK) == datetime(2026, 7, 1, 19, 50, tzinfo=UTC)
    assert calendar.decides_at(date(2026, 11, 30), at, NEW_YORK) == datetime(2026, 11, 30, 20, 50, tzinfo=UTC)
    half = calendar.decides_at(date(2026, 11, 27), at, NEW_YORK)
    assert half == calendar.closes_at(date(2026, 11, 27)) - timedelta(minutes=10)
    bombay = calendar_of("XBOM").decides_at(date(2026, 11, 27), time(15, 28), KOLKATA)
    assert bombay == datetime(2026, 11, 27, 9, 58, tzinfo=UTC)


def test_a_year_has_as_many_bars_as_sessions() -> None:
    assert 251 < calendar_of("XNYS").bars_per_year < 253
    assert 245 < bars_a_year("XBOM", 365.0) < 250
    assert bars_a_year(None, 365.0) == 365.0


def test_beyond_what_is_known_nothing_is_guessed() -> None:
    with pytest.raises(UsageFault, match="closed days are not guessed"):
        calendar_of("XBOM").is_session(date(2150, 1, 3))
    with pytest.raises(UsageFault, match="closed days are not guessed"):
        calendar_of("XBOM").following(calendar_of("XBOM").last)
    with pytest.raises(UsageFault, match="no calendar of an exchange 'MOON'"):
        TradingCalendar("MOON")
    with pytest.raises(UsageFault, match="is closed on"):
        calendar_of("XNYS").closes_at(date(2026, 11, 26))


def test_without_its_package_the_user_is_told_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(module.importlib, "import_module", missing)
    with pytest.raises(UsageFault, match=r"tribunal\[ib\]"):
        TradingCalendar("XNYS")


def test_the_bar_of_a_date_closes_at_the_midnight_after_it() -> None:
    assert bar_close(date(2026, 11, 27)) == datetime(2026, 11, 28, tzinfo=UTC)
    assert day_of(bar_close(date(2026, 11, 27))) == date(2026, 11, 27)


def days(folder: Path, *, sunday: bool = False, without: date | None = None) -> Path:
    """Daily bars of New York from 2023 on."""
    rows = ["date,open,high,low,close,volume"]
    for number, day in enumerate(calendar_of("XNYS").between(date(2022, 12, 31), date(2024, 6, 28))):
        price = 100 + number % 7
        if day != without:
            rows.append(f"{day},{price},{price + 2},{price - 2},{price + 1},{1000 + number}")
        if sunday and number == 300:
            rows.append(f"{day + timedelta(days=2)},{price},{price + 2},{price - 2},{price},5")
    path = folder / "ABC_USD_1d.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def settings(**changes: object) -> object:
    return load_profile("ib-backtest", {"market.calendar": "XNYS", "market.symbols": ["ABC/USD"], **changes})


def test_closed_days_are_no_gaps_and_a_missing_session_is_one(tmp_path: Path) -> None:
    tape = recorded_tape(settings(), [days(tmp_path)], None, None, None)  # type: ignore[arg-type]
    slices = list(tape.slices())
    assert len(tape) == len(slices) == calendar_of("XNYS").count(day_of(tape.start_utc), day_of(tape.end_utc))
    assert all(shown.bars and not shown.findings and not shown.frozen for shown in slices)
    gone = day_of(slices[20].close_utc)
    missing = recorded_tape(settings(), [days(tmp_path, without=gone)], None, None, None)  # type: ignore[arg-type]
    (gap,) = [found for shown in missing.slices() for found in shown.findings]
    assert (gap.kind, day_of(gap.at_utc)) == ("gap", gone)


def test_the_fast_engine_refuses_sessions_in_words(tmp_path: Path) -> None:
    tape = recorded_tape(settings(), [days(tmp_path)], None, None, None)  # type: ignore[arg-type]
    with pytest.raises(UsageFault, match="sessions of a calendar"):
        grid_of_tape(tape)


def test_a_bar_of_a_closed_day_is_left_out_and_said_so(tmp_path: Path) -> None:
    tape = recorded_tape(settings(), [days(tmp_path, sunday=True)], None, None, None)  # type: ignore[arg-type]
    (found,) = [each for each in tape.findings if each.kind == "closed_day"]
    assert "1 bars of days on which XNYS is closed" in found.detail
    assert len(list(tape.slices())) == len(tape)


def test_the_warm_up_is_as_many_sessions_as_were_asked_for(tmp_path: Path) -> None:
    tape = recorded_tape(settings(**{"market.warmup_bars": 250}), [days(tmp_path)], None, None, None)  # type: ignore[arg-type]
    assert len(list(tape.warmup_slices())) == 250


def test_signals_of_shares_are_annualised_by_sessions_and_all_others_by_365_days() -> None:
    """Those of the session and those of a tape alike; a journal that says nothing of it was written with 365 days."""
    shares, coins = load_profile("ib").market, load_profile("paper").market
    year = signals_year(shares)
    assert year == bars_a_year("XBOM", 365.0)
    assert signals_year(coins) is None
    assert signals_year(shares.model_copy(update={"annualise": None})) is None
    engines = [SignalEngine("INFY/INR", Timeframe.D1, year_bars=each) for each in (year, None)]
    chance = generator(7, "closes")
    for number, close in enumerate(100 * np.exp(np.cumsum(chance.normal(0, 0.02, 130)))):
        for engine in engines:
            engine.push(
                Bar(
                    symbol="INFY/INR", timeframe=Timeframe.D1, close_utc=bar_close(date(2024, 1, 1) + timedelta(number)),
                    open=close, high=close * 1.01, low=close * 0.99, close=close, volume=5.0,
                )
            )  # fmt: skip
    by_sessions, by_days = (engine.signals(Timeframe.D1) for engine in engines)
    assert by_sessions is not None
    assert by_days is not None
    for name in ("realized_volatility", "realized_volatility_20", "realized_volatility_100"):
        assert getattr(by_sessions, name) == pytest.approx(getattr(by_days, name) * (year / 365.0) ** 0.5)
    weekly = [engine.signals(Timeframe.W1) for engine in engines]
    assert weekly[0] == weekly[1], "a week is a week"
