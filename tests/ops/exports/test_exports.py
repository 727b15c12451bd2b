"""The tables of a run for other programs: declared once, exact, whole, and documented by the rows that write them."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from run_support import run

from config.errors import OutputFault
from config.secrets import journal_key
from ops.exports import equity, orders, trades
from ops.exports.columns import told
from ops.exports.page import decision_fields, run_folder_page
from ops.exports.write import export_to
from ops.story.story import Story, read_story

Maker = Callable[..., Path]
PAGE = Path(__file__).resolve().parents[3] / "docs" / "run-folder.md"
TABLES = {"trades.csv": trades.COLUMNS, "orders.csv": orders.COLUMNS, "equity.csv": equity.COLUMNS}


def table(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "decisions.jsonl").read_text(encoding="utf-8").splitlines()]


def leaves(tree: dict[str, Any], whole: frozenset[str], before: str = "") -> Iterator[str]:
    """The dotted names of an object's fields; those of `whole` are not looked into."""
    for name, value in tree.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and path not in whole:
            yield from leaves(value, whole, f"{path}.")
        else:
            yield path


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story]:
    """A simulated run of twelve days, through the command, and its story."""
    folder = tmp_path_factory.mktemp("real") / "run"
    assert run(folder, "--days", "12") == 0
    return folder, read_story(folder, journal_key())


def test_the_page_of_the_run_folder_is_made_of_the_columns_that_are_written() -> None:
    assert PAGE.read_text(encoding="utf-8") == run_folder_page(), (
        "write it again: python -m ops.exports.page > docs/run-folder.md"
    )


@pytest.mark.parametrize("columns", [*TABLES.values(), decision_fields()], ids=[*TABLES, "decisions.jsonl"])
def test_each_column_has_one_name_and_a_meaning_and_numbers_have_a_unit(columns: Any) -> None:
    names = [column.name for column in columns]
    assert len(set(names)) == len(names)
    assert all(column.meaning for column in columns)
    in_utc = [column for column in columns if column.name.endswith("_utc")]
    assert in_utc
    assert {column.unit for column in in_utc} == {"UTC"}


@pytest.mark.slow
def test_a_run_leaves_the_tables_with_every_trade_order_bar_and_case(real: tuple[Path, Story]) -> None:
    folder, story = real
    for name, columns in TABLES.items():
        header = (folder / name).read_text(encoding="utf-8").splitlines()[0]
        assert header == ",".join(column.name for column in columns)
    assert len(table(folder / "trades.csv")) == len(story.trades) > 3
    assert len(table(folder / "orders.csv")) == len(story.orders)
    assert len(table(folder / "equity.csv")) == len(story.columns.close_ms) == 288
    assert len(lines(folder)) == story.tally.hearings > 10


@pytest.mark.slow
def test_the_trades_add_up_to_the_last_digit_with_the_ledger(real: tuple[Path, Story]) -> None:
    folder, story = real
    rows = table(folder / "trades.csv")
    assert [Decimal(row["pnl"]) for row in rows] == [trip.trade.pnl for trip in story.trades]
    assert all("E" not in row["pnl"] + row["quantity"] for row in rows)
    assert {row["strategy"] for row in rows} <= {
        "ema_cross", "golden_cross", "momentum_breakout", "rsi_bounce",
        *(row["strategy"] for row in rows if "+" in row["strategy"]),
    }  # fmt: skip
    assert {row["exit_reason"] for row in rows} <= {"stop_loss", "trailing_stop", "take_profit", "strategy_exit"}
    for row in rows:
        assert bool(row["exit_why"]) == (row["exit_reason"] == "strategy_exit")
        held = datetime.fromisoformat(row["exit_utc"]) - datetime.fromisoformat(row["entry_utc"])
        assert timedelta(seconds=int(row["held_s"])) == held


