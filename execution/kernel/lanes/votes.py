"""What is said at each bar close, and how the loop hears it: one row for each bar at which anything is said.

Votes of other shapes, and votes that are out of their ranges, are refused.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from execution.kernel import records as w
from execution.kernel.records import Flags, Floats, Records, Small


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """The votes at each bar close, all of shape (n_bars, n_symbols). They count only where the bar is believed.

    `direction`: 1 proposes a purchase, -1 closes the position, 0 does neither. `conviction` in [0, 1]: strength of the netted
    vote. `scale` in [0, 1]: the factor that court and policy apply to the size. `atr` in quote units, NaN where unknown. `cast`,
    if given, has a bit for each voter that votes for a purchase, whatever the others say: its record is kept. Without it, all
    purchases are those of one voter.

    `exposure` in [0, 1] and `exit_price` [quote], if given: the share that position voters want, and their own exit; NaN where
    none speaks. `sharing` and `out`, which belong to `cast`: a bit for each voter that wants a share, and that votes for a sale.
    `horizon`, if given: how long those who vote for a purchase mean to hold [bars]; 0 where one of them states none.

    On perpetuals `short`, if given, has the bits OPENS, of a direction of -1 that proposes a short sale, and COVERS, which
    closes a short; a purchase closes one too. Exposure, exit and horizon then are those of the side that is proposed. `shorts`,
    which belongs to `cast`: a bit for each voter that votes for a short sale.
    """

    direction: Flags
    conviction: Floats
    scale: Floats
    atr: Floats
    cast: NDArray[np.int32] | None = None
    exposure: Floats | None = None
    exit_price: Floats | None = None
    sharing: NDArray[np.int32] | None = None
    out: NDArray[np.int32] | None = None
    horizon: NDArray[np.int32] | None = None
    short: Flags | None = None
    shorts: NDArray[np.int32] | None = None

    @property
    def voters(self) -> int:
        """How many voters have a record."""
        if self.cast is None:
            return 1
        most = int(self.cast.max(initial=0))
        return (most if self.shorts is None else max(most, int(self.shorts.max(initial=0)))).bit_length()


def heard(votes: Votes, shape: tuple[int, ...]) -> tuple[Small, Records]:
    """Which row holds the votes of each bar, shape (n,), and the rows (n_rows, k): records of SAY [quote]; row 0 says nothing.

    `shape` is that of the bars. Raises DataFault for votes of other shapes, and out of their ranges.
    """
    cast = (votes.direction > 0).view(np.int8) if votes.cast is None else votes.cast
    short = np.broadcast_to(np.int8(0), shape) if votes.short is None else votes.short
    shorts = votes.shorts if votes.shorts is not None else _opens(votes, shape)
    none = np.broadcast_to(np.nan, shape)
    exposure = none if votes.exposure is None else votes.exposure
    exit_price = none if votes.exit_price is None else np.where(np.isnan(exposure), np.nan, votes.exit_price)
    sharing = _sharing(votes, cast, shorts)
    out = (votes.direction < 0).view(np.int8) if votes.out is None else votes.out
    given: dict[str, NDArray[Any]] = {
        "cast": cast,
        "exposure": exposure,
        "exit": exit_price,
        "sharing": sharing,
        "out": out,
        "horizon": np.broadcast_to(np.int32(0), shape) if votes.horizon is None else votes.horizon,
        "shorts": shorts,
        "short": short,
        "direction": votes.direction,
        "conviction": votes.conviction,
        "scale": votes.scale,
        "atr": votes.atr,
    }
    if any(column.shape != shape for column in given.values()):
        raise DataFault(
            f"Votes have shapes {[c.shape for c in given.values()]}, and all must have {shape}. Nothing was run."
        )
    direction, conviction = _told(votes.direction), _told(votes.conviction)
    scale, atr = _told(votes.scale), _told(votes.atr)
    within = all(part.min() >= 0.0 and part.max() <= 1.0 for part in (conviction, scale))
    nearest, farthest = np.fmin.reduce(atr, axis=None), np.fmax.reduce(atr, axis=None)
    if not within or direction.min() < -1 or direction.max() > 1 or nearest < 0.0 or np.isinf(farthest):
        raise DataFault(
            "A vote is out of range: directions are -1, 0 or 1, convictions and scales lie in [0, 1], and an ATR is positive, or "
            "NaN where unknown. Nothing was run."
        )
    if votes.exposure is not None and _is_odd(exposure, exit_price, votes.direction):
        raise DataFault(
            "A share or an exit is out of range: shares lie in [0, 1], that of a purchase is above 0, and an exit is a positive "
            "price; NaN stands for none. Nothing was run."
        )
    if votes.horizon is not None and int(votes.horizon.min(initial=0)) < 0:
        raise DataFault("A horizon is below 0 bars; 0 stands for none. Nothing was run.")
    if int(cast.min(initial=0)) < 0 or votes.voters > w.MOST_VOTERS:
        raise DataFault(
            f"The fast engine keeps the records of {w.MOST_VOTERS} voters at most. Nothing was run. Leave some out, or use the "
            "full engine."
        )
    told = (votes.cast, votes.out, votes.short, votes.shorts)
    spoken = np.flatnonzero(_speaks([votes.direction, *(part for part in told if part is not None)]))
    rows, says = np.zeros(len(cast), dtype=np.int32), np.zeros((len(spoken) + 1, shape[1]), dtype=w.SAY)
    rows[spoken] = np.arange(1, len(says), dtype=np.int32)
    for name, column in given.items():  # what goes with no vote is never read
        says[name][1:] = column[spoken] if column.strides[0] else column[:1]
    return rows, says


def _speaks(columns: list[NDArray[Any]]) -> NDArray[np.bool_]:
    """At which bars one of these columns, shape (n_bars, n_symbols), says anything: shape (n_bars,)."""
    said = columns[0] != 0
    for column in columns[1:]:
        said |= column != 0
    return np.asarray(said[:, 0] if said.shape[1] == 1 else said.any(axis=1))


def _opens(votes: Votes, shape: tuple[int, ...]) -> NDArray[Any]:
    """Where a short sale is proposed, as a bit of the only voter; nowhere without `short`."""
    if votes.short is None:
        return np.broadcast_to(np.int32(0), shape)
    return ((votes.direction < 0) & ((votes.short & w.OPENS) > 0)).astype(np.int32)


def _sharing(votes: Votes, cast: NDArray[Any], shorts: NDArray[Any]) -> NDArray[Any]:
    """Which voters want a share; none where no share is given."""
    if votes.sharing is not None:
        return votes.sharing
    if votes.exposure is None:
        return np.broadcast_to(np.int32(0), cast.shape)
    return np.where(np.isnan(votes.exposure), 0, cast | shorts).astype(np.int32)


def _is_odd(exposure: NDArray[Any], exit_price: NDArray[Any], direction: NDArray[Any]) -> bool:
    """Whether a share or an exit is out of its range."""
    odd = (exposure < 0.0) | (exposure > 1.0) | ((exposure == 0.0) & (direction > 0)) | (exit_price <= 0.0)
    return bool((odd | np.isinf(exit_price)).any())


def _told(column: NDArray[Any]) -> NDArray[Any]:
    """The column, or its first row where that is repeated for all bars."""
    return column if column.strides[0] else column[:1]
