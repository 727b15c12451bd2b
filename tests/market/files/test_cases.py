"""Files as publishers write them, and files that went wrong: read to the same bars, or refused in a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.errors import DataFault
from market.candles import RawCandles
from market.files.bars import read_bars
from market.files.reading import Reading
from market.timeframe import Timeframe

FIRST = (42_283.58, 42_554.57, 42_261.02, 42_475.23, 1_271.68108)


@pytest.fixture(scope="session")
def cases(shared: Path) -> Path:
    folder = shared.parent / "cases"
    if not folder.is_dir():
        pytest.skip("needs the folder of inputs that went wrong (../shared/cases), which is not here")
    return folder


def read(path: Path, **said: Any) -> RawCandles:
    (candles,) = read_bars([path], None, None, Reading(**said)).candles.values()
    return candles


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("BTCUSDT-1h-2024-01.csv", {}),
        ("BTCUSDT-1h-2024-01.zip", {}),
        ("XBTUSD_60.csv", {}),
        ("BTC_USDT-1h.json", {}),
        ("BTCUSD_H1_mt5.csv", {}),
        ("BTCUSDT_semi.csv", {}),
        ("BTCUSDT_de.csv", {}),
        ("BTCUSDT_date_time.csv", {}),
        ("BTCUSDT_dmy.csv", {"dates": "dmy"}),
        ("BTCUSDT_quotevol.csv", {"volume": "quote"}),
    ],
)
def test_every_form_of_one_tape_gives_the_same_bars(
    cases: Path, tmp_path: Path, name: str, said: dict[str, Any]
) -> None:
    path = tmp_path / name.replace("XBT", "BTC")
    path.write_bytes((cases / "vendor" / name).read_bytes())
    candles = read(path, **said)
    plain = read(cases / "vendor" / "BTCUSDT_semi.csv")
    assert (len(candles), candles.timeframe) == (960, Timeframe.H1)
    assert candles.close_ms.tolist() == plain.close_ms.tolist()
    for mine, theirs in zip(candles.columns[:4], plain.columns[:4], strict=True):
        assert mine.tolist() == theirs.tolist()
    np.testing.assert_allclose(candles.volume, plain.volume, rtol=0.02)
    assert [float(column[0]) for column in candles.columns[:4]] == list(FIRST[:4])


def test_days_of_yfinance_are_read(cases: Path) -> None:
    candles = read(cases / "vendor" / "BTC-USD_yf.csv")
    assert (candles.symbol, candles.timeframe, len(candles)) == ("BTC/USD", Timeframe.D1, 883)
    assert [float(column[0]) for column in candles.columns] == [46_216.93, 47_954.63, 46_208.37, 47_722.65, 19_604.0]


def test_days_first_and_months_first_are_asked_about_with_row_column_and_option(cases: Path) -> None:
    with pytest.raises(DataFault) as fault:
        read(cases / "vendor" / "BTCUSDT_dmy.csv")
    for words in ("row 1, column date", "'01/01/2024 00:00'", "--dates dmy or --dates mdy"):
        assert words in str(fault.value)


def test_days_of_another_hour_are_told_as_that(cases: Path) -> None:
    with pytest.raises(DataFault) as fault:
        read(cases / "days_begin_at_1600_BTCUSDT_1d.csv")
    assert "700 of 700 1d bars of BTC/USDT" in str(fault.value)
    assert "the first opens at 2022-01-01 16:00:00 UTC, and bars that open at 00:00 UTC were expected" in str(
        fault.value
    )


@pytest.mark.parametrize("name", ["volume_quote_first_BTCUSD_1h.csv", "volume_base_first_BTCUSD_1h.csv"])
def test_the_volume_named_after_the_base_is_taken_in_either_order(cases: Path, name: str) -> None:
    assert float(read(cases / name).volume[0]) == 2.269543188082884
