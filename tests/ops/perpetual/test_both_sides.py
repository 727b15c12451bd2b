"""A run on perpetuals as it is told: both sides apart in tables, report, summary and exports, and nothing of it on spot."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from run_support import run

from agents.replay import main as replay
from config.secrets import journal_key
from config.sections.market import PerpetualsSettings
from execution.account.lots import Trade
from execution.exact import EXACT
from execution.reports import Fill
from ops.exports import equity, orders, trades
from ops.report.page import render_report
from ops.story.perpetual.sides import Stakes, perpetual_figures
from ops.story.perpetual.told import distance, liquidation_told
from ops.story.story import Story, read_story
from ops.story.summary import Summary, summarise
from ops.tables.run import print_tables

AT = datetime(2024, 1, 1, tzinfo=UTC)
LOOSE = (
    "limits.unproven_fraction=0.2", "limits.max_position_fraction=0.2", "limits.max_deployed_fraction=0.6",
    "limits.risk_per_trade=0.05", "limits.max_var_1d=0.5", "limits.max_es_1d=0.5", "limits.max_cluster_fraction=0.6",
    "limits.kelly_edge=0.5", "limits.max_stressed_loss=0.9", "market.perpetuals.leverage=3",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story, Summary]:
    """A simulated run on perpetuals that trades both sides, through a flash crash, and replays to the byte."""
    folder = tmp_path_factory.mktemp("both") / "run"
    line = ("--profile", "perp", "--scenario", "flash-crash", "--days", "12", "--seed", "7", "--set", *LOOSE)
    assert run(folder, *line) == 0
    assert replay([str(folder), "--quiet"]) == 0
    story = read_story(folder, journal_key())
    return folder, story, summarise(story)


def table(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.slow
def test_the_sides_add_up_to_the_whole(made: tuple[Path, Story, Summary]) -> None:
    _, story, summary = made
    both = summary.perpetuals
    assert both is not None
    assert both.long.trades.closed > 0
    assert both.short.trades.closed > 0
    assert both.long.trades.closed + both.short.trades.closed == summary.trades.closed
    assert both.long.trades.won + both.short.trades.won == summary.trades.won
    assert both.long.pnl + both.short.pnl == sum((trip.trade.pnl for trip in story.trades), Decimal(0))
    assert EXACT.add(both.long.funding, both.short.funding) == summary.identity.funding
    assert summary.identity.holds
    assert both.most_net_short <= both.most_gross
    assert both.leverage == 3


@pytest.mark.slow
def test_its_tables_have_more_columns_at_their_end(made: tuple[Path, Story, Summary]) -> None:
    folder, story, _ = made
    closed = table(folder / "trades.csv")
    assert list(closed[0]) == [column.name for column in (*trades.COLUMNS, *trades.PERPETUAL)]
    assert [row["side"] for row in closed] == ["short" if trip.trade.is_short else "long" for trip in story.trades]
    for row in closed:
        assert float(row["margin"]) == pytest.approx(float(row["entry_price"]) * float(row["quantity"]) / 3)
    sent = table(folder / "orders.csv")
    assert list(sent[0]) == [column.name for column in (*orders.COLUMNS, *orders.PERPETUAL)]
    assert {(row["side"], row["purpose"] == "entry", row["position"]) for row in sent} >= {
        ("buy", True, "long"), ("sell", False, "long"), ("sell", True, "short"), ("buy", False, "short"),
    }  # fmt: skip
    assert all((row["reduce_only"] == "true") is (row["purpose"] != "entry") for row in sent)
    closes = table(folder / "equity.csv")
    assert list(closes[0]) == [column.name for column in (*equity.COLUMNS, *equity.PERPETUAL)]
    assert min(float(row["net_fraction"]) for row in closes) < 0 < max(float(row["net_fraction"]) for row in closes)
    assert all(bool(row["liquidation_distance"]) is (row["positions"] != "0") for row in closes)
    lines = [json.loads(line) for line in (folder / "decisions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["trade"]["side"] for line in lines if line["trade"]} == {"long", "short"}


def test_console_and_report_show_both_sides(made: tuple[Path, Story, Summary]) -> None:
    _, story, summary = made
    out = io.StringIO()
    print_tables(story, summary, out)
    page = render_report(story, summary)
    for told in (out.getvalue(), page):
        assert "Long and short apart" in told
        assert "Leverage 3.00, isolated; stops on the mark" in " ".join(told.split())
    assert "Votes for long / for short" in " ".join(out.getvalue().split())
    assert "<td>short</td>" in page
    assert '"name":"short entry"' in page


@pytest.mark.slow
def test_a_spot_run_knows_nothing_of_sides(tmp_path: Path) -> None:
    assert run(tmp_path / "run", "--days", "2") == 0
    story = read_story(tmp_path / "run", journal_key())
    summary = summarise(story)
    assert summary.perpetuals is None
    assert "perpetual" not in (tmp_path / "run" / "summary.json").read_text(encoding="utf-8")
    header, _, _ = (tmp_path / "run" / "trades.csv").read_text(encoding="utf-8").partition("\n")
    assert header.split(",") == [column.name for column in trades.COLUMNS]
    assert "Long and short apart" not in render_report(story, summary)


def trade(pnl: str, purpose: str, *, short: bool) -> Trade:
    return Trade(
        symbol="BTC/USDT", entry_utc=AT, exit_utc=AT, entry_price=Decimal(100), exit_price=Decimal(90), quantity=Decimal(1),
        pnl=Decimal(pnl), fees=Decimal(1), exit_purpose=purpose, is_short=short,
    )  # fmt: skip


def figures(settings: PerpetualsSettings | None, done: Sequence[Trade], *stakes: list[float]) -> object:
    arrays = Stakes(*(np.array(each) for each in stakes))
    return perpetual_figures(settings, done, {"short": Decimal(-3)}, arrays)


def test_figures_of_known_trades() -> None:
    done = [
        trade("9", "take_profit", short=True),
        trade("-34", "liquidation", short=True),
        trade("-11", "stop_loss", short=False),
    ]
    found = figures(PerpetualsSettings(), done, [0.5, 0.7], [0.5, -0.7], [float("nan"), 0.3])
    assert found is not None
    shown = found.model_dump(mode="json")  # type: ignore[attr-defined]
    assert (shown["long"]["pnl"], shown["short"]["pnl"]) == ("-11", "-25")
    assert (shown["long"]["liquidated"], shown["short"]["liquidated"]) == (0, 1)
    assert (shown["long"]["funding"], shown["short"]["funding"]) == ("0", "-3")
    assert shown["lost_to_liquidation"] == "34"
    assert (shown["mean_gross"], shown["most_gross"], shown["mean_net"]) == pytest.approx((0.6, 0.7, -0.1))
    assert (shown["most_net_long"], shown["most_net_short"], shown["nearest_liquidation"]) == (0.5, 0.7, 0.3)
    assert figures(None, done, [], [], []) is None
    empty = figures(PerpetualsSettings(), [], [], [], [])
    assert empty.nearest_liquidation is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(("side", "was"), [("buy", "short"), ("sell", "long")])
def test_a_liquidation_is_told_with_its_price_and_side(side: str, was: str) -> None:
    fill = Fill(
        trade_id="1", order_id="a-liq", decision_id="a", symbol="BTC/USDT", side=side, purpose="liquidation",
        quantity=Decimal("0.50"), price=Decimal(24000), fee=Decimal(0), fee_currency="USDT", liquidity="taker", filled_utc=AT,
    )  # fmt: skip
    text = liquidation_told(fill, AT + timedelta(hours=1))
    assert f"liquidated the {was} position of 0.5 at 24000 (fee 0), in the bar that closed at 2024-01-01 01:00" in text


def test_the_distance_to_a_liquidation_is_a_share_of_the_mark() -> None:
    assert distance(Decimal(100), Decimal(75)) == 0.25
    assert distance(Decimal(100), Decimal(150)) == 0.5
    assert distance(Decimal(100), None) is None
