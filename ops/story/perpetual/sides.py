"""Long and short apart: their trades, funding and liquidations, and how much was at stake on both together."""

from collections.abc import Iterable
from decimal import Decimal

import numpy as np

from config.frozen import Frozen
from execution.account.lots import Trade
from ops.story.performance import TradeFigures, trade_figures
from ops.story.perpetual.told import Side
from ops.story.story import Story
from risk.order import Purpose


class SideFigures(Frozen):
    """One side of a run: its closed trades, their profit after fees and before funding [quote], the funding that it paid (below
    zero: received) [quote], and how many of its positions were liquidated."""

    trades: TradeFigures
    pnl: Decimal
    fees: Decimal
    funding: Decimal
    liquidated: int


class PerpetualFigures(Frozen):
    """A run on perpetuals. Exposures are fractions of equity; money [quote]."""

    leverage: Decimal
    trigger: str
    """The price that triggers stops."""
    long: SideFigures
    short: SideFigures
    mean_gross: float
    most_gross: float
    mean_net: float
    """Long less short, on average over all bars."""
    most_net_long: float
    most_net_short: float
    nearest_liquidation: float | None
    """The least distance of a mark price from the liquidation price of its position, at bar closes [fraction of the mark]."""
    lost_to_liquidation: Decimal
    """What the trades that ended in a liquidation lost, fees included."""

    def of(self, side: Side) -> SideFigures:
        """The figures of one side."""
        return self.long if side == "long" else self.short


def side_of(trade: Trade) -> Side:
    """The side of a closed trade."""
    return "short" if trade.is_short else "long"


def perpetual_figures(story: Story) -> PerpetualFigures | None:
    """The two sides of a run; None for one on spot."""
    settings = story.session.settings.market.perpetuals
    if settings is None:
        return None
    gross, net = story.columns.deployed_fraction, story.columns.net_fraction
    some = len(gross) > 0
    liquidated = [trip.trade for trip in story.trades if trip.trade.exit_purpose is Purpose.LIQUIDATION]
    near = story.columns.to_liquidation
    known = near[np.isfinite(near)]
    return PerpetualFigures(
        leverage=settings.leverage,
        trigger=settings.trigger,
        long=_side(story, "long"),
        short=_side(story, "short"),
        mean_gross=float(gross.mean()) if some else 0.0,
        most_gross=float(gross.max()) if some else 0.0,
        mean_net=float(net.mean()) if some else 0.0,
        most_net_long=max(0.0, float(net.max())) if some else 0.0,
        most_net_short=max(0.0, -float(net.min())) if some else 0.0,
        nearest_liquidation=float(known.min()) if len(known) else None,
        lost_to_liquidation=-sum((trade.pnl for trade in liquidated), Decimal(0)),
    )


def _side(story: Story, side: Side) -> SideFigures:
    trades = [trip.trade for trip in story.trades if side_of(trip.trade) == side]
    return SideFigures(
        trades=trade_figures(trades),
        pnl=_sum(trade.pnl for trade in trades),
        fees=_sum(trade.fees for trade in trades),
        funding=story.funding_by_side.get(side, Decimal(0)),
        liquidated=sum(trade.exit_purpose is Purpose.LIQUIDATION for trade in trades),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
