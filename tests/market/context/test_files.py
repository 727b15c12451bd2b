"""Files of figures: what their columns hold, in which unit, of which market, and from when each value was known."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from config.clock import to_ms
from config.errors import DataFault
from market.context.files.files import read_fact_files
from market.context.files.once import joined
from market.context.files.slices import facts_by_close
from market.context.files.told import FactColumns
from market.files.reading import Reading

BTC, ETH = "BTC/USDT", "ETH/USDT"
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
DAY_MS, HOUR_MS = 86_400_000, 3_600_000


def ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))


def csv_of(tmp_path: Path, text: str, name: str = "figures.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def read(
    path: Path, *symbols: str, reading: Reading | None = None
) -> dict[tuple[str, str | None], list[tuple[int, int, float]]]:
    """Each figure of a file: moment, known from, value."""
    found: dict[tuple[str, str | None], list[tuple[int, int, float]]] = {}
    for file in read_fact_files([path], symbols or (BTC, ETH), reading or Reading()):
        for part in file.columns:
            rows = zip(part.at_ms.tolist(), part.known_ms.tolist(), part.value.tolist(), strict=True)
            found.setdefault((part.name, part.symbol), []).extend(rows)
    return found


def test_a_daily_series_of_fred_is_known_at_the_end_of_the_next_working_day(tmp_path: Path) -> None:
    text = "observation_date,DGS10,VIXCLS\n2024-03-07,4.09,14.44\n2024-03-08,4.09,.\n"
    found = read(csv_of(tmp_path, text))
    assert found["us10y", None] == [
        (ms("2024-03-08"), ms("2024-03-09"), 4.09),
        (ms("2024-03-09"), ms("2024-03-12"), 4.09),  # a Friday: Monday is the next weekday
    ]
    assert found["vix", None] == [(ms("2024-03-08"), ms("2024-03-09"), 14.44)]


def test_a_holiday_of_the_united_states_delays_what_fred_publishes(tmp_path: Path) -> None:
    found = read(csv_of(tmp_path, "observation_date,DGS10\n2023-11-22,4.42\n2023-12-22,3.90\n"))
    assert [known for _, known, _ in found["us10y", None]] == [ms("2023-11-25"), ms("2023-12-27")]


def test_a_monthly_series_is_known_after_its_month(tmp_path: Path) -> None:
    found = read(csv_of(tmp_path, "date,FEDFUNDS\n2024-02-01,5.33\n2024-03-01,5.33\n"))
    assert found["fed_funds", None][0] == (ms("2024-03-01"), ms("2024-03-06"), 5.33)  # Fri, Mon, Tue


LONG = """series_id,date,value,realtime_start
DGS10,2024-03-07,4.09,2024-03-08
DGS10,2024-03-07,4.11,2024-03-20
CPIAUCSL,2024-02-01,311.1,2024-03-12
"""


def test_vintages_count_from_the_end_of_their_own_day_and_series_without_a_figure_are_passed_by(tmp_path: Path) -> None:
    found = read(csv_of(tmp_path, LONG))
    assert found == {
        ("us10y", None): [
            (ms("2024-03-08"), ms("2024-03-09"), 4.09),
            (ms("2024-03-08"), ms("2024-03-21"), 4.11),
        ]
    }


def test_the_vintages_of_alfred_may_be_columns(tmp_path: Path) -> None:
    text = "observation_date,DGS10_20240308,DGS10_20240320\n2024-03-07,4.09,4.11\n2024-03-08,.,4.09\n"
    found = read(csv_of(tmp_path, text))
    known = {row[1:] for rows in found.values() for row in rows}
    assert (ms("2024-03-09"), 4.09) in known
    assert (ms("2024-03-21"), 4.11) in known


def test_one_vintage_of_all_rows_is_the_day_of_the_download_and_the_usual_delay_counts(tmp_path: Path) -> None:
    text = "series_id,date,value,vintage_date\nDGS10,2024-03-06,4.11,2026-04-08\nDGS10,2024-03-07,4.09,2026-04-08\n"
    assert read(csv_of(tmp_path, text))["us10y", None][0][1] == ms("2024-03-08")


def test_first_sights_win_over_every_usual_delay(tmp_path: Path) -> None:
    text = "name,symbol,at_utc,first_seen,value\nvix,,2024-03-07T00:00Z,2024-03-09T11:30Z,14.4\n"
    text += "book_spread_bps,BTC/USDT,2024-03-07T00:00Z,2024-03-07T00:01Z,1.5\n"
    found = read(csv_of(tmp_path, text))
    assert found["vix", None] == [(ms("2024-03-07"), ms("2024-03-09T11:30"), 14.4)]
    assert found["book_spread_bps", BTC] == [(ms("2024-03-07"), ms("2024-03-07T00:01"), 1.5)]


def test_what_sums_up_an_hour_is_known_when_the_hour_is_over(tmp_path: Path) -> None:
    rows = "\n".join(f"2024-03-07T{hour:02d}:00:00Z,BTCUSDT,10,{hour}" for hour in range(4))
    found = read(csv_of(tmp_path, f"timestamp,symbol,volume,taker_buy_vol\n{rows}\n"))
    begin = ms("2024-03-07")
    assert found["taker_buy_share", BTC] == [
        (begin + (hour + 1) * HOUR_MS, begin + (hour + 1) * HOUR_MS, hour / 10) for hour in range(4)
    ]


def test_a_moment_of_an_exchange_is_known_five_minutes_later_and_a_day_at_its_end(tmp_path: Path) -> None:
    text = "create_time,symbol,sum_open_interest,sum_open_interest_value,count_long_short_ratio\n"
    text += "1709769600000,BTCUSDT,5,300000,1.8\n1709773200000,BTCUSDT,6,310000,1.7\n"
    found = read(csv_of(tmp_path, text))
    begin = 1709769600000
    assert found["open_interest", BTC][0] == (begin, begin + 300_000, 300_000.0)
    assert found["long_short_ratio", BTC][1][2] == 1.7
    daily = read(csv_of(tmp_path, "date,btc_oi_value_usd,eth_oi_value_usd\n2024-03-07,9,5\n2024-03-08,8,4\n", "oi.csv"))
    assert daily["open_interest", BTC][0] == (ms("2024-03-08"), ms("2024-03-08"), 9.0)
    assert daily["open_interest", ETH][1][2] == 4.0


def test_accounts_and_volumes_in_pairs_make_their_ratio(tmp_path: Path) -> None:
    text = (
        "timestamp,longAccount,shortAccount,buyVol,sellVol\n1709769600000,0.6,0.4,30,10\n1709773200000,0.5,0.5,10,10\n"
    )
    found = read(csv_of(tmp_path, text, "BTCUSDT_ratios.csv"))
    assert [row[2] for row in found["long_short_ratio", BTC]] == pytest.approx([1.5, 1.0])
    assert [row[2] for row in found["taker_buy_share", BTC]] == pytest.approx([0.75, 0.5])


def test_an_index_is_known_by_the_name_of_its_file_and_read_at_its_close(tmp_path: Path) -> None:
    candles = "DATE,OPEN,HIGH,LOW,CLOSE\n2024-03-07,14.5,15.0,14.0,14.44\n2024-03-08,14.4,16,14,14.74\n"
    assert read(csv_of(tmp_path, candles, "cboe_vix_daily.csv"))["vix", None][0] == (
        ms("2024-03-08"), ms("2024-03-08"), 14.44,
    )  # fmt: skip
    hours = "timestamp,open,high,low,close\n1709769600000,60,61,59,60.5\n1709773200000,60.5,62,60,61\n"
    assert read(csv_of(tmp_path, hours, "deribit_dvol.csv"))["dvol", None][0] == (
        1709769600000 + HOUR_MS, 1709769600000 + HOUR_MS, 60.5,
    )  # fmt: skip


def test_a_row_of_tickers_under_the_header_is_left_out(tmp_path: Path) -> None:
    text = "date,dxy,High\n,DX-Y.NYB,DX-Y.NYB\n" + "".join(f"2024-03-{day:02d},103.{day},104\n" for day in range(1, 29))
    assert len(read(csv_of(tmp_path, text))["dxy", None]) == 28


def test_flows_are_those_in_less_those_out_and_known_a_day_after_their_day(tmp_path: Path) -> None:
    text = "time,FlowInExUSD,FlowOutExUSD,CapMrktCurUSD\n2024-03-07,900,700,1e12\n2024-03-08,100,,1e12\n"
    found = read(csv_of(tmp_path, text, "coinmetrics_btc.csv"))
    assert found["exchange_net_flow_24h", BTC] == [(ms("2024-03-08"), ms("2024-03-09"), 200.0)]
    assert len(found["asset_market_cap", BTC]) == 2


@pytest.mark.parametrize(
    ("column", "values", "first"),
    [
        ("btc_dominance", "51.5 52", 0.515), ("btc_dominance", "0.515 0.52", 0.515), ("btc_dominance_percent", "0.9 51", 0.009),
        ("vix", "14 20", 14.0), ("vix", "0.14 0.2", 14.0), ("us10y", "4.1 4.2", 4.1), ("us10y_fraction", "0.041 0.042", 4.1),
        ("fed_funds_bps", "533 525", 5.33), ("total_market_cap", "2e12 2e12", 2e12),
    ],
)  # fmt: skip
def test_a_unit_is_told_by_the_name_or_proved_by_the_values(
    tmp_path: Path, column: str, values: str, first: float
) -> None:
    one, two = values.split()
    found = read(csv_of(tmp_path, f"date,{column}\n2024-03-07,{one}\n2024-03-08,{two}\n"))
    assert next(iter(found.values()))[0][2] == pytest.approx(first)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,us10y\n2020-03-07,0.05\n2020-03-08,0.06\n", "its values may be percent or fractions"),
        ("date,total_market_cap\n2020-03-07,2.1\n2020-03-08,2.2\n", "money, or millions of it"),
        ("date,open_interest\n2024-03-07,2e10\n2024-03-08,2e10\n", "open_interest may be coins, contracts or money"),
        ("date,price\n2024-03-07,1\n2024-03-08,1\n", "holds no figure of the market context"),
        ("name,value\nvix,14\n", "holds no figure of the market context"),
        ("time,vix\n2024-03-07 08:00,14\n2024-03-07 09:00,15\n", "have no time zone"),
        ("time,vix\ntoday,14\nnow,15\n", "have no time that can be read"),
        ("date,vix\n03/04/2024,14\n05/04/2024,15\n", "day and month can be taken for"),
        ("date,vix\n2024-03-07,14\n2024-03-08,9999\n", "no possible vix"),
        ("date,vix\n2024-03-07,14\n2024-03-07,15\n2024-03-08,15\n", "two values of vix"),
        ("timestamp,symbol,funding_rate\n1709769600000,BTCUSDT,0.02\n1709798400000,BTCUSDT,0.02\n", "probably in percent"),
        ("timestamp,symbol,funding_rate\n1709769600000,DOGEUSDT,0.0001\n1709798400000,DOGEUSDT,0.0001\n", "no figures of"),
        ("timestamp,long_short_ratio\n1709769600000,1.5\n1709773200000,1.5\n", "of which market it is"),
    ],
)  # fmt: skip
def test_what_nobody_can_know_is_refused_with_the_reason(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataFault, match=words):
        read(csv_of(tmp_path, text))


def test_numbers_with_a_decimal_comma_are_read_and_words_are_refused(tmp_path: Path) -> None:
    text = "date;vix\n2024-03-07;14,44\n2024-03-08;15,1\n"
    assert [row[2] for row in read(csv_of(tmp_path, text))["vix", None]] == [14.44, 15.1]
    with pytest.raises(DataFault, match="is no number"):
        read(csv_of(tmp_path, "date,vix\n2024-03-07,calm\n2024-03-08,wild\n"))
    with pytest.raises(DataFault, match="--decimal"):
        read(csv_of(tmp_path, 'date;total_market_cap\n2024-03-07;"2,100"\n2024-03-08;"2,200"\n'))


def test_a_zone_of_the_user_makes_local_times_readable(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "time,dvol\n2024-03-07 08:00,60\n2024-03-07 09:00,61\n", "dvol.csv")
    found = read(path, reading=Reading(tz="+03:00"))
    assert found["dvol", None][0][0] == ms("2024-03-07T06:00")


def test_a_column_with_an_open_unit_is_left_out_and_the_line_says_so(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "date,open_interest,BTC_dominance\n2024-03-07,2e10,51.5\n2024-03-08,2e10,52\n", "btc.csv")
    (file,) = read_fact_files([path], (BTC,))
    assert "2 btc_dominance; 2024-03-08 to 2024-03-09; known at the end of its day, UTC" in file.line()
    assert "column open_interest left out" in file.line()


def test_rows_of_other_markets_are_counted_and_left_out(tmp_path: Path) -> None:
    text = "timestamp,symbol,funding_rate\n" + "".join(
        f"{1709769600000 + 8 * HOUR_MS * n},{name},0.0001\n" for n in range(3) for name in ("BTCUSDT", "DOGEUSDT")
    )
    (file,) = read_fact_files([csv_of(tmp_path, text)], (BTC,))
    assert "3 funding_rate of BTC/USDT" in file.line()
    assert "3 rows of other markets left out" in file.line()


def test_order_books_become_spread_imbalance_and_depth_where_they_are_deep_enough(tmp_path: Path) -> None:
    def level(side: str, price: float, quantity: float) -> str:
        return f"BTCUSDT,1709769600000,{side},snap,{price},{quantity}"

    near = [level("b", 100, 3), level("b", 99.5, 1), level("a", 100.1, 1), level("a", 100.5, 1)]
    head = "symbol,timestamp,side,update_type,price,qty\n"
    shallow = read(csv_of(tmp_path, head + "\n".join(near) + "\n"))
    assert set(shallow) == {("book_spread_bps", BTC), ("book_imbalance", BTC)}
    deep = read(csv_of(tmp_path, head + "\n".join([*near, level("b", 98, 50), level("a", 102, 50)]) + "\n", "deep.csv"))
    assert deep["book_depth_1pct", BTC][0][2] == pytest.approx(300 + 99.5 + 100.1 + 100.5)
    assert deep["book_imbalance", BTC][0][2] == pytest.approx((54 - 52) / 106)


def column(name: str, rows: list[tuple[int, int, float]], symbol: str | None = None) -> FactColumns:
    at, known, value = (np.array(part) for part in zip(*rows, strict=True))
    return FactColumns(name, symbol, at.astype(np.int64), known.astype(np.int64), value.astype(float), None)  # type: ignore[arg-type]


def by_close(*columns: FactColumns, hours: int = 5) -> dict[int, list[tuple[str, float]]]:
    start = 1000 * DAY_MS
    found = facts_by_close(columns, start, start + hours * HOUR_MS, HOUR_MS)
    return {(close - start) // HOUR_MS: [(fact.name, fact.value) for fact in facts] for close, facts in found.items()}


def test_a_fact_is_in_the_first_slice_that_closes_when_it_is_known() -> None:
    start = 1000 * DAY_MS
    rows = [
        (start - DAY_MS, start + HOUR_MS, 1.0),
        (start, start + HOUR_MS + 1, 2.0),
        (start + 9, start + 9 * HOUR_MS, 3.0),
    ]
    assert by_close(column("vix", rows)) == {1: [("vix", 1.0)], 2: [("vix", 2.0)]}


def test_the_first_slice_holds_what_was_known_before_and_is_young_enough() -> None:
    start = 1000 * DAY_MS
    old = [(start - days * DAY_MS, start - days * DAY_MS, float(days)) for days in (20, 5, 3, 1)]
    assert by_close(column("vix", old)) == {1: [("vix", 1.0)]}
    rates = [(start - 8 * HOUR_MS * n, start - 8 * HOUR_MS * n, 0.0001 * n) for n in range(40, 0, -1)]
    kept = by_close(column("funding_rate", rates, BTC))[1]
    assert len(kept) == 20  # seven days, of which older values are read


def test_of_many_values_in_one_bar_the_newest_is_kept_in_its_last_form() -> None:
    start = 1000 * DAY_MS
    rows = [(start + n, start + n, float(n)) for n in range(60)] + [(start + 59, start + 100, 70.0)]
    assert by_close(column("vix", rows)) == {1: [("vix", 70.0)]}


def test_two_files_that_contradict_each_other_are_refused_and_equal_ones_are_one() -> None:
    one = column("vix", [(1, 2, 14.0)])
    assert [part.value.tolist() for part in joined("a, b", [one, column("vix", [(1, 2, 14.0)])])] == [[14.0]]
    with pytest.raises(DataFault, match="a, b holds two values of vix"):
        joined("a, b", [one, column("vix", [(1, 2, 15.0)])])


RECORDED: list[tuple[str, Any]] = [
    ("macro/fred_series.parquet", {"us10y", "vix", "fed_funds"}),
    ("macro/dxy_daily.csv", {"dxy"}),
    ("macro/fedfunds_daily.csv", {"fed_funds"}),
    ("macro/cboe_vix_daily_ohlc_1990_2026.csv", {"vix"}),
    ("derivatives/funding_binance_panel.parquet", {"funding_rate"}),
    ("derivatives/taker_volume_1h_2026-04_05_panel.parquet", {"taker_buy_share"}),
    ("derivatives/daily_open_interest_btc_eth_2025-10_11.csv", {"open_interest"}),
    ("derivatives/funding_BTC_multi_exchange.parquet", "have no time zone"),
    ("onchain/coinmetrics_btc_daily_2009_2024.parquet", {"asset_market_cap", "exchange_net_flow_24h"}),
    ("onchain/btc_daily_exchange_and_valuation_metrics.parquet", {"btc_dominance"}),
    ("orderbook/tardis_binance-futures_book_snapshot_25_BTCUSDT.csv", {"book_spread_bps", "book_imbalance"}),
    ("orderbook/binance_btcusdt-trades.parquet", "holds no figure"),
]


@pytest.mark.parametrize(("name", "wanted"), RECORDED, ids=lambda part: part if isinstance(part, str) else "")
def test_recorded_files_give_their_figures_or_a_reason(name: str, wanted: Any) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} of the shared data is not here")
    if isinstance(wanted, str):
        with pytest.raises(DataFault, match=wanted):
            read(path)
        return
    found = read(path)
    assert {figure for figure, _ in found} == wanted
    assert all(at <= known for rows in found.values() for at, known, _ in rows)


def test_a_parquet_file_of_days_is_read_as_days(tmp_path: Path) -> None:
    days = pd.date_range("2024-03-04", periods=5, tz="UTC")
    pd.DataFrame({"date": days, "vix": [14.0, 15, 16, 17, 18]}).to_parquet(tmp_path / "macro.parquet")
    assert read(tmp_path / "macro.parquet")["vix", None][0][:2] == (ms("2024-03-05"), ms("2024-03-05"))