def test_the_orders_of_a_market_bought_and_sold_what_their_fills_say(real: tuple[Path, Story]) -> None:
    folder, story = real
    rows = table(folder / "orders.csv")
    assert sum(Decimal(row["fees"]) for row in rows) == story.ledger.fees
    net = {row["symbol"]: Decimal(0) for row in rows}
    for row in rows:
        net[row["symbol"]] += Decimal(row["filled_quantity"]) * (1 if row["side"] == "buy" else -1)
        assert (Decimal(row["filled_quantity"]) == Decimal(row["quantity"])) == (row["status"] == "filled")
        assert bool(row["average_price"]) == bool(row["last_fill_utc"]) == (Decimal(row["filled_quantity"]) > 0)
    held = story.ledger.quantities()
    assert {symbol: amount for symbol, amount in net.items() if amount} == held


def test_the_equity_is_that_of_the_ledger_and_rises_by_one_bar_a_line(real: tuple[Path, Story]) -> None:
    folder, story = real
    rows = table(folder / "equity.csv")
    assert Decimal(rows[-1]["equity"]) == story.ledger.equity
    assert Decimal(rows[-1]["cash"]) == story.ledger.cash
    at = [datetime.fromisoformat(row["close_utc"]) for row in rows]
    assert {after - before for before, after in pairwise(at)} == {timedelta(hours=1)}
    assert at[0].tzinfo == UTC


def test_a_line_of_a_decision_has_the_documented_fields_and_leads_to_its_order_and_trade(
    real: tuple[Path, Story],
) -> None:
    folder, _ = real
    found = lines(folder)
    documented = {field.name for field in decision_fields()}
    whole = frozenset({"ruled.speakers"})
    for line in found:
        empty = {name for name in ("order", "at_once", "trade", "outcome") if line[name] is None}
        wanted = {name for name in documented if name.split(".")[0] not in empty}
        assert set(leaves(line, whole)) - empty == wanted
        assert (line["order"] is None) == (line["gate"]["outcome"] == "refused")
    closed = [line for line in found if line["trade"] is not None]
    rows = {row["decision_id"]: row for row in table(folder / "trades.csv")}
    assert {line["decision_id"] for line in closed} == rows.keys()
    for line in closed:
        row = rows[line["decision_id"]]
        assert (line["trade"]["pnl"], line["strategy"]) == (row["pnl"], row["strategy"])
    assert {line["outcome"]["barrier"] for line in found if line["outcome"]} <= {"target", "stop", "neither"}


def test_an_outcome_is_known_only_after_its_case_and_a_young_case_has_none(real: tuple[Path, Story]) -> None:
    folder, story = real
    last = story.columns.close_ms[-1]
    for line in lines(folder):
        if line["outcome"] is None:
            continue
        known = datetime.fromisoformat(line["outcome"]["known_utc"])
        assert datetime.fromisoformat(line["as_of_utc"]) < known
        assert known.timestamp() * 1000 <= last


def test_a_run_without_a_trade_leaves_headers_alone(make_run: Maker, key: bytes, tmp_path: Path) -> None:
    export_to(tmp_path / "new" / "folder", read_story(make_run(bars=10, trading=False), key))
    assert table(tmp_path / "new" / "folder" / "trades.csv") == []
    assert len(table(tmp_path / "new" / "folder" / "equity.csv")) == 10
    assert (tmp_path / "new" / "folder" / "decisions.jsonl").read_bytes() == b""


def test_a_run_that_was_cut_short_is_exported_as_far_as_it_goes(make_run: Maker, key: bytes, tmp_path: Path) -> None:
    export_to(tmp_path / "out", read_story(make_run(bars=33, ended=False), key))
    assert len(table(tmp_path / "out" / "equity.csv")) == 33
    assert [row["exit_reason"] for row in table(tmp_path / "out" / "trades.csv")] == [
        "strategy_exit",
        "stop_loss",
        "strategy_exit",
    ]


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_output(make_run: Maker, key: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFault, match="cannot be made"):
        export_to(tmp_path / "file", read_story(make_run(bars=3, trading=False), key))


def test_cells_are_exact_and_all_times_have_one_form() -> None:
    assert told(Decimal("1E+3")) == "1000"
    assert told(Decimal("0.000000010")) == "0.000000010"
    assert told(datetime(2024, 3, 1, 5, tzinfo=UTC)) == "2024-03-01T05:00:00.000Z"
    assert told(datetime(2024, 3, 1, 5, 0, 0, 250_000, tzinfo=UTC)) == "2024-03-01T05:00:00.250Z"
    assert told(None) == ""
    assert told(0.1) == "0.1"
