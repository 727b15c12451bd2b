"""The cost of taking liquidity beyond the best price, by the square-root law of market impact.

The average price of a purchase of Q in a bar is half a spread plus Y * sigma * sqrt(Q / V) above the middle, with
sigma and V the bar's volatility and volume (Almgren, Thum, Hauptmann and Li 2005, Direct Estimation of Equity Market
Impact; Toth et al. 2011, Anomalous Price Impact; Bouchaud, Farmer and Lillo 2009). The price of the next unit is the
derivative of Q times that average: its impact is 1.5 times as large. Each level has the price of its far end, so that
no order is cheaper than the law. Quantity that was taken earlier in the same bar counts as part of Q: an order in
pieces pays as much as a whole one.

The law is the same for bars of any length, because volatility grows with the square root of time and volume with
time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from execution.exact import ZERO, exact_decimal

_MARGINAL = 1.5


def impact_cost(quantity: float, *, volume: float, sigma: float, coefficient: float) -> float:
    """Return the average cost of taking `quantity` in a bar, beyond half the spread [fraction of the price].

    `quantity` and `volume` [base], `volume` positive; `sigma`: standard deviation of the bar's return [fraction].
    """
    return coefficient * sigma * math.sqrt(quantity / volume)


@dataclass(frozen=True, slots=True)
class SquareRoot:
    """The levels of one bar: `half` spread [fraction], Y, and the bar's sigma [fraction] and volume [base]."""

    half: Decimal
    coefficient: float
    sigma: float
    volume: float

    def distances(self, taken: Decimal, quantities: Sequence[Decimal]) -> tuple[Decimal, ...]:
        """Return the distance of each level from the middle, nearest first [fraction of the price]; `taken` [base]
        was taken before.
        """
        found, reached = list[Decimal](), taken
        for quantity in quantities:
            reached += quantity
            away = impact_cost(
                float(reached), volume=self.volume, sigma=self.sigma, coefficient=_MARGINAL * self.coefficient
            )
            found.append(self.half + max(ZERO, exact_decimal(away)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class EvenSteps:
    """Levels at even steps, whatever their quantities are."""

    steps: tuple[Decimal, ...]

    def distances(self, taken: Decimal, quantities: Sequence[Decimal]) -> tuple[Decimal, ...]:
        """Return the distance of each level from the middle, nearest first [fraction of the price]."""
        return self.steps
