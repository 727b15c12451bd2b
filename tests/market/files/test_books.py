"""Recorded books and trades: both layouts say the same, the deeper of two is taken, and what no walk could believe is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from config.errors import DataFault
from market.files.books import RecordedBook, read_books, read_trades

AT_MS = 1_700_000_000_000
BIDS = ((99.0, 1.0), (98.5, 2.0), (98.0, 3.0))
ASKS = ((101.0, 1.5), (101.5, 2.5), (102.0, 3.5))
Levels = tuple[tuple[float, float], ...]


def whole(bids: Levels = BIDS, asks: Levels = ASKS, at_ms: int = AT_MS, symbol: str = "BTCUSDT") -> dict[str, Any]:
    """One row of a file with a whole book a row; times in microseconds."""
    row: dict[str, Any] = {"symbol": symbol, "timestamp": at_ms * 1000}
    for side, levels in (("bids", bids), ("asks", asks)):
        for number, (price, amount) in enumerate(levels):
            row[f"{side}[{number}].price"], row[f"{side}[{number}].amount"] = price, amount
    return row


def levels(bids: Levels = BIDS, asks: Levels = ASKS, kind: str = "snap", at_ms: int = AT_MS) -> list[dict[str, Any]]:
    """The rows of a file with one level a row; times in milliseconds."""
    return [
        {"symbol": "BTCUSDT", "timestamp": at_ms, "side": side, "update_type": kind, "price": price, "qty": quantity}
        for side, found in (("b", bids), ("a", asks))
        for price, quantity in found
    ]


def written(folder: Path, rows: list[dict[str, Any]], name: str = "books.csv") -> Path:
    frame, path = pd.DataFrame(rows), folder / name
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


def read(folder: Path, rows: list[dict[str, Any]], name: str = "books.csv") -> list[RecordedBook]:
    return read_books([written(folder, rows, name)])


@pytest.mark.parametrize("name", ["books.csv", "books.parquet"])
@pytest.mark.parametrize("rows", [[whole()], levels()], ids=["a book a row", "a level a row"])
def test_both_layouts_and_formats_give_the_same_book(tmp_path: Path, name: str, rows: list[dict[str, Any]]) -> None:
    (book,) = read(tmp_path, rows, name)
    assert (book.symbol, book.at_ms, book.middle) == ("BTC/USDT", AT_MS, 100.0)
    np.testing.assert_array_equal(book.bids, BIDS)
    np.testing.assert_array_equal(book.asks, ASKS)


def test_levels_are_put_in_order_best_first_whatever_order_they_come_in(tmp_path: Path) -> None:
    (book,) = read(tmp_path, levels()[::-1])
    np.testing.assert_array_equal(book.bids, BIDS)
    np.testing.assert_array_equal(book.asks, ASKS)


def test_only_whole_books_are_taken_out_of_a_file_that_has_changes_too(tmp_path: Path) -> None:
    changes = levels(bids=((99.5, 9.0),), asks=(), kind="set", at_ms=AT_MS + 1)
    assert len(read(tmp_path, levels() + changes)) == 1
    with pytest.raises(DataFault, match="holds changes of a book, but not that book"):
        read(tmp_path, changes)


def test_books_come_in_order_of_time_out_of_several_files(tmp_path: Path) -> None:
    late = written(tmp_path, [whole(at_ms=AT_MS + 500)], "late.csv")
    early = written(tmp_path, [whole(at_ms=AT_MS + 900), whole()], "early.csv")
    assert [book.at_ms - AT_MS for book in read_books([late, early])] == [0, 500, 900]


@pytest.mark.parametrize("deeper_first", [True, False])
def test_of_two_books_of_one_moment_the_deeper_one_is_taken(tmp_path: Path, deeper_first: bool) -> None:
    shallow = written(tmp_path, [whole(bids=BIDS[:1], asks=ASKS[:1])], "shallow.csv")
    deep = written(tmp_path, [whole()], "deep.csv")
    (book,) = read_books([deep, shallow] if deeper_first else [shallow, deep])
    assert len(book.asks) == 3


def test_a_row_with_fewer_levels_than_the_columns_has_fewer(tmp_path: Path) -> None:
    first, second = read(tmp_path, [whole(), whole(bids=BIDS[:2], asks=ASKS[:1], at_ms=AT_MS + 1)])
    assert (len(first.bids), len(first.asks)) == (3, 3)
    assert (len(second.bids), len(second.asks)) == (2, 1)


UNSOUND: dict[str, tuple[Levels, Levels]] = {
    "crossed": (((101.0, 1.0),), ((101.0, 1.0),)),
    "bids out of order": (((98.0, 1.0), (99.0, 1.0)), ASKS),
    "asks out of order": (BIDS, ((102.0, 1.0), (101.0, 1.0))),
    "a price twice": (((99.0, 1.0), (99.0, 1.0)), ASKS),
    "a quantity of nothing": (((99.0, 0.0),), ASKS),
    "a negative price": (((-1.0, 1.0),), ASKS),
    "an infinite quantity": (BIDS, ((101.0, float("inf")),)),
}


@pytest.mark.parametrize(("bids", "asks"), UNSOUND.values(), ids=UNSOUND.keys())
def test_a_book_that_no_walk_could_believe_is_refused_with_its_moment(
    tmp_path: Path, bids: Levels, asks: Levels
) -> None:
    with pytest.raises(DataFault, match=rf"crossed, out of order, or not finite and positive, at {AT_MS}"):
        read(tmp_path, [whole(bids, asks)], "books.parquet")


@pytest.mark.parametrize(("side", "rows"), [("asks", levels(asks=())), ("bids", levels(bids=()))])
def test_a_book_with_one_side_only_has_no_middle(tmp_path: Path, side: str, rows: list[dict[str, Any]]) -> None:
    with pytest.raises(DataFault, match=f"a book without {side}"):
        read(tmp_path, rows)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a,b,c\n1,2,3\n", "holds no order books of a known format: its columns are a, b, c"),
        (
            "timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount\n1,x,1,1,1\n",
            "holds values that are not numbers",
        ),
        (
            "timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount\n-5,2,1,1,1\n",
            "holds values that are not numbers",
        ),
        ("", "cannot be read"),
    ],
)
def test_what_is_no_file_of_books_is_refused_in_words(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(DataFault) as fault:
        read_books([tmp_path / "x.csv"])
    assert says in str(fault.value)
    assert "Nothing was computed." in str(fault.value)


def trades(**columns: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {
        "timestamp": [AT_MS + 9, AT_MS, AT_MS + 5],
        "price": [100.0, 103.0, 99.0],
        "amount": [1.0, 2.0, 0.5],
    }
    return found | columns


def trades_file(folder: Path, columns: dict[str, list[Any]]) -> Path:
    pd.DataFrame(columns).to_csv(folder / "trades.csv", index=False)
    return folder / "trades.csv"


@pytest.mark.parametrize("size", ["amount", "quantity", "qty"])
@pytest.mark.parametrize("unit", [1, 1000])
def test_trades_are_taken_together_whatever_their_size_is_called_and_their_times_are_in(
    tmp_path: Path, size: str, unit: int
) -> None:
    columns = trades()
    columns[size] = columns.pop("amount")
    columns["timestamp"] = [moment * unit for moment in columns["timestamp"]]
    found = read_trades(trades_file(tmp_path, columns), "BTC/USDT")
    assert found == (AT_MS, AT_MS + 9, 103.0, 99.0, 3.5)


def test_of_several_markets_only_the_own_one_counts_and_another_alone_is_refused(tmp_path: Path) -> None:
    mixed = trades(symbol=["BTCUSDT", "ETHUSDT", "btc-usdt"])
    assert read_trades(trades_file(tmp_path, mixed), "BTC/USDT").volume == 1.5
    with pytest.raises(DataFault, match=r"holds trades of BTC/USDT and ETH/USDT"):
        read_trades(trades_file(tmp_path, mixed), "SOL/USDT")


@pytest.mark.parametrize(
    "columns",
    [
        {"price": [100.0, -1.0, 99.0]},
        {"amount": [1.0, 0.0, 1.0]},
        {"price": [100.0, float("inf"), 99.0]},
        {"timestamp": [AT_MS, None, AT_MS]},
        {"price": ["a", "b", "c"]},
    ],
    ids=["negative", "nothing", "infinite", "no moment", "words"],
)
def test_trades_that_cannot_have_been_are_refused(tmp_path: Path, columns: dict[str, list[Any]]) -> None:
    with pytest.raises(DataFault, match="Nothing was computed"):
        read_trades(trades_file(tmp_path, trades(**columns)), "BTC/USDT")


def test_one_trade_alone_spans_no_time(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="two rows"):
        read_trades(trades_file(tmp_path, {name: column[:1] for name, column in trades().items()}), "BTC/USDT")
