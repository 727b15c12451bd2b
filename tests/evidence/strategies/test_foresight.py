"""The check for foresight clears what is honest and catches every leak that is planted: a test of the test."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.strategies.contexts import Context, build_contexts
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.sentiment import SentimentSettings
from config.sections.strategies import OUTSIDE, STRATEGIES, StrategyContext
from config.seeds import generator
from evidence.strategies.ballots import rows_of
from evidence.strategies.foresight import (
    Foresight,
    Past,
    Reader,
    Values,
    foresight,
    read_of_source,
    signals_of_markets,
    votes_of,
)
from market.bar import Fact
from market.candles import Candles
from market.context.view import MarketContext
from market.simulated.prices import simulate
from sentiment.engine import SentimentEngine
from sentiment.headline import Headline, SentimentData
from sentiment.scoring import HeadlineScorer
from sentiment.sources.recorded import RecordedSource

SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
BTC = SYMBOLS[0]
SEED = 11
TONES = ("record inflows and strong rally for bitcoin", "bitcoin plunges as miners panic and sell", "bitcoin is quiet")


@cache
def past(timeframe: str = "1h", bars: int = 320) -> Past:
    """Three markets, a headline every five hours that is first seen six hours late, and a figure known eight hours late."""
    days = bars if timeframe == "1d" else bars // 24 + 1
    chosen = {"market.session_days": days, "market.symbols": SYMBOLS, "market.timeframe": timeframe}
    market = simulate(load_profile("paper", chosen), 5).candles
    candles = {symbol: rows_of(market[symbol], slice(bars)) for symbol in SYMBOLS}
    draw = generator(3, "foresight")
    news, facts = list[Headline](), list[Fact]()
    closes = Past(candles).closes()
    late = 6 * (closes[1] - closes[0])
    for number, close in enumerate(closes[::5]):
        text = f"{TONES[int(draw.integers(3))]}, {number}"
        news.append(Headline(text=text, source="wire", published_utc=close, first_seen_utc=close + late))
        for name in ("funding_rate", "funding_rate_mean_7d", "exchange_net_flow_24h", "prediction_odds"):
            value = float(draw.uniform(-0.002, 0.002)) if "funding" in name else float(draw.uniform(0.1, 0.9))
            value = value * 1e6 if "flow" in name else value
            facts.append(Fact(name=name, at_utc=close, known_utc=close + late, value=value))
    return Past(candles, tuple(news), tuple(facts))


@cache
def desk_of_news() -> tuple[SentimentSettings, HeadlineScorer]:
    return load_profile("paper", {}).sentiment, HeadlineScorer()


def news_of(known: Past) -> SentimentEngine:
    settings, scorer = desk_of_news()
    return SentimentEngine(settings, [RecordedSource("wire", 1.0, known.news)], scorer)


class Figures:
    """The last figure of each name that was known at the moment; `by` is the date that it looks at."""

    def __init__(self, known: Past, by: str = "known_utc") -> None:
        self._facts, self._by = known.facts, by

    def read(self, symbol: str, as_of: datetime) -> MarketContext:
        values = {fact.name: fact.value for fact in self._facts if getattr(fact, self._by) <= as_of}
        return MarketContext(symbol=symbol, as_of_utc=as_of, values=values, missing={})


def voter(name: str) -> Context:
    return build_contexts((StrategyContext.model_validate({"strategy": name}),), SYMBOLS)[0]


def checked(read: Reader, on: Past, cuts: int = 6) -> Foresight:
    return foresight(read, on, seed=SEED, cuts=cuts)


@pytest.mark.slow
def test_no_field_of_the_signals_of_any_timeframe_changes_when_the_future_does() -> None:
    found = checked(signals_of_markets, past(bars=200), cuts=3)
    assert (found.failed, found.runs) == (0, 7)
    assert found.said > 40_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name in STRATEGIES if name != OUTSIDE]
)  # it says what it is told, and reads no bar
def test_no_vote_of_a_built_in_strategy_changes_when_the_future_does(name: str) -> None:
    minded = voter(name).minded
    on = past("1d", 400) if minded is not None and minded.past_days else past()
    found = checked(votes_of(lambda: voter(name), news_of, Figures), on, cuts=2)
    assert found.failed == 0, found.verdict
    assert found.said, f"{name} never voted, so nothing was checked"


@pytest.mark.slow
def test_news_and_figures_that_are_dated_by_first_sight_are_cleared() -> None:
    for source in (news_of, Figures):
        found = checked(read_of_source(source), past(bars=240))
        assert found.failed == 0, found.verdict
        assert found.said


def closes_of(known: Past, symbol: str = BTC) -> pd.Series:
    return frame_of(known, symbol)["close"]


def frame_of(known: Past, symbol: str = BTC) -> pd.DataFrame:
    columns: Candles = known.candles[symbol]
    index = pd.DatetimeIndex(pd.to_datetime(columns.close_ms, unit="ms", utc=True))
    prices = dict(zip(("open", "high", "low", "close", "volume"), columns.columns, strict=True))
    return pd.DataFrame(prices, index=index)


def feature(work: Callable[[Past], Any]) -> Reader:
    """A reader of one column that is computed over the whole past, as research code does it."""

    def read(known: Past) -> Sequence[Values]:
        told = np.asarray(work(known), dtype=np.float64)
        return [{"the feature": None if np.isnan(value) else round(float(value), 12)} for value in told]

    return read


def daily(known: Past, how: str, *, label: Any) -> Any:
    """A column of whole days, spread over the hours from its label on."""
    frame = frame_of(known)
    opens = frame.set_axis(pd.DatetimeIndex(frame.index) - pd.Timedelta(hours=1))
    days = getattr(opens["volume" if how == "sum" else "close"].resample("1D", label=label), how)()
    return days.reindex(opens.index, method="ffill").to_numpy()


def confirmed_too_early(known: Past) -> Any:
    """A swing high that five later bars will confirm, told at the high itself."""
    high = frame_of(known)["high"]
    return (high == high.rolling(11, center=True, min_periods=6).max()).astype(float)


def first_touch(known: Past) -> Any:
    """Whether the price touches +1 % before -1 % within a day: the label of a classifier."""
    close = closes_of(known).to_numpy()
    told = np.zeros(len(close))
    for row in range(len(close)):
        move = close[row : row + 24] / close[row] - 1.0
        up, down = np.argmax(move >= 0.01), np.argmax(move <= -0.01)
        told[row] = float(bool(up) and (not down or up < down))
    return told


def fact_column(known: Past, **how: Any) -> pd.Series:
    facts = [fact for fact in known.facts if fact.name == "funding_rate"]
    return pd.Series([fact.value for fact in facts], index=pd.DatetimeIndex([fact.at_utc for fact in facts]))


def spread_over(known: Past, values: pd.Series, method: str) -> Any:
    index = closes_of(known).index
    both = values.reindex(values.index.union(index))
    filled = both.interpolate("time") if method == "time" else getattr(both, method)()
    return filled.reindex(index).to_numpy()


class ByPublication:
    """News that is dated by its publication, not by its first sight."""

    def __init__(self, known: Past) -> None:
        early = tuple(line.model_copy(update={"first_seen_utc": line.published_utc}) for line in known.news)
        self._engine = news_of(Past({}, early))

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        return self._engine.read(symbol, as_of)


class OfTheDay:
    """News of the whole day, read at any hour of it."""

    def __init__(self, known: Past) -> None:
        self._engine = news_of(known)

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        evening = as_of.replace(hour=0) + timedelta(days=1)
        return self._engine.read(symbol, evening).model_copy(update={"as_of_utc": as_of})


class Revised:
    """Figures whose latest value is read for every moment, as a file of revised figures does."""

    def __init__(self, known: Past) -> None:
        self._facts = known.facts

    def read(self, symbol: str, as_of: datetime) -> MarketContext:
        values = {fact.name: fact.value for fact in self._facts}
        return MarketContext(symbol=symbol, as_of_utc=as_of, values=values, missing={})


def written(text: str) -> Reader:
    """The reader of the votes of a strategy of the user's own, which was handed more than it may know."""

    def read(known: Past) -> Sequence[Values]:
        entry = StrategyContext(strategy="own", file="mine.py", name="Mine")
        closes = [float(value) for value in closes_of(known)]
        source = OWN.format(closes=closes, times=[int(ms) for ms in known.candles[BTC].close_ms], rule=text)
        return votes_of(lambda: build_contexts((entry,), SYMBOLS, {"mine.py": source})[0])(known)

    return read


