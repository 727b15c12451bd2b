"""Funding rates from files: what is read, what is refused, and in which bar a rate falls due."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from funded import funding_file

from config.errors import DataFault, UsageFault
from config.reading.load import load_profile
from execution.kernel.grid import grid_of_tape
from market.files.funding_rates import MOST, read_funding_files
from market.finer import with_funding
from market.tape import Tape, recorded_tape

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
EIGHTS = [FIRST + 8 * number * HOUR for number in range(40)]
BTC = ["BTC/USDT"]


def rates(n: int) -> list[float]:
    return [round(1e-4 * (number % 5 - 1), 6) for number in range(n)]


@pytest.mark.parametrize("name", ["funding.parquet", "funding.csv"])
def test_rates_are_read_to_the_minute_in_order_and_by_symbol(tmp_path: Path, name: str) -> None:
    late = [at + timedelta(milliseconds=7) for at in EIGHTS]
    path = funding_file(tmp_path, late[::-1], rates(40)[::-1], name=name)
    found = read_funding_files([path], ["ETH/USDT", "BTC/USDT"])
    assert list(found) == BTC
    assert found["BTC/USDT"].at_ms.tolist() == [int(at.timestamp() * 1000) for at in EIGHTS]
    assert found["BTC/USDT"].rate.tolist() == rates(40)


def test_milliseconds_and_offsets_are_told_and_a_file_may_name_its_market_in_its_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"fundingTime": [int(at.timestamp() * 1000) for at in EIGHTS], "fundingRate": rates(40)})
    frame.to_csv(tmp_path / "binance_ETHUSDT_funding.csv", index=False)
    offset = pd.DataFrame({"time": [at.isoformat().replace("+00:00", "+0000") for at in EIGHTS], "rate": rates(40)})
    offset.to_csv(tmp_path / "BTC-USDT.csv", index=False)
    paths = [tmp_path / "binance_ETHUSDT_funding.csv", tmp_path / "BTC-USDT.csv"]
    found = read_funding_files(paths, ["ETH/USDT", "BTC/USDT"])
    assert found["ETH/USDT"].at_ms.tolist() == found["BTC/USDT"].at_ms.tolist()
    assert found["ETH/USDT"].at_ms[1] == int(EIGHTS[1].timestamp() * 1000)


def test_files_that_agree_are_joined_and_files_that_do_not_are_refused(tmp_path: Path) -> None:
    early = funding_file(tmp_path, EIGHTS[:30], rates(40)[:30], name="early.parquet")
    late = funding_file(tmp_path, EIGHTS[20:], rates(40)[20:], name="late.parquet")
    assert len(read_funding_files([early, late], BTC)["BTC/USDT"].at_ms) == 40
    other = funding_file(tmp_path, EIGHTS[20:], [rate + 1e-6 for rate in rates(40)[20:]], name="other.parquet")
    with pytest.raises(DataFault, match=r"two funding rates of BTC/USDT for 2024-01-07 16:00 UTC, and 10 such"):
        read_funding_files([early, other], BTC)


def test_rates_that_are_written_with_a_sign_of_per_cent_are_read_as_such(tmp_path: Path) -> None:
    frame = pd.DataFrame({"time": [at.isoformat() for at in EIGHTS], "Funding Rate": ["0.0100%"] * 39 + ["-0.0125%"]})
    frame.to_csv(tmp_path / "BTCUSDT.csv", index=False)
    rate = read_funding_files([tmp_path / "BTCUSDT.csv"], BTC)["BTC/USDT"].rate
    assert rate[[0, -1]].tolist() == [0.0001, -0.000125]
    frame.loc[3, "Funding Rate"] = "0.0001"
    frame.to_csv(tmp_path / "BTCUSDT.csv", index=False)
    with pytest.raises(DataFault, match=r"39 of the 40 rates of BTCUSDT\.csv are no numbers, the first in row 1"):
        read_funding_files([tmp_path / "BTCUSDT.csv"], BTC)


def test_rates_in_basis_points_are_refused_with_the_name_that_a_column_of_them_has(tmp_path: Path) -> None:
    path = funding_file(tmp_path, EIGHTS, [1.0 + number % 3 for number in range(40)])
    with pytest.raises(
        DataFault, match=r"name the column funding_rate_percent or funding_rate_bps if it is in that unit"
    ):
        read_funding_files([path], BTC)


@pytest.mark.parametrize(
    ("times", "usual"),
    [
        (EIGHTS, 0.01),
        (EIGHTS, -0.004),
        ([FIRST + number * HOUR for number in range(40)], 0.00125),
        ([FIRST + 24 * number * HOUR for number in range(40)], 0.03),
        (EIGHTS[:1], 0.01),
    ],
    ids=["eight hours", "paid to longs", "one hour", "a day", "one row"],
)
def test_rates_whose_middle_can_only_be_a_percentage_are_refused_unless_their_column_says_the_unit(
    tmp_path: Path, times: list[datetime], usual: float
) -> None:
    values = [usual * (1 + 0.3 * (number % 3 - 1)) for number in range(len(times))]
    with pytest.raises(DataFault, match=r"probably in percent.*name the column funding_rate_percent"):
        read_funding_files([funding_file(tmp_path, times, values)], BTC)
    for unit, parts in (("percent", 100), ("pct", 100), ("fraction", 1), ("bps", 10_000)):
        told = pd.DataFrame(
            {"time": [at.isoformat() for at in times], f"funding_rate_{unit}": np.multiply(values, parts)}
        )
        told.to_csv(tmp_path / "BTCUSDT.csv", index=False)
        found = read_funding_files([tmp_path / "BTCUSDT.csv"], BTC)
        assert found["BTC/USDT"].rate.tolist() == pytest.approx(values)


def test_neither_zeros_nor_a_part_in_another_unit_hide_percentages(tmp_path: Path) -> None:
    times = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=8 * number) for number in range(360)]
    mostly_zero = [0.01 if number % 3 == 0 else 0.0 for number in range(90)]
    with pytest.raises(DataFault, match=r"middle rate of BTC/USDT in .* is 0.01; .*probably in percent"):
        read_funding_files([funding_file(tmp_path, times[:90], mostly_zero)], BTC)
    changes = [0.0001] * 240 + [0.01] * 120
    with pytest.raises(DataFault, match=r"is 0.01 in the month up to 2024-0.*probably in percent"):
        read_funding_files([funding_file(tmp_path, times, changes)], BTC)
    quiet = [0.0001 if number % 3 == 0 else 0.0 for number in range(360)]
    assert read_funding_files([funding_file(tmp_path, times, quiet)], BTC)["BTC/USDT"].rate.tolist() == quiet


@pytest.mark.parametrize("column", ["funding_rate (%)", "Funding Rate %", "funding_rate [%]"])
def test_a_sign_of_percent_in_the_name_of_the_column_is_its_unit(tmp_path: Path, column: str) -> None:
    told = pd.DataFrame({"time": [at.isoformat() for at in EIGHTS], column: np.multiply(rates(40), 100)})
    told.to_csv(tmp_path / "BTCUSDT.csv", index=False)
    found = read_funding_files([tmp_path / "BTCUSDT.csv"], BTC)
    assert found["BTC/USDT"].rate.tolist() == pytest.approx(rates(40))


def test_the_unit_is_judged_for_each_market_of_a_file(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "time": [at.isoformat() for at in EIGHTS * 2],
            "symbol": ["BTCUSDT"] * 40 + ["ETHUSDT"] * 40,
            "funding_rate": [*rates(40), *(100 * rate for rate in rates(40))],
        }
    )
    frame.to_csv(tmp_path / "panel.csv", index=False)
    with pytest.raises(DataFault, match="The middle rate of ETH/USDT"):
        read_funding_files([tmp_path / "panel.csv"], BTC)


@pytest.mark.parametrize("rate", [np.nan, np.inf, MOST * 1.01, -MOST * 1.01])
def test_a_rate_that_cannot_be_refuses_the_file(tmp_path: Path, rate: float) -> None:
    path = funding_file(tmp_path, EIGHTS, [*rates(39), rate])
    with pytest.raises(DataFault, match=r"1 of the 40 rates of funding.parquet .* first in row 40 .* it was refused"):
        read_funding_files([path], BTC)
    edge = funding_file(tmp_path, EIGHTS, [*rates(39), np.sign(rate if rate == rate else 1) * MOST])
    assert len(read_funding_files([edge], BTC)["BTC/USDT"].rate) == 40


@pytest.mark.parametrize(
    "times", [[at.replace(tzinfo=None) for at in EIGHTS], [f"{at:%Y-%m-%d %H:%M}" for at in EIGHTS]]
)
def test_times_without_a_zone_are_refused_in_words(tmp_path: Path, times: list[object]) -> None:
    path = tmp_path / "funding.parquet"
    pd.DataFrame({"time_as_published": times, "symbol": "BTC-USDT", "funding_rate": rates(40)}).to_parquet(path)
    with pytest.raises(DataFault, match=r"column time_as_published\) have no time zone"):
        read_funding_files([path], BTC)


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    path = funding_file(tmp_path, EIGHTS, rates(40))
    with pytest.raises(DataFault, match="holds funding of BTC/USDT and none of SOL/USDT: nothing was started"):
        read_funding_files([path], ["SOL/USDT"])
    pd.DataFrame({"timestamp": EIGHTS, "close": 1.0}).to_parquet(tmp_path / "BTCUSDT.parquet")
    with pytest.raises(DataFault, match=r"no rows with a time and a rate \(columns: timestamp, close\)"):
        read_funding_files([tmp_path / "BTCUSDT.parquet"], BTC)
    with pytest.raises(DataFault, match="There is no file"):
        read_funding_files([tmp_path / "nowhere.parquet"], BTC)
    pd.DataFrame({"timestamp": ["yesterday+00:00"], "funding_rate": 0.0}).to_parquet(tmp_path / "BTCUSDT.parquet")
    with pytest.raises(DataFault, match=r"1 of the 1 rows of BTCUSDT\.parquet have no time that can be read"):
        read_funding_files([tmp_path / "BTCUSDT.parquet"], BTC)


def hourly(folder: Path, hours: int = 300) -> Tape:
    close = 100 + np.sin(np.arange(hours))
    times = [FIRST + number * HOUR for number in range(hours)]
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0}
    path = folder / "binance_BTCUSDT_1h.parquet"
    pd.DataFrame({"timestamp": times, **columns}).to_parquet(path)
    settings = load_profile("backtest", {"market.warmup_bars": 200})
    return recorded_tape(settings, [path], None, FIRST + 280 * HOUR, None)


def test_a_rate_falls_due_in_the_bar_that_opens_at_its_moment(tmp_path: Path) -> None:
    tape = with_funding(hourly(tmp_path), [funding_file(tmp_path, EIGHTS, rates(40))])
    due = {
        shown.bars["BTC/USDT"].open_utc: [(rate.at_utc, rate.rate) for rate in shown.funding]
        for shown in tape.slices()
        if shown.funding
    }
    assert due == {at: [(at, rates(40)[number])] for number, at in enumerate(EIGHTS) if 35 <= number < 38}
    assert tape.findings == ()
    assert tape.source_label == "binance_BTCUSDT_1h.parquet, funding of funding.parquet"
    assert not any(shown.funding for shown in tape.warmup_slices())
    assert not any(b"funding" in shown.canonical() for shown in tape.slices() if not shown.funding)


def test_what_is_missing_is_told_and_charged_to_nobody(tmp_path: Path) -> None:
    holes = [at for number, at in enumerate(EIGHTS) if number != 36]
    tape = with_funding(hourly(tmp_path), [funding_file(tmp_path, holes, rates(39))])
    (finding,) = tape.findings
    assert (finding.kind, finding.at_utc) == ("funding_gap", EIGHTS[35])
    assert "1 funding moments, 8 h apart, have no rate" in finding.detail
    with pytest.raises(DataFault, match="holds no funding rate from 2024-01-12 16:00 to 2024-01-13 12:00 UTC"):
        with_funding(hourly(tmp_path), [funding_file(tmp_path, EIGHTS[:20], rates(20))])


def test_the_fast_engine_refuses_a_tape_with_funding(tmp_path: Path) -> None:
    tape = with_funding(hourly(tmp_path), [funding_file(tmp_path, EIGHTS, rates(40))])
    with pytest.raises(UsageFault, match="pays no funding"):
        grid_of_tape(tape)


def test_the_real_panel_is_read_and_the_panel_without_zones_is_not(shared: Path) -> None:
    found = read_funding_files([shared / "derivatives/funding_binance_panel.parquet"], ["BTC/USDT", "ENA/USDT"])
    assert {symbol: len(rates.at_ms) for symbol, rates in found.items()} == {"BTC/USDT": 5_819, "ENA/USDT": 1_758}
    assert set(np.diff(found["BTC/USDT"].at_ms)) == {8 * 3_600_000}
    assert float(found["ENA/USDT"].rate.min()) < -0.003
    with pytest.raises(DataFault, match="have no time zone"):
        read_funding_files([shared / "derivatives/funding_BTC_multi_exchange.parquet"], BTC)
