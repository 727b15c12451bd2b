"""The archive is point in time, and files are read whole or refused with the reason."""

import gzip
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
from sentiment.sources.files import read_headlines
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


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.csv", None, "not a file"),
        ("empty.csv", b"", "cannot be read"),
        ("head.csv", b"text,date\n", "no rows"),
        ("some.csv", b"body,when\nx,2024-01-01\n", "no column of text and date; it has body, when"),
        ("dateless.csv", b"text,who\nx,me\n", "no column of date"),
        ("junk.parquet", b"PAR1 this is no parquet", "cannot be read"),
        ("junk.jsonl", b"{not json\n", "cannot be read"),
        ("junk.csv.gz", b"not gzip", "cannot be read"),
        ("news.xlsx", b"x", "no known kind"),
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
    assert len(read_headlines(path, "file")) == 99


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="not a file"):
        read_headlines(tmp_path, "file")


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
