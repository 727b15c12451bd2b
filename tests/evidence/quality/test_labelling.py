"""The labels of the listed hits follow from the procedure, and the procedure tells a print from a move."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from config.clock import to_ms
from config.errors import DataFault
from evidence.quality.hits import Feeds, Hit, read_feeds, read_hits
from evidence.quality.labelling import Label, label, label_all
from evidence.quality.labels import KEPT, labels_text, read_labels
from market.candles import RawCandles
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)
AT = 10


def flat(symbol: str, price: float = 100.0, volume: float = 10.0) -> RawCandles:
    """Thirty quiet hours."""
    close_ms = to_ms(START) + np.arange(1, 31, dtype=np.int64) * 3_600_000
    column = np.full(30, price)
    return RawCandles(
        symbol, Timeframe.H1, close_ms, column.copy(), column * 1.01, column * 0.99, column.copy(), np.full(30, volume)
    )


def changed(candles: RawCandles, **values: tuple[int, float]) -> RawCandles:
    columns = {name: getattr(candles, name).copy() for name in values}
    for name, (row, value) in values.items():
        columns[name][row] = value
    return dataclasses.replace(candles, **columns)


def labelled(kind: str, own: RawCandles, *others: RawCandles, spot: RawCandles | None = None) -> tuple[str, str]:
    feeds: Feeds = {"a.parquet": {each.symbol: each for each in (own, *others)}}
    feeds |= {} if spot is None else {"b.parquet": {spot.symbol: spot}}
    found = label(Hit("a.parquet", own.symbol.replace("/", ""), START + timedelta(hours=AT), kind, 0.0), feeds)
    return found.label, " ".join(found.evidence)


def test_a_price_that_no_neighbour_saw_is_a_bad_print() -> None:
    assert labelled("wide_bar", changed(flat("LINK/USDT"), low=(AT, 0.01))) == (
        Label.BAD_PRINT,
        "wick no_volume calm alone",
    )


def test_a_wide_bar_whose_close_stays_low_is_a_real_move() -> None:
    fallen = flat("FTT/USDT")
    for name, price in (("open", 50.0), ("high", 51.0), ("low", 49.0), ("close", 50.0)):
        getattr(fallen, name)[AT + 1 :] = price
    assert labelled("wide_bar", changed(fallen, low=(AT, 49.0), close=(AT, 50.0)))[0] is Label.REAL_MOVE


def test_what_all_others_did_too_is_a_real_move() -> None:
    others = [changed(flat(f"{name}/USDT"), low=(AT, 45.0)) for name in ("BTC", "ETH", "SOL")]
    assert labelled("wide_bar", changed(flat("LINK/USDT"), low=(AT, 40.0)), *others)[1].endswith("market")


def test_what_the_spot_market_did_too_is_a_real_move_and_what_it_did_not_is_none() -> None:
    own = changed(flat("ETH/USDT"), low=(AT, 40.0))
    assert labelled("wide_bar", own, spot=changed(flat("ETH/USDT", 100.1), low=(AT, 50.0)))[0] is Label.REAL_MOVE
    assert labelled("wide_bar", own, spot=flat("ETH/USDT", 100.1)) == (
        Label.BAD_PRINT,
        "wick no_volume calm alone no_feed",
    )


def test_a_jump_is_bad_only_if_it_returns_in_one_bar_and_nobody_traded() -> None:
    alone = changed(flat("LINK/USDT"), close=(AT, 60.0), low=(AT, 60.0))
    assert labelled("jump", alone) == (Label.BAD_PRINT, "returned no_volume calm alone")
    assert labelled("jump", changed(alone, volume=(AT, 40.0)))[0] is Label.REAL_MOVE


def test_a_price_of_another_size_after_a_gap_is_another_coin() -> None:
    own = flat("LUNA/USDT", 0.001)
    for name in ("open", "high", "low", "close"):
        getattr(own, name)[AT:] *= 10_000
    later = own.close_ms.copy()
    later[AT:] += 48 * 3_600_000
    own = dataclasses.replace(own, close_ms=later)
    hit = Hit("a.parquet", "LUNAUSDT", START + timedelta(hours=AT + 48), "jump", 0.0)
    assert label(hit, {"a.parquet": {own.symbol: own}}).label is Label.OTHER_COIN


def test_a_hit_without_its_bar_is_refused() -> None:
    with pytest.raises(DataFault, match="has no bar of LINKUSDT"):
        label(
            Hit("a.parquet", "LINKUSDT", START - timedelta(days=1), "jump", 0.0),
            {"a.parquet": {"LINK/USDT": flat("LINK/USDT")}},
        )


def test_labels_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,symbol\na,b\n")
    with pytest.raises(DataFault, match="cannot be read as labels"):
        read_labels(tmp_path / "labels.csv")


@pytest.mark.slow
def test_the_kept_labels_are_what_the_procedure_says_of_the_real_files(shared: Path) -> None:
    hits = read_hits(shared)
    feeds = read_feeds(shared, sorted({hit.file for hit in hits}))
    assert labels_text(label_all(hits, feeds)) == KEPT.read_text(encoding="utf-8")


def test_the_bad_prints_that_are_known_by_name_are_labelled_so() -> None:
    bad = {
        (key.symbol, f"{key.opens_utc:%Y-%m-%d %H}") for key, label in read_labels().items() if label is Label.BAD_PRINT
    }
    assert {
        ("LINKUSDT", "2020-03-12 10"), ("PAXUSDT", "2021-07-26 01"), ("SUSDUSDT", "2022-01-11 08"),
        ("USDCUSDT", "2021-12-04 08"), ("USDCUSDT", "2022-05-11 20"), ("ETHUSDT", "2020-03-13 02"),
    } <= bad  # fmt: skip
    crashes = {symbol for symbol, hour in bad if hour.startswith(("2021-05-19", "2022-05-1", "2022-11-0"))}
    assert crashes == {"ANCUSDT", "USDCUSDT", "NBTUSDT"}
