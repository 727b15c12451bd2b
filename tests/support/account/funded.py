"""Files of funding rates, and slices in which some fall due."""

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
    """A file as exchanges publish them."""
    frame = pd.DataFrame({"timestamp": list(times), "symbol": symbol, "funding_rate": list(rates)})
    path = folder / name
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    return path


def with_rates(tape: Slice, *due: tuple[str, datetime, float]) -> Slice:
    """The same slice, with funding that falls due in it."""
    rates = tuple(FundingRate(symbol=symbol, at_utc=at, rate=rate) for symbol, at, rate in due)
    return tape.model_copy(update={"funding": rates})
