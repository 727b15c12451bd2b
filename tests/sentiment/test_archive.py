"""What was fetched lands in an archive of days, is never read before its first sight, and survives kills and second writers."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import loopback, sent, tree

from config.clock import FixedClock
from config.errors import DataFault, OutputFault, UsageFault
from config.sections.sentiment import SentimentSettings, SourceSettings
from market.bar import Fact
from sentiment.collect import main
from sentiment.engine import SentimentEngine
from sentiment.scoring import HeadlineScorer
from sentiment.sources.archive import DaysArchive, Found, archive_at
from sentiment.sources.factory import build_sources
from sentiment.sources.identity import Item
from sentiment.sources.recorded import headline

NOW = datetime(2026, 10, 3, 23, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
RSS = "<rss version='2.0'><channel><title>Wire</title>{}</channel></rss>"
ITEM = "<item><title>{}</title><guid>{}</guid></item>"


def item(text: str, seen: datetime = NOW, source: str = "wire", guid: str | None = "g") -> Item:
    line = headline(text, source, seen - HOUR, seen)
    assert line is not None
    return Item(line, guid, True)


def figure(value: float, seen: datetime = NOW) -> Fact:
    return Fact(name="fear_greed", symbol=None, at_utc=seen - HOUR, known_utc=seen, value=value)


def test_what_was_added_is_held_by_source_with_every_field(tmp_path: Path) -> None:
    found = (
        Found("wire", "news", (item("Bitcoin rallies"), item("Bitcoin (BTC) and Ether", guid=None))),
        Found("index", "fear_greed", (), (figure(47),)),
    )
    archive = DaysArchive(tmp_path / "heard")
    archive.add(found)
    assert archive.held() == found


def test_each_day_of_first_sight_is_a_file_of_its_own(tmp_path: Path) -> None:
    archive = DaysArchive(tmp_path)
    archive.add([Found("wire", "news", (item("Bitcoin rallies"), item("Bitcoin slides", NOW + HOUR)))])
    archive.add([Found("wire", "news", (item("Bitcoin falls"),))])
    assert [file.name for file in sorted(tmp_path.glob("*.parquet"))] == ["2026-10-03.parquet", "2026-10-04.parquet"]
    assert [one.line.text for one in archive.held()[0].items] == ["Bitcoin rallies", "Bitcoin falls", "Bitcoin slides"]


def test_collectors_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    def work(name: str) -> None:
        for n in range(5):
            DaysArchive(tmp_path).add([Found(name, "news", (item(f"Bitcoin news {name} {n}", source=name),))])

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.source: len(one.items) for one in DaysArchive(tmp_path).held()} == {"a": 5, "b": 5, "c": 5}
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_folder_that_cannot_be_written_or_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "2026-10-03.parquet").write_bytes(b"no parquet")
    with pytest.raises(UsageFault, match="cannot be read"):
        DaysArchive(tmp_path).held()
    with pytest.raises(OutputFault, match="cannot be written"):
        DaysArchive(tmp_path).add([Found("wire", "news", (item("Bitcoin rallies"),))])
    assert (tmp_path / "2026-10-03.parquet").read_bytes() == b"no parquet"
    with pytest.raises(UsageFault, match=r"neither a \.jsonl file nor a folder"):
        archive_at(tmp_path / "x.csv")


def recorded(folder: Path, kind: str, component: str) -> SentimentSettings:
    row = {"kind": kind, "name": "past", "weight": 1.0, "path": str(folder), "component": component}
    told = {"half_life_h": 6, "max_age_h": 48, "min_headlines": 1, "components": True, "sources": [row]}
    return SentimentSettings.model_validate(told)


def test_a_backtest_reads_an_archive_as_it_was_known(tmp_path: Path) -> None:
    archive = DaysArchive(tmp_path)
    archive.add(
        [
            Found("a", "news", (item("Bitcoin rallies to a record", source="a"),)),
            Found("b", "news", (item("Bitcoin rallies to a record", NOW + HOUR, "b"),)),
            Found("index", "fear_greed", (), (figure(20), figure(90, NOW + HOUR))),
        ]
    )
    for kind, component in (("recorded", "news"), ("figures", "fear_greed")):
        settings = recorded(tmp_path, kind, component).model_copy(update={"same_story": "tokens"})
        engine = SentimentEngine(settings, build_sources(settings, (), FixedClock(NOW)), HeadlineScorer())
        before, at, after = (engine.read("BTC/USDT", NOW + shift) for shift in (-timedelta(seconds=1), 0 * HOUR, HOUR))
        parts = [data.components()[component] for data in (before, at, after)]
        assert not isinstance(parts[0].score, float)
        assert isinstance(parts[1].score, float)
        if kind == "figures":
            assert [part.value for part in parts] == [None, 20, 90]
        else:
            assert [part.headlines for part in parts] == [None, 1, 1], "two outlets, one story"


def test_an_archive_without_the_part_is_refused(tmp_path: Path) -> None:
    DaysArchive(tmp_path).add([Found("wire", "news", (item("Bitcoin rallies"),))])
    with pytest.raises(DataFault, match="holds nothing of reddit"):
        build_sources(recorded(tmp_path, "recorded", "reddit"), (), FixedClock(NOW))


def profile(folder: Path, url: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(
        "extends: live\nsentiment:\n  sources:\n"
        f'    - {{kind: rss, name: wire, weight: 1.0, url: "{url}/rss", canary: Wire}}\n'
        f'    - {{kind: fear_greed, name: index, weight: 0.5, url: "{url}/fng"}}\n'
    )
    return path


def test_a_profile_is_collected_into_days_and_its_sentiment_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with loopback() as server:
        items = "".join(
            ITEM.format(text, n) for n, text in enumerate(("Bitcoin rallies", "Bitcoin soars", "Ether falls"))
        )
        server.routes["/rss"] = sent(RSS.format(items).encode(), kind="application/rss+xml")
        yesterday = int((datetime.now(UTC) - 20 * HOUR).timestamp())
        days = [{"value": "30", "timestamp": "1517443200"}, {"value": "80", "timestamp": str(yesterday)}]
        server.routes["/fng"] = tree({"data": days})
        folder = tmp_path / "heard"
        arguments = ["--profile", str(profile(tmp_path, server.url)), "--archive", str(folder), "--symbols", "BTCUSDT"]
        assert main(arguments) == 0
        told = capsys.readouterr()
        assert "5 new headlines, 5 in heard" in told.out
        assert "index: 2 new figures" in told.err
        assert "BTC/USDT" in told.out
        assert "fear greed" in told.out
        assert "80, 20.0 h old" in told.out
        assert main(arguments) == 0
        assert "0 new headlines, 5 in heard" in capsys.readouterr().out
    assert {one.component for one in DaysArchive(folder).held()} == {"news", "fear_greed"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--profile", "paper", "--archive", "heard"], "names no live source"),
        (["--feed", "a=http://x", "--feed", "a=http://y", "--archive", "heard"], "Two sources are called a"),
        (["--feed", "a=http://x", "--archive", "heard.csv"], "neither a .jsonl file nor a folder"),
        (["--feed", "a=http://x", "--archive", "heard", "--symbols", "?"], "is no market"),
    ],
)
def test_what_cannot_be_collected_is_refused_before_anything_is_read(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert why in capsys.readouterr().err


def test_the_sources_of_the_live_profiles_are_those_of_three_outlets_and_two_open_services() -> None:
    from config.reading.load import load_profile

    rows = load_profile("live").sentiment.sources
    assert rows == load_profile("testnet").sentiment.sources
    assert [row.name for row in rows] == ["coindesk", "cointelegraph", "decrypt", "gdelt", "fear-greed"]
    assert all(isinstance(row, SourceSettings) and row.live for row in rows)
    assert asyncio.run(SentimentEngine(load_profile("live").sentiment, (), HeadlineScorer()).close()) is None
