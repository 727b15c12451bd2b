"""Whole runs of perpetuals: funding is journaled, shown, replayed, and recomputed here from the journal alone."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from funded import funding_file
from run_support import events, payloads, run, said, write_bars

from agents.records.record import CycleRecord
from agents.replay import main as replay
from execution.reports import Funding, VenueWord

FIRST = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Recorded bars of two markets, and rates of one of them: every eight hours, up and down."""
    folder = tmp_path_factory.mktemp("perpetual")
    paths = write_bars(folder, ("BTC/USDT", "ETH/USDT"))
    times = [FIRST + timedelta(hours=8 * number) for number in range(100)]
    rates = funding_file(folder, times, [round(0.0004 * (number % 4 - 1), 6) for number in range(100)])
    return ["--data", *map(str, paths), "--funding", str(rates), "--start", "2024-01-02", "--end", "2024-01-18"]


def payments(folder: Path) -> list[Funding]:
    words = said(events(folder), VenueWord)
    return [paid for word in words for paid in word.report.funding]


def own_account(folder: Path) -> list[tuple[str, datetime, Decimal]]:
    """What each funding moment must have cost: rate x what was held at the close before x the open of its bar."""
    held: dict[str, Decimal] = {}
    found = []
    for record in said(events(folder), CycleRecord):
        for due in record.tape.funding:
            assert due.at_utc == record.as_of_utc - timedelta(hours=1)
            if quantity := held.get(due.symbol):
                price = Decimal(repr(record.tape.bars[due.symbol].open))
                found.append((due.symbol, due.at_utc, Decimal(repr(due.rate)) * quantity * price))
        held = {position.symbol: position.quantity for position in record.portfolio.positions}
    return found


@pytest.mark.slow
def test_every_payment_is_the_one_that_the_rates_and_the_book_make_and_the_run_replays(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "run", *arguments) == 0
    paid, told = payments(tmp_path / "run"), capsys.readouterr().out
    assert [(each.symbol, each.at_utc, each.amount) for each in paid] == own_account(tmp_path / "run")
    assert {each.symbol for each in paid} == {"BTC/USDT"}
    assert {each.amount > 0 for each in paid} == {True, False}
    end = events(tmp_path / "run")[-1].event
    assert end.funding == sum((each.amount for each in paid), Decimal(0))
    assert end.starting_cash + end.realised + end.unrealised - end.fees - end.funding == end.portfolio.equity
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert {symbol: Decimal(amount) for symbol, amount in summary["funding"].items()} == {"BTC/USDT": end.funding}
    assert summary["identity"]["holds"] is True
    assert summary["data_findings"]["funding_gap"] == 1, "ETH has no rates"
    assert "Funding paid, BTC/USDT" in told
    assert "Funding paid" in (tmp_path / "run" / "report.html").read_text()
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_without_rates_nothing_of_funding_is_in_the_journal_or_the_summary(
    arguments: list[str], tmp_path: Path
) -> None:
    assert run(tmp_path / "plain", *arguments[:3], *arguments[5:]) == 0
    assert not any(
        b'"funding":' in raw for kind in (CycleRecord, VenueWord) for raw in payloads(tmp_path / "plain", kind)
    )
    assert "funding" not in json.loads((tmp_path / "plain" / "summary.json").read_text())


@pytest.mark.slow
def test_another_rate_is_another_data_hash(arguments: list[str], tmp_path: Path) -> None:
    frame = pd.read_parquet(arguments[4])
    frame["funding_rate"] += 1e-6
    frame.to_parquet(tmp_path / "funding.parquet")
    heads = []
    for name, path in (("one", arguments[4]), ("other", str(tmp_path / "funding.parquet"))):
        short = ["--start", "2024-01-02", "--end", "2024-01-04"]
        assert run(tmp_path / name, *arguments[:4], path, *short) == 0
        heads.append(events(tmp_path / name)[-1].event.data_hash)
    assert heads[0] != heads[1]


def test_the_simulated_market_pays_no_funding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "run", "--funding", "x.parquet") == 2
    assert "--funding needs recorded bars" in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_the_real_panel_on_the_real_perpetual(shared: Path, tmp_path: Path) -> None:
    data = shared / "ohlcv/futures_1h/binance_BTCUSDT_perp_1h_trade.parquet"
    panel = shared / "derivatives/funding_binance_panel.parquet"
    window = ["--start", "2020-02-01", "--end", "2020-04-01"]
    assert run(tmp_path / "run", "--data", str(data), "--funding", str(panel), *window) == 0
    paid = payments(tmp_path / "run")
    assert len(paid) > 5
    assert [(each.symbol, each.at_utc, each.amount) for each in paid] == own_account(tmp_path / "run")
    frame = pd.read_parquet(panel)
    frame = frame[frame["symbol"] == "BTCUSDT"]
    rates = dict(zip(frame["timestamp"].dt.round("min"), frame["funding_rate"], strict=True))
    assert [float(each.rate) for each in paid] == [rates[pd.Timestamp(each.at_utc)] for each in paid]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_two_real_years_of_funding_add_up(shared: Path, tmp_path: Path) -> None:
    """Positions of 5 % of equity, held for hours: two years of a rising market still cost a fifth of a percent."""
    data = shared / "ohlcv/futures_1h/binance_BTCUSDT_perp_1h_trade.parquet"
    panel = shared / "derivatives/funding_binance_panel.parquet"
    window = ["--start", "2020-01-01", "--end", "2022-01-01", "--set", "court.approval=auto"]
    assert run(tmp_path / "run", "--data", str(data), "--funding", str(panel), *window) == 0
    paid = payments(tmp_path / "run")
    assert [(each.symbol, each.at_utc, each.amount) for each in paid] == own_account(tmp_path / "run")
    end = events(tmp_path / "run")[-1].event
    assert end.funding == sum((each.amount for each in paid), Decimal(0))
    assert 10 < end.funding < 40
