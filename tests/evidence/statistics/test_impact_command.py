"""`evidence.impact`: a law that was planted in books is found again, and files that show none are refused in words."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from config.reading.load import load_profile
from evidence.impact import main
from evidence.statistics.impact_fit import fit_line, walk_cost
from execution.simulated.latency import bar_sigma

HOUR_MS = 1_704_067_200_000
MIDDLE, HALF, Y, VOLUME = 1000.0, 1.5e-4, 0.8, 5000.0
HIGH, LOW = 1010.0, 995.0


def planted(levels: int = 60, books: int = 8, y: float = Y) -> pd.DataFrame:
    """Books, one a row, whose every walk costs half a spread and y sigma sqrt(Q / V): fine levels at the marginal price."""
    sigma, rows = bar_sigma(HIGH, LOW), []
    for number in range(books):
        row: dict[str, Any] = {"symbol": "BTCUSDT", "timestamp": (HOUR_MS + 1000 * number) * 1000}
        for level in range(levels):
            near, far = 0.25 * level**2, 0.25 * (level + 1) ** 2
            paid = y * sigma * (far**1.5 - near**1.5) / math.sqrt(VOLUME) / (far - near)
            for side, sign in (("asks", 1), ("bids", -1)):
                row[f"{side}[{level}].price"] = MIDDLE * (1 + sign * (HALF + paid))
                row[f"{side}[{level}].amount"] = far - near
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    planted().to_csv(tmp_path / "books.csv", index=False)
    opened = pd.to_datetime([HOUR_MS + 3_600_000 * number for number in range(3)], unit="ms", utc=True)
    bars = {"timestamp": opened, "open": 1000.0, "high": HIGH, "low": LOW, "close": 1001.0, "volume": VOLUME}
    pd.DataFrame(bars).to_parquet(tmp_path / "BTCUSDT_1h.parquet")
    trades = {"timestamp": [HOUR_MS - 1, HOUR_MS + 50_000], "price": [HIGH, LOW], "amount": VOLUME / 2}
    pd.DataFrame(trades).to_csv(tmp_path / "trades.csv", index=False)
    return tmp_path


def calibrate(world: Path, *more: str, books: str = "books.csv", bars: str | None = "BTCUSDT_1h.parquet") -> int:
    given = ["--bars", str(world / bars)] if bars else []
    return main(["--books", str(world / books), *given, *more])


def test_a_law_that_was_planted_is_found(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(world, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["coefficient"] == pytest.approx(Y, rel=0.03)
    assert found["half_spread_bps"] == pytest.approx(HALF * 1e4, abs=0.25)
    assert found["low"] <= found["coefficient"] <= found["high"]
    assert found["r_squared"] > 0.99
    assert (found["books"], found["walks"], found["volume"]) == (8, 320, VOLUME)
    assert found["sigma"] == bar_sigma(HIGH, LOW)


def test_trades_of_the_same_market_give_the_same_as_its_bar(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(world, "--json") == 0
    by_bars = json.loads(capsys.readouterr().out)
    assert calibrate(world, "--json", "--trades", str(world / "trades.csv"), bars=None) == 0
    by_trades = json.loads(capsys.readouterr().out)
    assert by_trades.pop("measured") == "50 s of trades"
    assert by_bars.pop("measured") == "the 1h bar of each book"
    assert by_trades == by_bars


def test_the_words_name_the_setting_and_the_page_is_whole(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(world, "--plot", str(world / "page.html")) == 0
    told = capsys.readouterr().out
    assert "--impact square_root:0.8" in told
    assert "8 books in 7.0 s from 2024-01-01 00:00:00 UTC" in told
    assert "plotly" in (world / "page.html").read_text()


def test_books_of_one_level_a_row_say_the_same(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(world, "--json") == 0
    before = json.loads(capsys.readouterr().out)
    rows = [
        {"symbol": "BTCUSDT", "timestamp": row["timestamp"] // 1000, "side": side[0], "update_type": "snap",
         "price": row[f"{side}[{level}].price"], "qty": row[f"{side}[{level}].amount"]}
        for row in planted().to_dict("records") for level in reversed(range(60)) for side in ("asks", "bids")
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(world / "depth.csv", index=False)
    assert calibrate(world, "--json", books="depth.csv") == 0
    assert json.loads(capsys.readouterr().out) == before


def test_of_two_books_of_one_moment_the_deeper_one_counts(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted(levels=5, y=7.0).to_csv(world / "few.csv", index=False)
    found = []
    for files in (["books.csv"], ["books.csv", "few.csv"], ["few.csv", "books.csv"]):
        assert calibrate(world, "--json", "--books", *(str(world / name) for name in files)) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1] == found[2]


def test_a_book_at_the_very_close_of_a_bar_belongs_to_the_next_one(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bars = pd.read_parquet(world / "BTCUSDT_1h.parquet").assign(volume=[1.0, VOLUME, 1.0])
    (world / "other").mkdir()
    bars.to_parquet(world / "other" / "BTCUSDT_1h.parquet")
    one = planted(books=1)
    one.assign(timestamp=(HOUR_MS + 3_600_000) * 1000).to_csv(world / "one.csv", index=False)
    assert calibrate(world, "--json", books="one.csv", bars="other/BTCUSDT_1h.parquet") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["volume"], found["low"], found["books"]) == (VOLUME, None, 1)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda table: table.assign(**{"asks[0].price": 1.0}), "crossed, out of order"),
        (lambda table: table.assign(**{"asks[3].amount": -1.0}), "not finite and positive"),
        (lambda table: table.assign(**{"asks[3].amount": "much"}), "not numbers"),
        (lambda table: table.drop(columns="asks[3].amount"), "A column of"),
        (lambda table: table.assign(symbol="ETHUSDT"), "the bars of BTC/USDT"),
        (lambda table: table.assign(timestamp=table["timestamp"] + 10**13), "no sound bar"),
        (lambda table: table[["symbol", "timestamp"]], "no order books of a known format"),
        (lambda table: table.drop(columns=[c for c in table if c.startswith("bids[") and "[0]" not in c]).assign(
            **{"bids[0].price": np.nan}), "without bids"),
    ],
)  # fmt: skip
def test_books_that_show_nothing_are_refused_in_words(
    world: Path, capsys: pytest.CaptureFixture[str], spoil: Any, words: str
) -> None:
    spoil(planted()).to_csv(world / "spoilt.csv", index=False)
    assert calibrate(world, books="spoilt.csv") == 3
    told = capsys.readouterr()
    assert words in told.err
    assert "Nothing was computed" in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    ("more", "bars", "words"),
    [((), None, "--bars or --trades"), (("--seed=-1",), "BTCUSDT_1h.parquet", "--seed"),
     (("--plot=no/such/page.html",), "BTCUSDT_1h.parquet", "--plot"), (("--timeframe=7m",), "BTCUSDT_1h.parquet", "7m")],
)  # fmt: skip
def test_arguments_that_cannot_be_are_refused(
    world: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], bars: str | None, words: str
) -> None:
    assert calibrate(world, *more, bars=bars) == 2
    assert words in capsys.readouterr().err


def test_trades_of_another_time_and_files_without_any_are_refused(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = pd.read_csv(world / "trades.csv").assign(timestamp=[HOUR_MS + 10**7, HOUR_MS + 2 * 10**7])
    late.to_csv(world / "late.csv", index=False)
    assert calibrate(world, "--trades", str(world / "late.csv"), bars=None) == 3
    assert "give trades of the time of the books" in capsys.readouterr().err
    assert calibrate(world, "--trades", str(world / "books.csv"), bars=None) == 3
    assert "holds no trades" in capsys.readouterr().err


@pytest.mark.parametrize("moment", ["", "-9000000000000000000", "99999999999999999999", "9e18", "tomorrow"])
def test_moments_outside_all_time_are_refused_in_words(
    world: Path, moment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    header, first, *_ = (world / "books.csv").read_text().splitlines()
    symbol, _, rest = first.split(",", 2)
    (world / "odd.csv").write_text(f"{header}\n{symbol},{moment},{rest}\n")
    assert calibrate(world, books="odd.csv") == 3
    (world / "odd_trades.csv").write_text(f"timestamp,price,amount\n{moment},1000,1\n{HOUR_MS},1000,1\n")
    assert calibrate(world, "--trades", str(world / "odd_trades.csv"), bars=None) == 3
    assert capsys.readouterr().err.count("Nothing was computed") == 2


def test_trades_of_another_market_are_refused_and_those_beside_the_own_are_left_out(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(world, "--json", "--trades", str(world / "trades.csv"), bars=None) == 0
    alone = json.loads(capsys.readouterr().out)
    own = pd.read_csv(world / "trades.csv").assign(symbol="BTCUSDT")
    other = own.assign(symbol="DOGEUSDT", price=0.1)
    other.to_csv(world / "other.csv", index=False)
    assert calibrate(world, "--trades", str(world / "other.csv"), bars=None) == 3
    assert "holds trades of DOGE/USDT" in capsys.readouterr().err
    pd.concat([other, own]).to_csv(world / "both.csv", index=False)
    assert calibrate(world, "--json", "--trades", str(world / "both.csv"), bars=None) == 0
    assert json.loads(capsys.readouterr().out) == alone


def test_a_line_that_would_be_negative_is_held_at_zero() -> None:
    root = np.array([1.0, 2.0, 3.0])
    assert fit_line(root, np.array([0.0, 2.0, 4.0])) == (0.0, pytest.approx(16 / 14))
    assert fit_line(root, np.array([3.0, 2.0, 1.0])) == (2.0, 0.0)
    assert fit_line(root, 0.5 + 2 * root) == pytest.approx((0.5, 2.0))


def test_a_walk_further_than_the_book_is_no_walk() -> None:
    levels = np.array([[100.0, 1.0], [102.0, 1.0]])
    assert walk_cost(levels, 2.0, 99.0) == pytest.approx(101 / 99 - 1)
    with pytest.raises(ValueError, match="hold 2"):
        walk_cost(levels, 2.1, 99.0)


def test_the_profiles_coefficient_is_what_the_recorded_books_gave(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books = shared / "orderbook" / "tardis_binance-futures_book_snapshot_25_BTCUSDT.csv"
    bars = shared / "ohlcv" / "futures_1h" / "binance_BTCUSDT_perp_1h_trade.parquet"
    assert main(["--books", str(books), "--bars", str(bars), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert round(found["coefficient"], 2) == load_profile("backtest").venue.impact_coefficient


@pytest.mark.parametrize(
    ("name", "words"),
    [("depth-snap.csv", "without asks"), ("depth-update.csv", "holds changes"), ("quotes.parquet", "no order books")],
)
def test_recorded_files_that_are_no_whole_books_are_refused(
    shared: Path, world: Path, capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    path = shared / "orderbook" / f"binance_btcusdt-{name}"
    assert main(["--books", str(path), "--bars", str(world / "BTCUSDT_1h.parquet")]) == 3
    assert words in capsys.readouterr().err
