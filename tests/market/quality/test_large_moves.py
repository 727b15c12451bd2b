"""A bar beyond the limits, judged by volume, by the other markets, by the bars before: used if it happened, refused if not."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from config.clock import from_ms, to_ms
from config.reading.load import load_profile
from config.sections.quality import QualitySettings
from market.bar import Slice
from market.files.bars import read_bars
from market.quality.kinds import KINDS, Verdict
from market.quality.monitor import QualityMonitor, Quote
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = load_profile("paper").quality
QUIET = 30


def quiet(price: float = 100.0, number: int = QUIET) -> list[Quote]:
    """Hours in which the price hardly moves, each with its own volume."""
    return [(price, price * 1.005, price * 0.995, price, 10.0 + i % 7) for i in range(number)]


def judged(markets: Mapping[str, Sequence[Quote | None]], settings: QualitySettings = SETTINGS) -> list[Slice]:
    monitor = QualityMonitor(settings, Timeframe.H1, list(markets))
    length = len(next(iter(markets.values())))
    return [
        monitor.judge(START + i * HOUR, {symbol: quotes[i] for symbol, quotes in markets.items()})
        for i in range(length)
    ]


def kinds(slices: list[Slice], symbol: str = "AAA/USDT") -> list[str]:
    return [found.kind for shown in slices for found in shown.findings if found.symbol == symbol]


def alone(*quotes: Quote | None) -> list[Slice]:
    return judged({"AAA/USDT": [*quiet(), *quotes]})


@pytest.mark.parametrize(
    "print_",
    [(100.0, 100.5, 0.004, 100.0, 500.0), (100.0, 99_900.0, 99.5, 100.0, 500.0), (100.0, 101.0, 20.0, 99.0, 10.0)],
)
def test_a_price_that_nothing_around_it_saw_is_refused_whatever_its_volume(print_: Quote) -> None:
    slices = alone(print_, *quiet(number=4))
    assert kinds(slices) == ["bad_print", "frozen", "thawed"]
    at = slices[QUIET]
    assert at.bars == {}
    assert at.doubtful["AAA/USDT"].low == print_[2] if print_[2] < 99 else 99.5
    assert "a bad print" in at.frozen["AAA/USDT"]
    assert [bool(shown.frozen) for shown in slices[QUIET:]] == [True, True, True, False, False]


def test_a_jump_on_volume_is_used_at_once_and_freezes_nothing() -> None:
    slices = alone((100.0, 101.0, 60.0, 62.0, 80.0), *quiet(62.0, 2))
    assert kinds(slices) == ["large_move"]
    assert all(shown.bars and not shown.frozen for shown in slices)


def test_a_jump_without_volume_waits_for_the_next_bar() -> None:
    crash = alone((100.0, 101.0, 60.0, 62.0, 12.0), *quiet(62.0, 4))
    assert kinds(crash) == ["jump", "frozen", "thawed"]
    assert [bool(shown.bars) for shown in crash[QUIET:]] == [False, True, True, True, True]
    fault = alone((100.0, 101.0, 60.0, 62.0, 12.0), *quiet(100.0, 4))
    assert [bool(shown.bars) for shown in fault[QUIET:]] == [False, True, True, True, True]


def test_what_the_other_markets_do_too_is_used_without_volume() -> None:
    fallen = (100.0, 101.0, 60.0, 62.0, 12.0)
    others = {f"{name}/USDT": [*quiet(), (100.0, 101.0, 80.0, 82.0, 12.0)] for name in ("BBB", "CCC")}
    slices = judged({"AAA/USDT": [*quiet(), fallen], **others})
    assert kinds(slices) == ["large_move"]


def test_a_print_far_below_a_market_that_falls_is_a_bad_print_still() -> None:
    print_ = (100.0, 101.0, 0.004, 80.0, 90.0)
    others = {f"{name}/USDT": [*quiet(), (100.0, 101.0, 80.0, 82.0, 90.0)] for name in ("BBB", "CCC")}
    slices = judged({"AAA/USDT": [*quiet(), print_], **others})
    assert kinds(slices)[0] == "bad_print"
    assert kinds(slices, "BBB/USDT") == []


def test_a_market_that_ranges_so_already_is_used() -> None:
    wild: list[Quote] = [
        (100.0, 150.0, 100.0, 120.0, 15.0),
        (120.0, 150.0, 100.0, 110.0, 15.0),
        (110.0, 150.0, 95.0, 100.0, 15.0),
    ]
    assert kinds(alone(*wild, (100.0, 150.0, 55.0, 100.0, 15.0))) == ["large_move"]


def test_coins_with_a_peg_are_no_witnesses() -> None:
    """They do not fall in a crash, so their median would make every crash a lonely one."""
    fallen = (100.0, 101.0, 60.0, 62.0, 12.0)
    calm: list[Quote | None] = [(1.0, 1.001, 0.999, 1.0, 5.0 + i % 3) for i in range(200)]
    pegged = {f"{name}/USDT": [*calm, calm[0]] for name in ("USDC", "DAI", "TUSD")}
    others = {f"{name}/USDT": [*quiet(number=200), (100.0, 101.0, 80.0, 82.0, 12.0)] for name in ("BBB", "CCC")}
    assert kinds(judged({"AAA/USDT": [*quiet(number=200), fallen], **others, **pegged})) == ["large_move"]


def test_nothing_is_known_of_the_next_bar() -> None:
    """Whatever comes later, the same bar gets the same judgement."""
    print_ = (100.0, 100.5, 40.0, 100.0, 12.0)
    ends = ([*quiet(40.0, 3)], [*quiet(100.0, 3)], [None, None, None])
    assert len({judged({"AAA/USDT": [*quiet(), print_, *end]})[QUIET].model_dump_json() for end in ends}) == 1


@pytest.mark.parametrize(
    ("folder", "day", "bars"),
    [
        ("spot_1h", "2020-03-12", 48), ("spot_1h", "2021-05-19", 24), ("spot_1h_panel", "2021-05-19", 24),
        ("spot_1h_panel", "2022-11-08", 168),
    ],
)  # fmt: skip
def test_no_real_crash_is_called_bad_data(folder: str, day: str, bars: int, shared: Path) -> None:
    """Only LINK's 0.0001 and ANC's 0.0154, at which nobody could trade, are: the crash around them is not."""
    candles = read_bars(sorted((shared / "ohlcv" / folder).glob("*.parquet")), None, None).candles
    begin = to_ms(datetime.fromisoformat(day).replace(tzinfo=UTC))
    monitor = QualityMonitor(SETTINGS, Timeframe.H1, list(candles))
    called = set()
    for close in range(begin - 200 * 3_600_000, begin + (bars + 1) * 3_600_000, 3_600_000):
        rows = {symbol: int(np.searchsorted(each.close_ms, close)) for symbol, each in candles.items()}
        raw: dict[str, Quote] = {}
        for symbol, row in rows.items():
            each = candles[symbol]
            if row < len(each) and each.close_ms[row] == close:
                open_, high, low, end, volume = (float(column[row]) for column in each.columns)
                raw[symbol] = (open_, high, low, end, volume)
        for symbol, found in monitor.pass_by(from_ms(close), raw).items():
            doubted = {kind for kind, _ in found} & {"bad_print", "jump", "wide_bar", "unit", "identity", "stale"}
            called |= {(symbol, kind) for kind in doubted if close > begin}
    prints = {"2020-03-12": {("LINK/USDT", "bad_print")}, "2022-11-08": {("ANC/USDT", "bad_print")}}
    assert called == prints.get(day, set())


def test_every_kind_that_is_named_has_a_verdict_that_is_obeyed() -> None:
    """`freeze` and `ask` freeze the market beyond the bar, `leave out` refuses it, `use` believes it."""
    tapes: dict[str, list[Quote | None]] = {
        "bad_print": [(100.0, 100.5, 0.004, 100.0, 500.0)],
        "jump": [(100.0, 101.0, 60.0, 62.0, 12.0)],
        "large_move": [(100.0, 101.0, 60.0, 62.0, 80.0)],
        "unit": [(0.1, 0.101, 0.099, 0.1, 10_000.0)],
        "identity": [(37.0, 37.5, 36.5, 37.0, 4.0)],
        "stale": [quiet()[-1]],
        "gap": [None],
        "non_finite": [(100.0, math.nan, 99.0, 100.0, 1.0)],
        "inconsistent": [(100.0, 99.0, 98.0, 100.0, 1.0)],
        "zero_volume": [(100.0, 100.0, 100.0, 100.0, 0.0)],
    }
    for kind, tape in tapes.items():
        first = tape[0]
        stays = first is not None and kind in ("unit", "identity", "large_move")
        slices = alone(*tape, (*first[:4], 13.0) if first is not None and stays else quiet()[2])
        assert kinds(slices)[0] == kind
        verdict, at, after = KINDS[kind].verdict, slices[QUIET], slices[QUIET + 1]
        assert bool(at.bars) is (verdict is Verdict.USE), kind
        assert bool(after.frozen) is (verdict in (Verdict.FREEZE, Verdict.ASK)), kind
        assert bool(after.bars) is (verdict is not Verdict.ASK), kind