OWN = """
from agents.strategies.voter import NOTHING, Ballot
from config.clock import to_ms
from risk.proposal import Direction

CLOSES, ROWS = {closes}, {{ms: row for row, ms in enumerate({times})}}


class Mine:
    def vote(self, now):
        row = ROWS[to_ms(now.close_utc)]
        return Ballot(Direction.LONG, 0.5, ("it will rise",)) if {rule} else NOTHING
"""

LEAKS: dict[str, Reader] = {
    "the next close": feature(lambda known: closes_of(known).shift(-1)),
    "the next return": feature(lambda known: closes_of(known).pct_change().shift(-1)),
    "a return over ten bars, dated by its start": feature(lambda known: closes_of(known).pct_change(10).shift(-10)),
    "a centred mean": feature(lambda known: closes_of(known).rolling(9, center=True).mean()),
    "a z-score over the whole sample": feature(
        lambda known: (closes_of(known) - closes_of(known).mean()) / closes_of(known).std()
    ),
    "a share of the range of the whole sample": feature(
        lambda known: (closes_of(known) - closes_of(known).min()) / (closes_of(known).max() - closes_of(known).min())
    ),
    "a rank in the whole sample": feature(lambda known: closes_of(known).rank(pct=True)),
    "a threshold at a quantile of the whole sample": feature(
        lambda known: (closes_of(known).pct_change() > closes_of(known).pct_change().quantile(0.9)).astype(float)
    ),
    "a trend line through the whole sample": feature(
        lambda known: np.polyval(
            np.polyfit(np.arange(len(closes_of(known))), closes_of(known), 1), np.arange(len(closes_of(known)))
        )
    ),
    "returns scaled by the volatility of the whole sample": feature(
        lambda known: closes_of(known).pct_change() / closes_of(known).pct_change().std()
    ),
    "an exponential mean that runs backwards too": feature(
        lambda known: closes_of(known).ewm(span=5).mean()[::-1].ewm(span=5).mean()[::-1]
    ),
    "the close of a day that is not over": feature(partial(daily, how="last", label="left")),
    "the high of a day that is not over": feature(partial(daily, how="max", label="left")),
    "the volume of a day that is not over": feature(partial(daily, how="sum", label="left")),
    "a hole that is filled from behind": feature(
        lambda known: closes_of(known).where(np.arange(len(closes_of(known))) % 7 == 0).bfill()
    ),
    "a hole that is filled by a straight line": feature(
        lambda known: closes_of(known).where(np.arange(len(closes_of(known))) % 7 == 0).interpolate()
    ),
    "a swing before it is confirmed": feature(confirmed_too_early),
    "the label of a classifier": feature(first_touch),
    "the next bar of another market": feature(lambda known: closes_of(known, "ETH/USDT").shift(-1)),
    "the worst fall that is still to come": feature(lambda known: closes_of(known)[::-1].cummin()[::-1]),
    "a headline dated by its publication": read_of_source(ByPublication),
    "the news of the whole day": read_of_source(OfTheDay),
    "a figure dated by what it describes": read_of_source(partial(Figures, by="at_utc")),
    "a figure as it was revised later": read_of_source(Revised),
    "a figure between two that were published": feature(lambda known: spread_over(known, fact_column(known), "time")),
    "a figure that is filled from behind": feature(lambda known: spread_over(known, fact_column(known), "bfill")),
    "a voter that looks three bars ahead": written("row + 3 < len(CLOSES) and CLOSES[row + 3] > now.close"),
    "a voter that compares with the mean of its whole file": written(
        "now.symbol == 'BTC/USDT' and now.close < sum(CLOSES) / len(CLOSES)"
    ),
    "a voter of news that is dated by its publication": votes_of(lambda: voter("news_sentiment"), ByPublication),
    "a voter of figures that are dated by what they describe": votes_of(
        lambda: voter("funding_extreme"), None, partial(Figures, by="at_utc")
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LEAKS)
def test_every_planted_leak_is_caught_and_told_with_its_time(name: str) -> None:
    found = checked(LEAKS[name], past(bars=240), cuts=6)
    assert found.failed, f"{name} was not caught: {found.verdict}"
    assert found.check in ("taken away", "put in its place")
    assert f"{found.first} at {found.first_utc:%Y-%m-%d %H:%M} UTC changed in" in found.verdict


def test_the_same_columns_are_cleared_where_they_are_dated_by_the_time_at_which_they_are_known() -> None:
    honest: dict[str, Callable[[Past], Any]] = {
        "the last close": lambda known: closes_of(known).shift(1),
        "a mean of the bars before": lambda known: closes_of(known).rolling(9).mean(),
        "a z-score over the past": lambda known: (
            (closes_of(known) - closes_of(known).expanding().mean()) / closes_of(known).expanding().std()
        ),
        "the close of the last whole day": partial(daily, how="last", label="right"),
    }
    for name, work in honest.items():
        found = checked(feature(work), past(), cuts=10)
        assert (name, found.failed) == (name, 0), found.verdict
        assert found.said


def test_what_is_read_by_chance_is_told_apart() -> None:
    dice = generator(1, "dice")
    found = checked(feature(lambda known: [dice.random() for _ in known.closes()]), past())
    assert found.check == "repeated"
    assert "by chance" in found.verdict


def test_a_past_that_is_too_short_is_refused_and_a_silent_reader_is_not_cleared() -> None:
    with pytest.raises(UsageFault, match="needs 50 bars, and there are 40"):
        checked(signals_of_markets, Past({BTC: rows_of(past().candles[BTC], slice(40))}))
    assert "nothing was checked" in checked(feature(lambda known: np.full(len(known.closes()), np.nan)), past()).verdict


def test_there_are_at_least_twenty_planted_leaks() -> None:
    assert len(LEAKS) >= 20
