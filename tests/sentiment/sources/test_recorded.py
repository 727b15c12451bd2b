"""The archive is point in time, and files are read whole or refused with the reason."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import DataFault
from market.news import NewsRow
from sentiment.headline import Headline
from sentiment.sources.files import read_headlines, read_news
from sentiment.sources.recorded import RecordedSource, headline

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def line(text: str, seen_h: float, published_h: float | None = None, bases: tuple[str, ...] = ()) -> Headline:
    published = seen_h if published_h is None else published_h
    made = headline(text, "wire", START + published * HOUR, START + seen_h * HOUR, bases)
    assert made is not None
    return made


HEADLINES = st.lists(
    st.builds(
        line,
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 100),
        st.none() | st.integers(0, 110),
        st.sampled_from([(), ("BTC",), ("ETH",), ("BTC", "ETH")]),
    ),
    max_size=30,
)


@given(lines=HEADLINES, at=st.integers(0, 100), back=st.integers(1, 60), base=st.sampled_from(["BTC", "ETH", "SOL"]))
def test_the_archive_gives_all_that_was_known_and_nothing_that_was_not(
    lines: list[Headline], at: int, back: int, base: str
) -> None:
    as_of, since = START + at * HOUR, START + (at - back) * HOUR
    given_lines = RecordedSource("wire", 1.0, lines).headlines(as_of, base, since)
    expected = [
        (one.text, one.first_seen_utc)
        for one in lines
        if one.first_seen_utc <= as_of
        and min(one.published_utc, one.first_seen_utc) > since
        and (not one.symbols or base in one.symbols)
    ]
    assert sorted((one.text, one.first_seen_utc) for one in given_lines) == sorted(expected)
    assert [one.first_seen_utc for one in given_lines] == sorted(one.first_seen_utc for one in given_lines)
    assert all(one.published_utc <= one.first_seen_utc <= as_of for one in given_lines)


@given(lines=HEADLINES, later=HEADLINES, at=st.integers(0, 50))
def test_what_comes_later_does_not_change_what_was_said(lines: list[Headline], later: list[Headline], at: int) -> None:
    as_of = START + at * HOUR
    new = [one.model_copy(update={"first_seen_utc": as_of + HOUR, "published_utc": as_of - HOUR}) for one in later]
    known = RecordedSource("wire", 1.0, lines).headlines(as_of, "BTC", START)
    assert RecordedSource("wire", 1.0, lines + new).headlines(as_of, "BTC", START) == known


def test_a_headline_cannot_be_younger_than_its_first_sight() -> None:
    (one,) = RecordedSource("wire", 1.0, [line("x", 5, published_h=9)]).headlines(START + 6 * HOUR, "BTC", START)
    assert one.published_utc == START + 5 * HOUR


def test_a_tapes_news_keeps_its_coins_and_loses_rows_without_visible_text() -> None:
    rows = [
        NewsRow(START, START, ("BTC",), "Ether rallies"),
        NewsRow(START, START, (), "Bitcoin rallies"),
        NewsRow(START, START, (), "<br>\u200b"),
    ]
    source = RecordedSource.from_rows("tape", 2.0, rows)
    assert [one.text for one in source.headlines(START, "SOL", START - HOUR)] == ["Bitcoin rallies"]
    assert len(source.headlines(START, "BTC", START - HOUR)) == 2
    assert (source.name, source.weight) == ("tape", 2.0)


ROWS = [
    {"Title": "Bitcoin rallies", "Published At": "2024-01-01T10:00:00Z"},
    {"Title": "Ether slides", "Published At": "2024-01-01T11:30:00+02:00"},
    {"Title": "Fed cuts, again", "Published At": "2024-01-01 12:00:00"},
]


def written(folder: Path, kind: str, rows: list[dict[str, object]]) -> Path:
    path = folder / f"news{kind}"
    frame = pd.DataFrame(rows)
    match kind:
        case ".parquet":
            frame.to_parquet(path)
        case ".csv" | ".csv.gz":
            frame.to_csv(path, index=False)
        case _:
            text = "\n".join(map(json.dumps, rows)).encode()
            path.write_bytes(gzip.compress(text) if kind.endswith(".gz") else text)
    return path


@pytest.mark.parametrize("kind", [".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz"])
def test_every_kind_of_file_gives_the_same_headlines(tmp_path: Path, kind: str) -> None:
    lines = read_headlines(written(tmp_path, kind, [dict(row) for row in ROWS]), "file")
    assert [one.text for one in lines] == [row["Title"] for row in ROWS]
    assert [one.symbols for one in lines] == [("BTC",), ("ETH",), ()]
    assert [one.published_utc.hour * 60 + one.published_utc.minute for one in lines] == [600, 570, 720]
    assert all(one.first_seen_utc == one.published_utc and one.source == "file" for one in lines)


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_dates_in_seconds_milli_micro_and_nanoseconds_are_understood(tmp_path: Path, kind: str, scale: int) -> None:
    rows = [{"text": "x", "timestamp": 1_704_067_200 * scale}, {"text": "y", "timestamp": 1_704_070_800 * scale}]
    lines = read_headlines(written(tmp_path, kind, rows), "file")
    assert [one.published_utc for one in lines] == [START, START + HOUR]


def test_first_sight_and_coins_are_read_where_the_file_has_them(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"text": "Ether x", "date": "2024-01-01", "first_seen": "2024-01-01 00:07", "bases": "sol, BTC"},
        {"text": "Ether y", "date": "2024-01-01", "first_seen": "2024-01-01 00:09", "bases": None},
    ]
    one, two = read_headlines(written(tmp_path, ".csv", rows), "file")
    assert (one.first_seen_utc - one.published_utc, one.symbols) == (timedelta(minutes=7), ("SOL", "BTC"))
    assert two.symbols == ("ETH",)
    listed: list[dict[str, object]] = [{"text": "Ether x", "date": "2024-01-01", "bases": ["SOL"]}]
    assert read_headlines(written(tmp_path, ".parquet", listed), "file")[0].symbols == ("SOL",)


DAY_FIRST = ["05/11/2022 14:30", "25/11/2022 09:00", "13/12/2022 10:00"]
KINDS = [".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz"]


def dated(*cells: object) -> list[dict[str, object]]:
    return [{"date": cell, "text": f"Bitcoin plunges {n}"} for n, cell in enumerate(cells)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_above_twelve_decides_nothing_about_a_date_that_can_be_read_both_ways(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, dated(*DAY_FIRST))
    with pytest.raises(
        DataFault, match=r"row 1, column date: .* may be 5 Nov or 11 May, and a later row does not decide it"
    ):
        read_news(path, "file")
    found = read_news(path, "file", "dmy")
    assert [(one.published_utc.month, one.published_utc.day) for one in found.lines] == [(11, 5), (11, 25), (12, 13)]
    assert "Dates are read day first" in found.told(["BTC"])


@pytest.mark.parametrize("kind", KINDS)
def test_dates_that_can_be_read_both_ways_are_refused_with_the_row_and_the_option(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, dated("2022-11-04", "05/11/2022 14:30", "06/11/2022"))
    with pytest.raises(DataFault, match=r"row 2, column date: '05/11/2022 14:30' may be 5 Nov or 11 May") as caught:
        read_news(path, "file")
    assert "--news-dates dmy or --news-dates mdy" in str(caught.value)
    assert [one.published_utc.month for one in read_news(path, "file", "dmy").lines] == [11, 11, 11]
    assert [one.published_utc.month for one in read_news(path, "file", "mdy").lines] == [11, 5, 6]


def test_dates_that_contradict_each_other_and_years_of_two_digits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="row 2, column date: '11/25/2022' is of another order"):
        read_news(written(tmp_path, ".csv", dated("25/11/2022", "11/25/2022")), "file")
    with pytest.raises(DataFault, match="two digits"):
        read_news(written(tmp_path, ".csv", dated("25/11/22")), "file")
    with pytest.raises(DataFault, match="1 of 2 rows"):
        read_news(written(tmp_path, ".csv", dated("25/11/2022", "05/11/2022")), "file", "mdy")


TYPED = datetime(2024, 3, 20)  # noqa: DTZ001  as Parquet files hold it
DAYS = [(kind, cell) for kind in KINDS for cell in ("2024-03-20", "20240320", 20240320)]


@pytest.mark.parametrize(("kind", "cell"), [*DAYS, (".parquet", TYPED)])
def test_a_date_without_a_time_is_known_from_the_next_midnight(tmp_path: Path, kind: str, cell: object) -> None:
    found = read_news(written(tmp_path, kind, dated(cell, cell)), "file")
    source = RecordedSource("file", 1.0, found.lines)
    midnight, ever = datetime(2024, 3, 21, tzinfo=UTC), START - HOUR
    assert source.headlines(midnight - timedelta(seconds=1), "BTC", ever) == ()
    assert len(source.headlines(midnight, "BTC", ever)) == 2
    assert "known from the next midnight UTC" in found.told(["BTC"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cell", ["today", "now", "yesterday", "12", 12])
def test_what_is_no_date_is_refused_with_the_first_row(tmp_path: Path, kind: str, cell: object) -> None:
    with pytest.raises(DataFault, match=rf"The first is row 1 \('{cell}', 'Bitcoin plunges 0'\)"):
        read_news(written(tmp_path, kind, dated(cell, cell)), "file")


def test_a_time_without_a_zone_is_utc_and_that_is_said(tmp_path: Path) -> None:
    zoned = read_news(written(tmp_path, ".csv", dated("2024-03-20T10:00:00+02:00")), "file")
    bare = read_news(written(tmp_path, ".csv", dated("2024-03-20 08:00")), "file")
    assert zoned.lines == bare.lines
    assert "taken for UTC" in bare.told(["BTC"])
    assert "taken for UTC" not in zoned.told(["BTC"])


@pytest.mark.parametrize("spelling", ["BTC/USDT", "BTC-USD", "BTCUSDT", "$BTC", "btc", "['BTC', 'SOL']", "Bitcoin"])
@pytest.mark.parametrize("column", ["symbol", "Symbols", "pair", "tickers"])
def test_a_pair_in_the_column_of_coins_means_its_base(tmp_path: Path, spelling: str, column: str) -> None:
    rows = [{"date": "2024-03-20T00:00:00Z", "title": "Exchange hacked", column: spelling}]
    (line,) = read_headlines(written(tmp_path, ".csv", list(rows)), "file")
    assert line.symbols[0] == "BTC"


def test_it_is_told_how_many_headlines_were_for_whom(tmp_path: Path) -> None:
    texts = ["Bitcoin falls", "Bitcoin and Ether fall", "Markets fall", "Kaspa falls", "Kaspa and Dogecoin fall"]
    rows: list[dict[str, object]] = [{"date": "2024-03-20T00:00:00Z", "title": text} for text in texts]
    told = read_news(written(tmp_path, ".csv", rows), "file").told(["BTC", "SOL"])
    assert told == (
        "news.csv: 5 headlines, 2024-03-20 to 2024-03-20: 2 for BTC, 0 for SOL, 1 for the whole market, 2 only for others "
        "(KAS, ETH, DOGE)."
    )


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.csv", None, "none.csv is not a file that can be read, because there is nothing of this name"),
        ("more.csv", b"text,date\nfalls, hard,2024-01-01\n", "row 1 has more fields than the header, which names 2"),
        ("later.csv", b"text,date\nx,2024-01-01\nfalls, hard,2024-01-01\n", "row 2 has more fields than the header"),
        ("more_semi.csv", b"date;text\n2024-01-01;a;b\n2024-01-01;c;d\n", "has no column of text and date"),
        ("empty.csv", b"", "cannot be read"),
        ("head.csv", b"text,date\n", "no rows"),
        ("some.csv", b"body,when\nx,2024-01-01\n", "no column of text and date; it has body, when"),
        ("dateless.csv", b"text,who\nx,me\n", "no column of date"),
        ("junk.parquet", b"PAR1 this is no parquet", "cannot be read"),
        ("junk.jsonl", b"{not json\n", "cannot be read"),
        ("junk.csv.gz", b"not gzip", "cannot be read"),
        ("news.xlsx", b"x", "no known kind"),
        ("list.jsonl", b'{"text": "x", "date": 1}\n[1]\n', "line 2 is not a JSON object"),
        ("latin.csv", "text,date\nGr\u00fc\u00dfe,2024-01-01\n".encode("latin-1"), "cannot be read"),
        ("bad.csv", b"text,date\nx,yesterday\ny,soon\n", "2 of 2 rows"),
        ("mixed.csv", b"text,date\n" + b"x,2024-01-01\n" * 9 + b"y,soon\n", "1 of 10 rows"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataFault, match=says) as caught:
        read_headlines(path, "file")
    assert str(tmp_path) not in str(caught.value)


def test_a_few_bad_rows_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    path.write_text("text,date\n" + "x,2024-01-01\n" * 99 + "y,soon\n")
    found = read_news(path, "file")
    assert len(found.lines) == 99
    assert "1 row was left out; the first, row 100 ('soon', 'y'): it is no date" in found.told([])


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="not a file that can be read, because it is a folder"):
        read_headlines(tmp_path, "file")


@pytest.mark.parametrize("ending", [".csv", ".txt", ".csv.gz"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("text", ["falls", "falls, then rises", "a; b; c", "a\tb, c|d", 'says "no"', "two\nlines"])
def test_the_mark_between_the_fields_is_found_whatever_the_texts_hold(
    tmp_path: Path, ending: str, mark: str, text: str
) -> None:
    written_ = io.StringIO()
    csv.writer(written_, delimiter=mark).writerows([["date", "text"], *[["2024-03-20", text]] * 5])
    raw = written_.getvalue().encode()
    (tmp_path / f"news{ending}").write_bytes(gzip.compress(raw) if ending.endswith(".gz") else raw)
    lines = read_headlines(tmp_path / f"news{ending}", "file")
    assert [line.text for line in lines] == [" ".join(text.split())] * 5


def test_texts_with_commas_need_no_quotes_where_semicolons_divide(tmp_path: Path) -> None:
    (tmp_path / "news.csv").write_text("date;title;coin\n2024-03-20T10:00:00Z;Bitcoin falls, hard, again;BTC\n")
    (line,) = read_headlines(tmp_path / "news.csv", "file")
    assert (line.text, line.symbols) == ("Bitcoin falls, hard, again", ("BTC",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_of_the_byte_order_is_no_part_of_the_first_name(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "news.csv").write_bytes("date;text\r\n2024-03-20;Größe\r\n".encode(encoding))
    assert [line.text for line in read_headlines(tmp_path / "news.csv", "file")] == ["Größe"]


def test_fields_without_a_name_at_the_end_of_each_row_are_passed_over_if_they_are_empty(tmp_path: Path) -> None:
    (tmp_path / "news.csv").write_text("text,date\nBitcoin falls,2024-03-20,\nBitcoin rises,2024-03-21,\n")
    assert [line.text for line in read_headlines(tmp_path / "news.csv", "file")] == ["Bitcoin falls", "Bitcoin rises"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("bitcoin_headlines_finbert_2021-11_2023-12.parquet", 9961),
        ("cryptonews_2021-10_2022-05.parquet", 6041),
        ("2024-04-05_30d_crypto_news_with_sentiment.csv.gz", 217),
        ("newsapi_crypto_2022-12.csv.gz", 100),
    ],
)
def test_real_news_files_are_read(shared: Path, name: str, rows: int) -> None:
    lines = read_headlines(shared / "news" / name, "real")
    assert len(lines) == rows
    assert all(2021 <= one.published_utc.year <= 2024 for one in lines)
    assert sum("BTC" in one.symbols for one in lines) > rows / 10


def test_labelled_sentences_without_dates_are_no_news(shared: Path) -> None:
    with pytest.raises(DataFault, match="no column of date; it has class, News"):
        read_headlines(shared / "news" / "financial_phrasebank.parquet", "real")
