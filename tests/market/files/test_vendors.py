"""The same bars in the forms of many publishers: each is read to the same bars, or refused with the option that decides."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from config.errors import DataFault
from market.candles import RawCandles
from market.files.bars import read_bars
from market.files.reading import Reading

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data.md"
COUNT = 400
START_MS = 1_704_067_200_000  # 2024-01-01 00:00 UTC


class Row(NamedTuple):
    """One bar, in numbers and as text with a decimal point."""

    ms: int
    at: pd.Timestamp
    open: str
    high: str
    low: str
    close: str
    volume: str

    @property
    def money(self) -> str:
        return f"{float(self.volume) * float(self.close):.4f}"

    @property
    def prices(self) -> str:
        return f"{self.open},{self.high},{self.low},{self.close}"


def bars(step_h: int = 1) -> list[Row]:
    random = np.random.default_rng(5)
    close = 42_000 * np.exp(np.cumsum(random.normal(0, 0.004, COUNT)))
    open_ = np.concatenate(([42_000.0], close[:-1]))
    high = np.maximum(open_, close) * (1 + random.uniform(0, 0.003, COUNT))
    low = np.minimum(open_, close) * (1 - random.uniform(0, 0.003, COUNT))
    volume = random.uniform(100, 3_000, COUNT)
    ms = START_MS + step_h * 3_600_000 * np.arange(COUNT)
    columns = zip(ms.tolist(), open_, high, low, close, volume, strict=True)
    return [Row(at, pd.Timestamp(at, unit="ms"), *(f"{value:.2f}" for value in values)) for at, *values in columns]


HOURS, DAYS = bars(), bars(24)


def lines(rows: Iterable[Row], form: Callable[[Row], str], head: str = "", tail: str = "", end: str = "\n") -> bytes:
    return (head + "".join(form(row) + end for row in rows) + tail).encode()


def comma(number: str) -> str:
    return number.replace(".", ",")


def us(number: str) -> str:
    return f"{float(number):,.2f}"


def german(number: str) -> str:
    return us(number).translate(str.maketrans(",.", ".,"))


def kilo(number: str) -> str:
    return f"{float(number) / 1000:.5f}K"


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return packed.getvalue()


def binance(unit: float) -> bytes:
    def row(each: Row) -> str:
        closes = int((each.ms + 3_600_000) * unit) - 1
        return f"{int(each.ms * unit)},{each.prices},{each.volume},{closes},{each.money},100,1.5,2.5,0"

    return lines(HOURS, row)


MT5 = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
YAHOO = "Price,Close,High,Low,Open,Volume\nTicker,{0},{0},{0},{0},{0}\nDate,,,,,\n"
CMC = "timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;timestamp\n"
SEMICOLONS = "Time;Open;High;Low;Close;Volume\n"
NAMES = ("time", "open", "high", "low", "close", "volume")
PLAIN = "Time,Open,High,Low,Close,Volume\n"


def on_a_clock(row: Row) -> str:
    """The time of a row, had the bars begun shortly before summer time ended in New York, on a clock there."""
    moved = pd.Timestamp("2024-11-01", tz="UTC") + pd.Timedelta(milliseconds=row.ms - START_MS)
    return f"{moved.tz_convert('America/New_York'):%Y-%m-%d %H:%M}"


def mt5(row: Row, volume: str | None = None) -> str:
    prices = row.prices.replace(",", "\t")
    return f"{row.at:%Y.%m.%d}\t{row.at:%H:%M:%S}\t{prices}\t1000\t{volume or row.volume}\t5"


def plain(row: Row) -> str:
    return f"{row.at},{row.prices},{row.volume}"


def coinmarketcap(row: Row) -> str:
    day, rest = f"{row.at:%Y-%m-%d}", ";".join(row.prices.split(","))
    times = ";".join(f'"{day}T{clock}Z"' for clock in ("00:00:00.000", "23:59:59.999", "10:01:00.000", "11:01:00.000"))
    return f'{times};"2781";{rest};{row.money};1000000000000;"{day}T23:59:59.999Z"'


def dukascopy_local(row: Row) -> str:
    there = row.at.tz_localize("UTC").tz_convert("Europe/Berlin")
    return f"{there:%d.%m.%Y %H:%M:%S}.000 GMT{there:%z},{row.prices},{row.volume}"


def investing(row: Row, day: str, number: Callable[[str], str], volume: str, change: str) -> str:
    cells = (f"{row.at:{day}}", *map(number, (row.close, row.open, row.high, row.low)), volume, change)
    return ",".join(f'"{cell}"' for cell in cells)


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Form(NamedTuple):
    """How a publisher writes: the name of the file, its bytes, the bars that are meant, and what the user has to say."""

    name: str
    content: bytes
    meant: list[Row] = HOURS
    symbols: list[str] | None = None
    said: Mapping[str, Any] = NOTHING


FORMS = {
    "Binance data.vision, seconds": Form("BTCUSDT-1h-2024-01.csv", binance(1e-3)),
    "Binance data.vision, milliseconds": Form("BTCUSDT-1h-2024-01.csv", binance(1)),
    "Binance data.vision, microseconds": Form("BTCUSDT-1h-2024-01.csv", binance(1e3)),
    "Binance data.vision, .zip": Form("BTCUSDT-1h-2024-01.zip", zipped(**{"BTCUSDT-1h-2024-01": binance(1e3)})),
    "Kraken OHLCVT": Form("BTCUSD_60.csv", lines(HOURS, lambda row: f"{row.ms // 1000},{row.prices},{row.volume},57")),
    "Kraken, with a mean price": Form(
        "BTCUSD.csv", lines(HOURS, lambda row: f"{row.ms // 1000},{row.prices},{row.close},{row.volume},57")
    ),
    "Coinbase": Form(
        "BTCUSD.csv",
        lines(HOURS[::-1], lambda row: f"{row.ms // 1000},{row.low},{row.high},{row.open},{row.close},{row.volume}"),
    ),
    "Bitfinex": Form(
        "BTCUSD.csv", lines(HOURS, lambda row: f"{row.ms},{row.open},{row.close},{row.high},{row.low},{row.volume}")
    ),
    "Huobi": Form(
        "BTCUSDT.csv",
        lines(
            HOURS,
            lambda row: f"{row.ms // 1000},{row.open},{row.close},{row.low},{row.high},{row.volume},{row.money},20",
            "id,open,close,low,high,amount,vol,count\n",
        ),
    ),
    "MetaTrader 4": Form(
        "BTCUSD60.csv", lines(HOURS, lambda row: f"{row.at:%Y.%m.%d},{row.at:%H:%M},{row.prices},{row.volume}")
    ),
    "MetaTrader 5": Form("BTCUSD_H1.csv", lines(HOURS, mt5, MT5)),
    "MetaTrader 5, UTF-16": Form("BTCUSD_H1.csv", lines(HOURS, mt5, MT5, end="\r\n").decode().encode("utf-16")),
    "MetaTrader 5, days": Form(
        "BTCUSD_Daily.csv",
        lines(
            DAYS,
            lambda row: "\t".join((f"{row.at:%Y.%m.%d}", *row.prices.split(","), "1000", row.volume, "5")),
            MT5.replace("<TIME>\t", ""),
        ),
        DAYS,
    ),
    "Finam": Form(
        "BTCUSD.txt",
        lines(
            HOURS,
            lambda row: f"BTCUSD,60,{row.at:%Y%m%d},{row.at:%H%M%S},{row.prices},{row.volume}",
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n",
        ),
    ),
    "freqtrade, .json": Form(
        "BTC_USDT-1h.json",
        json.dumps([[row.ms, *map(float, row[2:])] for row in HOURS]).encode(),
    ),
    "freqtrade, .json.gz": Form(
        "BTC_USDT-1h.json.gz", gzip.compress(json.dumps([[row.ms, *map(float, row[2:])] for row in HOURS]).encode())
    ),
    "JSON with names": Form(
        "BTCUSDT.json",
        json.dumps([dict(zip(NAMES, (row.ms, *row[2:]), strict=True)) for row in HOURS]).encode(),
    ),
    "JSON with columns": Form(
        "BTCUSDT.json",
        json.dumps(
            {name[0]: [float(getattr(row, name)) for row in HOURS] for name in NAMES[1:]}
            | {"s": "ok", "t": [row.ms // 1000 for row in HOURS]}
        ).encode(),
    ),
    "semicolons": Form("BTCUSDT.csv", lines(HOURS, lambda row: plain(row).replace(",", ";"), PLAIN.replace(",", ";"))),
    "semicolons and decimal commas": Form(
        "BTCUSDT.csv",
        lines(
            HOURS,
            lambda row: ";".join((f"{row.at:%d.%m.%Y %H:%M}", *map(comma, row[2:]))),
            "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n",
        ),
    ),
    "decimal commas, Windows-1252": Form(
        "BTCUSDT.csv",
        lines(
            HOURS,
            lambda row: ";".join((f"{row.at:%d.%m.%Y %H:%M}", *map(german, row[2:]))),
            "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n",
        )
        .decode()
        .encode("cp1252"),
    ),
    "thousands in quotes": Form(
        "BTCUSDT.csv",
        lines(HOURS, lambda row: ",".join(f'"{cell}"' for cell in (row.at, *map(us, row[2:]))), PLAIN),
    ),
    "yfinance": Form(
        "BTC-USD.csv",
        lines(
            DAYS,
            lambda row: f"{row.at:%Y-%m-%d},{row.close},{row.high},{row.low},{row.open},{row.volume}",
            YAHOO.format("BTC-USD"),
        ),
        DAYS,
    ),
    "date and time in two columns": Form(
        "BTCUSDT.csv",
        lines(
            HOURS,
            lambda row: f"{row.at:%Y-%m-%d},{row.at:%H:%M},{row.prices},{row.volume}",
            "date,time,open,high,low,close,volume\n",
        ),
    ),
    "CoinMarketCap": Form("bitcoin.csv", lines(DAYS[::-1], coinmarketcap, CMC), DAYS, ["BTC/USD"]),
    "Investing.com": Form(
        "BTC_USD Historical Data.csv",
        lines(
            DAYS[::-1],
            lambda row: investing(row, "%m/%d/%Y", us, kilo(row.volume), "-1.25%"),
            '\ufeff"Date","Price","Open","High","Low","Vol.","Change %"\n',
        ),
        DAYS,
    ),
    "Investing.com, in German": Form(
        "BTC_USD Historische Kurse.csv",
        lines(
            DAYS[::-1],
            lambda row: investing(row, "%d.%m.%Y", german, comma(kilo(row.volume)), "-1,25%"),
            '\ufeff"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"\n',
        ),
        DAYS,
    ),
    "Dukascopy, GMT": Form(
        "BTCUSD.csv",
        lines(
            HOURS,
            lambda row: f"{row.at:%d.%m.%Y %H:%M:%S}.000,{row.prices},{row.volume}",
            "Gmt time,Open,High,Low,Close,Volume\n",
        ),
    ),
    "Dukascopy, local": Form("BTCUSD.csv", lines(HOURS, dukascopy_local, "Local time,Open,High,Low,Close,Volume\n")),
    "CryptoDataDownload": Form(
        "Gemini_BTCUSD_h.csv",
        lines(
            HOURS[::-1],
            lambda row: f"{row.ms},{row.at},BTC/USD,{row.prices},{row.money},{row.volume}",
            "https://www.CryptoDataDownload.com\nUnix Timestamp,Date,Symbol,Open,High,Low,Close,Volume USD,Volume BTC\n",
        ),
    ),
    "a volume named after the quote": Form(
        "BTCUSDT.csv",
        lines(HOURS, lambda row: f"{row.at},{row.prices},{row.money}", "date,open,high,low,close,Volume USDT\n"),
    ),
    "Kaggle": Form(
        "bitstamp_BTCUSD.csv",
        lines(
            HOURS,
            lambda row: f"{row.ms // 1000},{row.prices},{row.volume},{row.money},{row.close}",
            "Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price\n",
        ),
    ),
    "CoinAPI": Form(
        "BTCUSDT.csv",
        lines(
            HOURS,
            lambda row: f"{row.at.isoformat()}.0000000Z,{row.at.isoformat()}Z,{row.prices},{row.volume},4".replace(",", ";"),
            "time_period_start;time_open;price_open;price_high;price_low;price_close;volume_traded;trades_count\n",
        ),
    ),
    "dates without separators": Form(
        "BTCUSDT.csv", lines(HOURS, lambda row: f"{row.at:%Y%m%d%H%M%S},{row.prices},{row.volume}", PLAIN)
    ),
    "names of months": Form(
        "BTCUSDT.csv",
        lines(HOURS, lambda row: f'"{row.at:%b %d, %Y %I:%M %p}",{row.prices},{row.volume}', PLAIN),
    ),
    "times of the close": Form(
        "BTCUSDT.csv", lines(HOURS, lambda row: f"{row.ms + 3_599_999},{row.prices},{row.volume}", PLAIN)
    ),
    "day and month as numbers": Form(
        "BTCUSDT.csv",
        lines(HOURS, lambda row: f"{row.at:%d/%m/%Y %H:%M},{row.prices},{row.volume}", PLAIN),
        said={"dates": "dmy"},
    ),
    "volume in money": Form(
        "BTCUSDT.csv",
        lines(HOURS, lambda row: f"{row.at},{row.prices},{row.money}", PLAIN),
        said={"volume": "quote"},
    ),
    "a clock of another zone": Form(
        "BTCUSDT.csv",
        lines(HOURS, lambda row: f"{row.at + pd.Timedelta(hours=9)},{row.prices},{row.volume}", PLAIN),
        said={"tz": "Asia/Tokyo"},
    ),
    "times of the close, on the grid": Form(
        "BTCUSDT.csv",
        lines(HOURS, lambda row: f"{row.at + pd.Timedelta(hours=1)},{row.prices},{row.volume}", PLAIN),
        said={"stamps": "close"},
    ),
}  # fmt: skip
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


def read(folder: Path, form: Form) -> RawCandles:
    path = folder / form.name
    path.write_bytes(form.content)
    (candles,) = read_bars([path], None, form.symbols, Reading(**form.said)).candles.values()
    return candles


def assert_meant(candles: RawCandles, meant: list[Row]) -> None:
    step_ms = candles.timeframe.seconds * 1000
    assert (candles.close_ms - step_ms).tolist() == [row.ms for row in meant]
    for column, name in zip(candles.columns[:4], ("open", "high", "low", "close"), strict=True):
        assert column.tolist() == [float(getattr(row, name)) for row in meant], name
    np.testing.assert_allclose(candles.volume, [float(row.volume) for row in meant], rtol=1e-6)


@each_form
def test_the_same_bars_are_read_from_every_form(tmp_path: Path, form: Form) -> None:
    assert_meant(read(tmp_path, form), form.meant)


TABLE = lines(HOURS, plain, PLAIN)
ROWS = TABLE.decode().splitlines()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + TABLE,
        TABLE.replace(b"\n", b"\r\n"),
        TABLE.replace(b"\n", b"\r"),
        TABLE + b"\n\n\n",
        TABLE + b"Total,,,,,123456\n",
        TABLE + b"Data provided by somebody\n",
        b"Created on 10-17-2024,https://example.org\n\n" + TABLE,
        b"sep=,\n" + TABLE,
        "\n".join([*ROWS[:200], ROWS[0], *ROWS[200:]]).encode(),
        "\n".join([*ROWS[:200], ",,,,,", *ROWS[200:]]).encode(),
        "\n".join(f"{row}," for row in ROWS).encode(),
        "\n".join([ROWS[0], *(f"{row}," for row in ROWS[1:])]).encode(),
        TABLE.replace(b",", b", "),
        TABLE.replace(b",", b"|"),
        TABLE.decode().encode("utf-16"),
    ],
)  # fmt: skip
def test_what_stands_around_the_bars_changes_none_of_them(tmp_path: Path, content: bytes) -> None:
    assert_meant(read(tmp_path, Form("BTCUSDT.csv", content)), HOURS)


def test_markets_beside_each_other_in_a_file_of_yfinance_are_told_apart(tmp_path: Path) -> None:
    tickers = ["BTC-USD", "ETH-USD"]
    head = [",".join(["Price", *(name for name in ("Close", "High", "Low", "Open", "Volume") for _ in tickers)])]
    head += [",".join(["Ticker", *(tickers * 5)]), "Datetime" + "," * 10]

    def row(each: Row) -> str:
        values = [float(getattr(each, name)) for name in ("close", "high", "low", "open", "volume")]
        return ",".join([f"{each.at}+00:00", *(f"{value / part:.4f}" for value in values for part in (1, 10))])

    path = tmp_path / "yahoo.csv"
    path.write_bytes(lines(HOURS, row, "\n".join([*head, ""])))
    found = read_bars([path], None, None).candles
    assert list(found) == ["BTC/USD", "ETH/USD"]
    assert_meant(found["BTC/USD"], HOURS)
    assert found["ETH/USD"].close.tolist() == pytest.approx([float(row.close) / 10 for row in HOURS], abs=1e-4)


def test_a_blank_price_is_left_to_the_quality_monitor(tmp_path: Path) -> None:
    content = TABLE.replace(f",{HOURS[7].high},".encode(), b",,", 1)
    candles = read(tmp_path, Form("BTCUSDT.csv", content))
    assert np.flatnonzero(~candles.sound()).tolist() == [7]


def spoiled(form: Callable[[Row], str], head: str = PLAIN) -> bytes:
    return lines(HOURS, form, head)


REFUSED = {
    "03/04/2024": (
        spoiled(lambda row: f"{row.at:%d/%m/%Y %H:%M},{row.prices},{row.volume}"),
        ("row 1, column Time: in '01/01/2024 00:00'", "'02/01/2024 00:00' in row 25", "--dates dmy or --dates mdy"),
    ),
    "03-04-24": (
        spoiled(lambda row: f"{row.at:%d-%m-%y %H:%M},{row.prices},{row.volume}"),
        ("row 1, column Time", "--dates dmy or --dates mdy"),
    ),
    "42,283": (
        spoiled(lambda row: ";".join((f"{row.at}", *(f"{float(each):,.0f}" for each in row[2:6]), "17")), SEMICOLONS),
        ("row 1, column Open: 42,000", "--decimal . or --decimal ,"),
    ),
    "42283,58 between commas": (
        spoiled(lambda row: ",".join((str(row.at), *map(comma, row[2:])))),
        ("row 1 has more fields than the header", "must stand in quotes"),
    ),
    "two volumes": (
        spoiled(lambda row: f"{row.at},{row.prices},{row.volume},17", "time,open,high,low,close,volume_a,volume_b\n"),
        ("volume_a, volume_b", "--volume base or --volume quote"),
    ),
    "a volume beside a market cap": (
        spoiled(lambda row: f"{row.at},{row.prices},{row.volume},17", "date,open,high,low,close,volume,market cap\n"),
        ("volume, market cap", "--volume base or --volume quote"),
    ),
    "ticks alone": (lines(HOURS, lambda row: mt5(row, "0"), MT5), ("<TICKVOL>, which counts", "--volume base")),
    "a local time without a zone": (
        spoiled(plain, PLAIN.replace("Time", "Local time")),
        ("row 1, column Local time", "--tz Europe/Berlin"),
    ),
    "the hour at which clocks go back, twice": (
        spoiled(lambda row: f"{on_a_clock(row)},{row.prices},{row.volume}"),
        ("the hour from 2024-11-03 01:00 stands twice", "--tz"),
    ),
    "bars beside the grid": (
        spoiled(lambda row: f"{row.at + pd.Timedelta(minutes=20)},{row.prices},{row.volume}"),
        ("400 of 400 1h bars", "do not open on the 1h grid", "2024-01-01 00:20:00 UTC", "--timeframe", "--tz", "--stamps"),
    ),
    "no bars of a timeframe": (
        spoiled(lambda row: f"{row.ms * 2 - START_MS},{row.prices},{row.volume}"),
        ("7,200 s apart", "resample it"),
    ),
    "serial numbers of a spreadsheet": (
        spoiled(lambda row: f"{45_292 + row.at.day_of_year + row.at.hour / 24},{row.prices},{row.volume}"),
        ("row 1, column Time: '45293.0' is no time", "400 of the 400 rows", "docs/data.md"),
    ),
    "prices without an order": (
        lines(HOURS, lambda row: f"{row.ms},{row.open},{row.open},{row.open},{row.open},{row.volume}"),
        ("no header", "time,open,high,low,close,volume"),
    ),
    "a row that is not that of bars": (
        lines(HOURS, lambda row: f"BTCUSDT,{row.ms},{row.prices}"),
        ("has no header, and its first row is BTCUSDT, 1704067200000", "time,open,high,low,close,volume"),
    ),
    "two columns of one name": (
        spoiled(lambda row: f"{row.at},{row.prices},{row.close},{row.volume}", "time,open,high,low,close,close,volume\n"),
        ("2 columns that are called close", "leave one"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_stays_open_is_refused_with_what_decides(tmp_path: Path, content: bytes, says: tuple[str, ...]) -> None:
    with pytest.raises(DataFault) as fault:
        read(tmp_path, Form("BTCUSDT.csv", content))
    for words in says:
        assert words in str(fault.value)
    assert str(tmp_path) not in str(fault.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (REFUSED["03/04/2024"][0], {"dates": "dmy"}),
        (REFUSED["03-04-24"][0], {"dates": "dmy"}),
        (REFUSED["two volumes"][0], {"volume": "base"}),
        (REFUSED["a volume beside a market cap"][0], {"volume": "base"}),
        (REFUSED["a local time without a zone"][0], {"tz": "UTC"}),
    ],
)
def test_the_option_that_a_refusal_names_lets_the_file_be_read(
    tmp_path: Path, content: bytes, said: dict[str, Any]
) -> None:
    assert_meant(read(tmp_path, Form("BTCUSDT.csv", content, said=said)), HOURS)


@pytest.mark.parametrize(
    ("content", "said", "says"),
    [
        (REFUSED["03/04/2024"][0], {"dates": "mdy"}, "'13/01/2024 00:00' is no date in the order mdy, as --dates says"),
        (FORMS["semicolons and decimal commas"].content, {"decimal": "."}, "'42000,00' is no number with the decimal mark ."),
    ],
)  # fmt: skip
def test_an_option_that_the_file_contradicts_is_refused(
    tmp_path: Path, content: bytes, said: dict[str, Any], says: str
) -> None:
    with pytest.raises(DataFault, match=re.escape(says)):
        read(tmp_path, Form("BTCUSDT.csv", content, said=said))


def table_of(heading: str) -> dict[str, str]:
    """The rows of the table under a heading of the page, by their first cell."""
    section = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip().strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return {cells[0].strip(): " ".join(cells[1:]) for cells in rows[2:]}


def test_the_page_names_every_form_that_is_read() -> None:
    assert list(table_of("Which files are read")) == list(FORMS)


def test_the_page_names_every_refusal_with_its_option() -> None:
    page = table_of("What is refused")
    assert list(page) == list(REFUSED)
    for kind, (_, says) in REFUSED.items():
        for option in re.findall(r"--\w+", " ".join(says)):
            assert option in page[kind], kind
