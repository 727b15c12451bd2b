"""Files of funding rates, and slices with funding that falls due."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from market.bar import FundingRate, Slice


def funding_file(
    folder: Path,
    times: Sequence[datetime],
    rates: Sequence[float],
    symbol: str = "BTCUSDT",
    name: str = "funding.parquet",
) -> Path:
    """Write a file in the format of exchanges."""
    frame = pd.DataFrame({"timestamp": list(times), "symbol": symbol, "funding_rate": list(rates)})
    path = folder / name
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    return path


def with_rates(tape: Slice, *due: tuple[str, datetime, float]) -> Slice:
    """Return the same slice with funding that falls due in it."""
    rates = tuple(FundingRate(symbol=symbol, at_utc=at, rate=rate) for symbol, at, rate in due)
    return tape.model_copy(update={"funding": rates})
