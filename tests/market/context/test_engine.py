"""A market's context: what was known at a moment, how old it may be, and what the session's own bars tell."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.silence import Abstained
from market.bar import Bar, Fact, Slice
from market.context.catalogue import CATALOGUE, FIGURES
from market.context.engine import ContextEngine
from market.context.measures import month_ends
from market.timeframe import Timeframe

AT = datetime(2024, 3, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BTC, ETH, SOL = "BTC/USDT", "ETH/USDT", "SOL/USDT"


def fact(name: str, value: float, at: datetime = AT, known: datetime | None = None, symbol: str | None = None) -> Fact:
    return Fact(name=name, symbol=symbol, at_utc=at, known_utc=known or at, value=value)


def bar(symbol: str, close_utc: datetime, close: float, timeframe: Timeframe = Timeframe.H1) -> Bar:
    return Bar(
        symbol=symbol,
        timeframe=timeframe,
        close_utc=close_utc,
        open=close,
        high=close,
        low=close,
        close=close,
        volume=1,
    )


def knowing(*facts: Fact, symbols: Sequence[str] = (BTC, ETH)) -> ContextEngine:
    engine = ContextEngine(symbols, Timeframe.H1)
    engine.push(Slice(close_utc=AT, bars={}, facts=facts))
    return engine


def traded(
    closes: Mapping[str, Sequence[float]], timeframe: Timeframe = Timeframe.H1, end: datetime = AT
) -> ContextEngine:
    """An engine after bars whose last one closes at `end`."""
    engine = ContextEngine(tuple(closes), timeframe)
    count = max(map(len, closes.values()))
    for number in range(count):
        close_utc = end - (count - 1 - number) * timeframe.duration
        bars = {
            symbol: bar(symbol, close_utc, own[number - count + len(own)], timeframe)
            for symbol, own in closes.items()
            if number >= count - len(own)
        }
        engine.push(Slice(close_utc=close_utc, bars=bars))
    return engine


def why(word: float | Abstained) -> str:
    assert isinstance(word, Abstained), word
    return word.why


def number(word: float | Abstained) -> float:
    assert isinstance(word, float)
    return word


def test_each_figure_of_the_catalogue_is_a_value_or_has_its_reason() -> None:
    read = knowing(fact("vix", 14.5)).read(BTC, AT)
    assert set(read.values) | set(read.missing) == {figure.name for figure in FIGURES}
    assert not set(read.values) & set(read.missing)
    assert read.values == {"vix": 14.5}
    assert all(silent.why for silent in read.missing.values())


@pytest.mark.parametrize(
    "figure", [each for each in FIGURES if each.stale_after is not None], ids=lambda each: each.name
)
def test_a_figure_is_read_until_it_is_stale_and_then_abstains_with_its_age(figure: object) -> None:
    known = CATALOGUE[figure.name]  # type: ignore[attr-defined]
    symbol = BTC if known.of == "symbol" else None
    engine = knowing(fact(known.name, 0.01 if known.range[0] <= 0.01 else 30.0, symbol=symbol))
    assert known.stale_after is not None
    assert not isinstance(engine.read(BTC, AT + known.stale_after).get(known.name), Abstained)
    assert "old: after" in why(engine.read(BTC, AT + known.stale_after + timedelta(seconds=1)).get(known.name))


def test_nothing_is_read_before_it_was_known() -> None:
    engine = knowing(fact("us10y", 4.1, at=AT - DAY, known=AT + HOUR))
    assert why(engine.read(BTC, AT).get("us10y")) == "no us10y was known"
    assert engine.read(BTC, AT + HOUR).get("us10y") == 4.1


def test_a_revision_counts_from_its_own_moment_and_an_older_moment_does_not_replace_a_newer_one() -> None:
    first = fact("us10y", 4.1, at=AT - 2 * DAY, known=AT - DAY)
    revised = fact("us10y", 4.3, at=AT - 2 * DAY, known=AT + DAY)
    engine = knowing(revised, first)
    assert [engine.read(BTC, AT + age).get("us10y") for age in (HOUR, DAY)] == [4.1, 4.3]
    engine.push_fact(fact("us10y", 9.9, at=AT - 3 * DAY, known=AT + DAY))
    assert engine.read(BTC, AT + DAY).get("us10y") == 4.3


def test_a_value_for_a_moment_still_to_come_is_not_read() -> None:
    assert "was known" in why(knowing(fact("vix", 20.0, at=AT + HOUR, known=AT)).read(BTC, AT).get("vix"))


def test_a_symbol_reads_its_own_figure_and_else_that_of_the_whole_market() -> None:
    engine = knowing(fact("dvol", 60.0), fact("dvol", 75.0, symbol=ETH))
    assert engine.read(ETH, AT).get("dvol") == 75.0
    assert engine.read(BTC, AT).get("dvol") == 60.0


def test_the_mean_funding_needs_a_week_of_rates() -> None:
    rates = [fact("funding_rate", 0.0001 * n, at=AT - 8 * HOUR * n, symbol=BTC) for n in range(21)]
    assert number(knowing(*rates).read(BTC, AT).get("funding_rate_mean_7d")) == pytest.approx(0.001)
    assert "reach back 32.0 h" in why(knowing(*rates[:5]).read(BTC, AT).get("funding_rate_mean_7d"))
    assert why(knowing(*rates).read(ETH, AT).get("funding_rate_mean_7d")) == f"no funding_rate of {ETH} was known"
    stale = knowing(*rates).read(BTC, AT + 25 * HOUR)
    assert "25.0 h old" in why(stale.get("funding_rate_mean_7d"))


def test_the_change_of_open_interest_is_that_over_a_day() -> None:
    now, before = fact("open_interest", 110.0, symbol=BTC), fact("open_interest", 100.0, at=AT - DAY, symbol=BTC)
    assert number(knowing(now, before).read(BTC, AT).get("open_interest_change_24h")) == pytest.approx(0.1)
    older = before.model_copy(update={"at_utc": AT - DAY - 7 * HOUR})
    assert "24 h before" in why(knowing(now, older).read(BTC, AT).get("open_interest_change_24h"))


def test_a_change_that_a_source_tells_itself_is_taken() -> None:
    told = fact("open_interest_change_24h", -0.2, symbol=BTC)
    assert knowing(told).read(BTC, AT).get("open_interest_change_24h") == -0.2


def test_beta_and_correlation_are_those_of_the_returns() -> None:
    chance = np.random.default_rng(3)
    btc = chance.normal(0, 0.01, 800)
    eth = 1.5 * btc + chance.normal(0, 0.004, 800)
    closes = {BTC: 40_000 * np.exp(btc.cumsum()), ETH: 2_000 * np.exp(eth.cumsum())}
    read = traded({symbol: own.tolist() for symbol, own in closes.items()}).read(ETH, AT)
    slope = np.polyfit(btc[-720:], eth[-720:], 1)[0]
    assert number(read.get("beta_btc")) == pytest.approx(slope, rel=1e-9)
    assert number(read.get("correlation_btc")) == pytest.approx(np.corrcoef(btc[-720:], eth[-720:])[0, 1], rel=1e-9)
    assert number(read.get("return_btc_24h")) == pytest.approx(np.exp(btc[-24:].sum()) - 1, rel=1e-9)


def test_without_btc_or_without_enough_returns_beta_abstains() -> None:
    assert why(traded({ETH: [1.0, 2.0]}).read(ETH, AT).get("beta_btc")) == "no market of BTC is in this session"
    short = traded({BTC: [1.0, 2.0, 3.0], ETH: [1.0, 2.0, 3.0]}).read(ETH, AT)
    assert why(short.get("beta_btc")) == "360 returns are needed, and 2 are known"
    still = traded({BTC: [1.0] * 721, ETH: list(range(1, 722))}).read(ETH, AT)
    assert why(still.get("beta_btc")) == "BTC did not move"


def test_breadth_counts_the_symbols_that_rose_and_leaves_out_those_without_a_bar() -> None:
    closes = {BTC: [1.0, *[2.0] * 24], ETH: [2.0, *[1.0] * 24], SOL: [1.0, *[3.0] * 24]}
    assert number(traded(closes).read(BTC, AT).get("breadth_24h")) == pytest.approx(2 / 3)
    engine = traded(closes)
    engine.push(Slice(close_utc=AT + HOUR, bars={BTC: bar(BTC, AT + HOUR, 2.0)}))
    assert why(engine.read(BTC, AT + HOUR).get("breadth_24h")) == "two symbols are needed, and 1 is known"


def test_the_200_day_mean_is_that_of_whole_days() -> None:
    daily = {BTC: [100.0] * 199 + [300.0], ETH: [100.0] * 199 + [50.0]}
    read = traded(daily, Timeframe.D1).read(BTC, AT)
    assert number(read.get("btc_vs_200d")) == pytest.approx(300 / 101 - 1)
    assert read.get("breadth_200d") == 0.5
    young = traded({BTC: [100.0] * 150}, Timeframe.D1).read(BTC, AT)
    assert why(young.get("btc_vs_200d")) == "190 of the last 200 daily closes are needed, and 150 are known"


def test_an_unfinished_day_is_no_daily_close() -> None:
    hourly = {BTC: [100.0] * 24 * 200 + [900.0] * 12}
    read = traded(hourly, end=AT + 12 * HOUR).read(BTC, AT + 12 * HOUR)
    assert number(read.get("btc_vs_200d")) == pytest.approx(8.0)


def test_risk_is_on_when_the_last_month_ended_above_the_mean_of_ten() -> None:
    rising = [float(day) for day in range(1, 337)]
    assert traded({BTC: rising}, Timeframe.D1).read(BTC, AT).get("risk_on") == 1.0
    assert traded({BTC: rising[::-1]}, Timeframe.D1).read(BTC, AT).get("risk_on") == 0.0
    late = rising[:-9] + [1e-3] * 9  # what March brings does not count before the end of March
    assert traded({BTC: late}, Timeframe.D1).read(BTC, AT).get("risk_on") == 1.0
    young = traded({BTC: rising[-100:]}, Timeframe.D1).read(BTC, AT)
    assert why(young.get("risk_on")) == "10 month-end closes in a row are needed, and 3 are known"


def test_a_long_gap_in_the_bars_leaves_a_hole_and_no_wrong_figure() -> None:
    engine = traded({BTC: [100.0 + n % 7 for n in range(800)], ETH: [50.0 + n % 5 for n in range(800)]})
    later = AT + 40 * DAY
    engine.push(Slice(close_utc=later, bars={BTC: bar(BTC, later, 110.0), ETH: bar(ETH, later, 60.0)}))
    read = engine.read(ETH, later)
    assert why(read.get("beta_btc")) == "360 returns are needed, and 0 are known"
    assert why(read.get("return_btc_24h")) == f"{BTC} has no bar 24 h before"


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.floats(1, 100)), max_size=150), st.integers(0, 200)
)
def test_what_is_known_later_changes_nothing_that_was_read_before(rows: list[tuple[int, int, float]], cut: int) -> None:
    as_of = AT + cut * HOUR
    facts = [fact("vix", value, AT + at * HOUR, AT + max(at, known) * HOUR) for at, known, value in rows]
    facts.sort(key=lambda each: each.known_utc)
    whole = knowing(*[each for each in facts if each.known_utc <= as_of])
    before = whole.read(BTC, as_of)
    for each in facts:
        if each.known_utc > as_of:
            whole.push_fact(each)
    assert whole.read(BTC, as_of).get("vix") == before.get("vix")
    young = [each for each in facts if each.known_utc <= as_of and each.at_utc <= as_of]
    if young:
        newest = max(young, key=lambda each: (each.at_utc, each.known_utc))
        same = {e.value for e in young if (e.at_utc, e.known_utc) == (newest.at_utc, newest.known_utc)}
        stale = as_of - newest.at_utc > timedelta(days=6)
        assert isinstance(before.get("vix"), Abstained) if stale else before.get("vix") in same


def four_hours(closes: Sequence[float], read: bool) -> ContextEngine:
    """An engine after bars of 4h of two markets, one of which misses some; `read`: it is asked at each close."""
    engine = ContextEngine((BTC, ETH), Timeframe.H4)
    for number, close in enumerate(closes):
        close_utc = AT + (number + 1) * Timeframe.H4.duration
        bars = {symbol: bar(symbol, close_utc, close * size, Timeframe.H4) for symbol, size in ((BTC, 1.0), (ETH, 0.1))}
        if number % 97 == 5:
            del bars[ETH]
        engine.push(Slice(close_utc=close_utc, bars=bars))
        if read:
            engine.read(ETH, close_utc)
    return engine


@pytest.mark.parametrize("bars", [1, 5, 6, 7, 2069, 2070, 2071, 2075])
def test_a_context_that_is_read_at_every_close_equals_one_that_is_read_once(bars: int) -> None:
    closes = (np.exp(np.cumsum(np.random.default_rng(11).normal(0, 0.02, bars))) * 100).tolist()
    often, once = four_hours(closes, read=True), four_hours(closes, read=False)
    end = AT + bars * Timeframe.H4.duration
    for symbol in (BTC, ETH):
        assert often.read(symbol, end) == once.read(symbol, end)
    assert ("risk_on" in once.read(BTC, end).values) == (bars > 2000)


@given(last=st.integers(0, 30_000), holes=st.sets(st.integers(0, 399), max_size=6), count=st.integers(1, 400))
def test_month_ends_are_those_of_the_calendar_back_to_the_first_that_is_unknown(
    last: int, holes: set[int], count: int
) -> None:
    days = np.array([math.nan if place in holes else float(place) for place in range(count)])
    found: list[float] = []
    for place in range(count - 1, -1, -1):
        day = date(1970, 1, 1) + timedelta(days=last - count + 1 + place)
        if (day + timedelta(days=1)).month != day.month:
            if place in holes:
                break
            found.append(float(place))
    assert month_ends(days, last) == found[::-1]
