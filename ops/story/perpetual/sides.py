"""Long and short apart: their trades, funding and liquidations, and how much was at stake on both together."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

import numpy as np

from config.frozen import Frozen
from config.sections.market import PerpetualsSettings
from execution.account.lots import Trade
from execution.exact import EXACT
from ops.story.performance import Floats, TradeFigures, trade_figures
from ops.story.perpetual.told import Side


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


def side_of(trade: Trade) -> Side:
    """The side of a closed trade."""
    return "short" if trade.is_short else "long"


class Stakes(NamedTuple):
    """What was at stake at each bar close, each of shape (n_bars,), float64: gross and net exposure [fraction of equity], and the
    least distance to a liquidation [fraction of the mark], NaN without one."""

    gross: Floats
    net: Floats
    to_liquidation: Floats


def perpetual_figures(
    settings: PerpetualsSettings | None, trades: Sequence[Trade], funding: Mapping[str, Decimal], stakes: Stakes
) -> PerpetualFigures | None:
    """The two sides of a run; None for one on spot. `funding`: what each side paid, net [quote]."""
    if settings is None:
        return None
    gross, net, near = stakes
    some = len(gross) > 0
    known = near[np.isfinite(near)]
    return PerpetualFigures(
        leverage=settings.leverage,
        trigger=settings.trigger,
        long=_side("long", trades, funding),
        short=_side("short", trades, funding),
        mean_gross=float(gross.mean()) if some else 0.0,
        most_gross=float(gross.max()) if some else 0.0,
        mean_net=float(net.mean()) if some else 0.0,
        most_net_long=max(0.0, float(net.max())) if some else 0.0,
        most_net_short=max(0.0, -float(net.min())) if some else 0.0,
        nearest_liquidation=float(known.min()) if len(known) else None,
        lost_to_liquidation=-_sum(trade.pnl for trade in trades if _liquidated(trade)),
    )


def _side(side: Side, trades: Iterable[Trade], funding: Mapping[str, Decimal]) -> SideFigures:
    own = [trade for trade in trades if side_of(trade) == side]
    return SideFigures(
        trades=trade_figures(own),
        pnl=_sum(trade.pnl for trade in own),
        fees=_sum(trade.fees for trade in own),
        funding=funding.get(side, Decimal(0)),
        liquidated=sum(map(_liquidated, own)),
    )


def _liquidated(trade: Trade) -> bool:
    return trade.exit_purpose.value == "liquidation"


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))
