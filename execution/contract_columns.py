"""What a policy sees of a perpetual contract beside the row of every market: side of the book, leverage, funding, liquidation.

Plain arithmetic on floats, as in `execution.observation`, whose row these numbers follow. On spot there are none of them.
"""

import math
from typing import Any

CONTRACT_COLUMNS = ("leverage", "net", "funding_rate", "funding_cost", "liquidation")
"""Names of the further numbers of a row, in their order; `rl.observation.Observation` says what each is."""


def encode_contract(
    row: Any,
    sign: float,
    leverage: float,
    net: float,
    equity: float,
    funding_rate: float,
    payments: float,
    liquidation: float,
    price: float,
    atr: float,
) -> None:
    """Write the further numbers of a row, float64 of shape (len(CONTRACT_COLUMNS),); NaN where something is missing.

    `sign`: 1 for a long, -1 for a short, 0 for neither, which pays no funding. `net`, `equity`, `price` and `atr` in quote units.
    `funding_rate`: the last rate [fraction of the notional, above 0 where longs pay]; `payments`: how often it is paid while a
    position is held [count]. `liquidation`: how far the price is from that at which the position is liquidated, as a fraction of
    the price; a price cannot fall by more than all of it, so 1 where no price liquidates a long. Never raises.
    """
    row[0] = leverage
    row[1] = net / equity if equity > 0.0 else math.nan
    row[2] = sign * funding_rate
    moves = price / atr if atr > 0.0 else math.nan
    row[3] = sign * funding_rate * payments * moves
    row[4] = max(0.0, liquidation) * moves
