"""The two sides of a run on perpetuals, apart: their trades, funding and liquidations, and what was at stake on both."""

from rich.console import Group

from ops.story.perpetual.sides import PerpetualFigures
from ops.tables.grid import Grid
from ops.tables.plain import count, money, percent, ratio, signed_money


def sides_part(figures: PerpetualFigures, quote: str) -> Group:
    """The table of both sides for a console, and a sentence about margin and liquidation."""
    return Group(sides_grid(figures, quote).table(), stake_sentence(figures, quote))


def sides_grid(figures: PerpetualFigures, quote: str) -> Grid:
    """Long and short, one row each. Funding is what was paid: below zero it was received."""
    rows = []
    for name, side in (("long", figures.long), ("short", figures.short)):
        trades = side.trades
        rows.append(
            (
                name, f"{trades.closed:,}", f"{trades.won:,}", percent(trades.win_rate), signed_money(side.pnl),
                ratio(trades.profit_factor), money(side.fees), money(side.funding), f"{side.liquidated:,}",
            )
        )  # fmt: skip
    columns = (
        "Side", "Trades", "Won", "Win rate", f"Net {quote}", "Profit factor", "Fees", "Funding paid", "Liquidated",
    )  # fmt: skip
    return Grid("Long and short apart", columns, tuple(rows), yields=("Profit factor", "Fees", "Won"))


def stake_sentence(figures: PerpetualFigures, quote: str) -> str:
    """What was at stake on both sides together, and how near the nearest liquidation came."""
    number = figures.long.liquidated + figures.short.liquidated
    near = figures.nearest_liquidation
    came = "" if near is None else f" At a close, no position was nearer than {percent(near)} to its liquidation price."
    lost = (
        f" {count(number, 'position was', 'positions were')} liquidated, and lost {money(figures.lost_to_liquidation)} {quote} "
        "in all."
        if number
        else " Nothing was liquidated."
    )
    return (
        f"Leverage {ratio(figures.leverage)}, isolated; stops on the {figures.trigger} price. Gross exposure "
        f"{percent(figures.mean_gross)} of equity on average and {percent(figures.most_gross)} at most; net "
        f"{percent(figures.mean_net)} on average, {percent(figures.most_net_long)} long and {percent(figures.most_net_short)} "
        f"short at most.{came}{lost}"
    )
