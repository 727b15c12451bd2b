"""Writes the tables of a run into a folder, each whole or not at all."""

from pathlib import Path

from config.errors import OutputFault
from ops.exports import decisions, equity, orders, trades
from ops.exports.columns import csv_of
from ops.files import write_output
from ops.story.story import Story

TRADES, ORDERS, EQUITY, DECISIONS = "trades.csv", "orders.csv", "equity.csv", "decisions.jsonl"


def write_exports(folder: Path, story: Story) -> None:
    """Write `trades.csv`, `orders.csv`, `equity.csv` and `decisions.jsonl`. Raises OutputFault."""
    perpetual = story.session.settings.market.perpetuals is not None
    of_trades, of_orders, of_equity = trades.COLUMNS, orders.COLUMNS, equity.COLUMNS
    if perpetual:
        of_trades, of_orders = of_trades + trades.PERPETUAL, of_orders + orders.PERPETUAL
        of_equity += equity.PERPETUAL
    write_output(folder / TRADES, csv_of(of_trades, trades.trade_lines(story)))
    write_output(folder / ORDERS, csv_of(of_orders, orders.order_lines(story)))
    write_output(folder / EQUITY, csv_of(of_equity, equity.equity_lines(story)))
    write_output(folder / DECISIONS, decisions.jsonl_of(decisions.decision_lines(story), perpetual=perpetual))


def export_to(folder: Path, story: Story) -> None:
    """Make the folder if it is missing, and write the tables into it. Raises OutputFault."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise OutputFault(
            f"The folder {folder} cannot be made ({fault.strerror}). Nothing was written. Give another --export."
        ) from fault
    write_exports(folder, story)
