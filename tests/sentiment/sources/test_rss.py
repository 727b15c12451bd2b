"""A live feed: what is taken in, what is refused, and that nothing it does reaches the engine."""

import asyncio
import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from config.sections.sentiment import SourceSettings
from sentiment.headline import Headline
from sentiment.sources.rss import RssSource

NOW = datetime(2026, 10, 3, 12, tzinfo=UTC)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
Reply = Callable[[BaseHTTPRequestHandler], None]


class SteppingClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


class Feed(ThreadingHTTPServer):
    """A loopback server that answers with whatever the test says."""

    daemon_threads = True

    def __init__(self) -> None:
        self.reply: Reply = body(b"")
        self.done = threading.Event()
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with contextlib.suppress(ConnectionError):  # the reader hangs up on what it will not have
                    feed.reply(self)

            def log_message(self, format: str, *args: object) -> None:
                return

        super().__init__(("127.0.0.1", 0), Handler)

    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/feed"


def body(content: bytes, status: int = 200, kind: str = "application/xml", **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return reply


@pytest.fixture
def feed() -> Iterator[Feed]:
    server = Feed()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.done.set()
    server.shutdown()
    thread.join()
    server.server_close()


class Reader:
    """The source under test with its clock."""

    def __init__(self, feed: Feed, **settings: float) -> None:
        self.clock = SteppingClock()
        values = {"timeout_s": 5.0, **settings}
        self.source = RssSource(
            SourceSettings.model_validate({"kind": "rss", "name": "feed", "weight": 1.0, "url": feed.url(), **values}),
            self.clock,
        )

    def refresh(self) -> str | None:
        asyncio.run(self.source.refresh())
        return self.source.failure

    def lines(self, base: str = "BTC") -> tuple[Headline, ...]:
        return self.source.headlines(self.clock.moment, base, LONG_AGO)

    def everything(self) -> set[Headline]:
        """All headlines, of whichever coin."""
        return set(self.source.seen())


def rss(*items: str) -> bytes:
    return f"<rss version='2.0'><channel><title>t</title>{''.join(items)}</channel></rss>".encode()


def item(title: str, extra: str = "") -> str:
    return f"<item><title>{title}</title>{extra}</item>"


def test_a_feed_is_read_cleaned_and_dated_by_the_clock(feed: Feed) -> None:
    feed.reply = body(
        rss(
            item(
                "&lt;b&gt;Bitcoin&lt;/b&gt; rallies\u200b",
                "<pubDate>Sat, 03 Oct 2026 10:00:00 +0200</pubDate><link>javascript:alert(1)</link>",
            ),
            item("Solana stalls"),
        )
    )
    reader = Reader(feed)
    assert reader.refresh() is None
    (one,) = reader.lines("BTC")
    assert (one.text, one.symbols, one.source) == ("Bitcoin rallies", ("BTC",), "feed")
    assert (one.published_utc, one.first_seen_utc) == (datetime(2026, 10, 3, 8, tzinfo=UTC), NOW)
    assert [line.published_utc for line in reader.lines("SOL")] == [NOW]
    assert "javascript" not in one.model_dump_json()


def test_nothing_is_known_before_it_was_first_seen(feed: Feed) -> None:
    feed.reply = body(rss(item("Bitcoin rallies", "<pubDate>Sat, 03 Oct 2026 08:00:00 GMT</pubDate>")))
    reader = Reader(feed)
    reader.refresh()
    assert reader.source.headlines(NOW - timedelta(seconds=1), "BTC", LONG_AGO) == ()
    assert len(reader.source.headlines(NOW, "BTC", LONG_AGO)) == 1


def test_an_item_keeps_the_moment_of_its_first_sight_and_is_taken_once(feed: Feed) -> None:
    reader = Reader(feed)
    feed.reply = body(rss(item("Bitcoin rallies", "<guid>a</guid>"), item("BITCOIN  rallies!", "<guid>b</guid>")))
    reader.refresh()
    reader.clock.moment += timedelta(hours=1)
    feed.reply = body(rss(item("Bitcoin rallies, updated", "<guid>a</guid>"), item("Bitcoin slides")))
    reader.refresh()
    assert [(one.text, one.first_seen_utc) for one in reader.lines()] == [
        ("Bitcoin rallies", NOW),
        ("Bitcoin slides", NOW + timedelta(hours=1)),
    ]


MONTHS = timedelta(days=150)


def dated(title: str, guid: str | None, moment: datetime | None) -> str:
    date = f"<pubDate>{moment:%a, %d %b %Y %H:%M:%S} GMT</pubDate>" if moment else ""
    return item(title, (f"<guid>{guid}</guid>" if guid else "") + date)


@pytest.mark.parametrize("date", [True, False], ids=["dated", "undated"])
def test_the_same_title_five_months_later_under_another_guid_is_a_new_item(feed: Feed, date: bool) -> None:
    reader = Reader(feed)
    feed.reply = body(rss(dated("Bitcoin falls", "a", NOW if date else None)))
    reader.refresh()
    reader.clock.moment += MONTHS
    feed.reply = body(rss(dated("Bitcoin falls", "b", NOW + MONTHS if date else None)))
    reader.refresh()
    assert [one.first_seen_utc for one in reader.lines()] == [NOW, NOW + MONTHS]


def test_the_same_title_without_a_guid_is_new_under_another_date_and_old_under_the_same(feed: Feed) -> None:
    reader = Reader(feed)
    feed.reply = body(rss(dated("Bitcoin falls", None, NOW)))
    reader.refresh()
    reader.clock.moment += MONTHS
    reader.refresh()
    assert len(reader.lines()) == 1, "the feed is as slow as that"
    feed.reply = body(rss(dated("Bitcoin falls", None, NOW + MONTHS)))
    reader.refresh()
    assert len(reader.lines()) == 2


def test_an_item_without_guid_and_date_is_old_as_long_as_it_stays_in_the_feed(feed: Feed) -> None:
    reader = Reader(feed)
    feed.reply = body(rss(item("Bitcoin falls")))
    for _ in range(10):
        reader.refresh()
        reader.clock.moment += timedelta(days=1)
    assert len(reader.lines()) == 1
    reader.clock.moment += MONTHS
    reader.refresh()
    assert len(reader.lines()) == 2


def test_an_edited_title_is_the_same_item_and_the_first_words_stay(feed: Feed) -> None:
    reader = Reader(feed)
    feed.reply = body(rss(dated("Bitcoin falls", "a", NOW)))
    reader.refresh()
    reader.clock.moment += MONTHS
    feed.reply = body(rss(dated("Bitcoin falls: what to know", "a", NOW + MONTHS)))
    reader.refresh()
    assert [one.text for one in reader.lines()] == ["Bitcoin falls"]
    assert reader.source.fresh == ()


def test_a_copy_under_another_guid_within_two_days_is_no_second_item(feed: Feed) -> None:
    reader = Reader(feed)
    feed.reply = body(rss(dated("Bitcoin falls", "a", NOW), dated("BITCOIN falls!", "b", NOW - timedelta(hours=47))))
    reader.refresh()
    assert len(reader.lines()) == 1


def test_a_date_in_the_future_is_not_believed(feed: Feed) -> None:
    feed.reply = body(rss(item("Bitcoin rallies", "<pubDate>Sat, 03 Oct 2037 08:00:00 GMT</pubDate>")))
    reader = Reader(feed)
    reader.refresh()
    assert [one.published_utc for one in reader.lines()] == [NOW]


def test_no_more_than_two_hundred_items_are_taken_from_one_answer(feed: Feed) -> None:
    feed.reply = body(rss(*(item(f"Bitcoin news {n}") for n in range(300))))
    reader = Reader(feed)
    assert reader.refresh() is None
    assert len(reader.lines()) == 200


@pytest.mark.slow
def test_old_items_are_forgotten_in_the_end(feed: Feed) -> None:
    reader = Reader(feed)
    for day in range(12):
        feed.reply = body(rss(*(item(f"Bitcoin news {day} {n}") for n in range(200))))
        reader.refresh()
    assert len(reader.lines()) == 2_000
    assert not any(one.text.startswith("Bitcoin news 0 ") for one in reader.lines())


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Accept, and say nothing until the test is over."""
    server = handler.server
    assert isinstance(server, Feed)
    server.done.wait(60)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Always a byte within each read's limit, never an end."""
    server = handler.server
    assert isinstance(server, Feed)
    handler.send_response(200)
    handler.end_headers()
    while not server.done.wait(0.05):
        handler.wfile.write(b"<")


def endless(handler: BaseHTTPRequestHandler) -> None:
    """As many bytes as the reader takes, without saying how many will come."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"<item>" * 10_000)


def bomb(handler: BaseHTTPRequestHandler) -> None:
    """A small compressed body that becomes a large one, though none was asked for."""
    body(gzip.compress(b"<" * 3_000_000), **{"Content-Encoding": "gzip"})(handler)


def elsewhere(location: str) -> Reply:
    return body(b"", status=302, Location=location)


FAULTS: dict[str, tuple[Reply, str]] = {
    "server error": (body(b"down", status=500), "500"),
    "not found": (body(b"", status=404), "404"),
    "hang": (hang, "no whole answer within 1 s"),
    "drip": (drip, "no whole answer within 1 s"),
    "oversized": (body(rss(item("x" * 200_000))), "larger than 100,000 bytes"),
    "endless": (endless, "larger than 100,000 bytes"),
    "gzip bomb": (bomb, "larger than 100,000 bytes"),
    "login page": (body(b"<html><body>log in</body></html>", kind="text/html"), "not an RSS or Atom feed"),
    "empty body": (body(b""), "not an RSS or Atom feed"),
    "no items": (body(rss()), "not an RSS or Atom feed"),
    "redirect loop": (elsewhere("/feed"), "redirect"),
    "redirect to a file": (elsewhere("file:///etc/hostname"), "protocol"),
    "broken gzip": (body(b"not gzip", **{"Content-Encoding": "gzip"}), "decompress"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_answer_keeps_the_last_good_headlines_and_says_why(feed: Feed, name: str) -> None:
    reply, why = FAULTS[name]
    reader = Reader(feed, max_bytes=100_000, timeout_s=1.0 if "within 1 s" in why else 30.0)
    feed.reply = body(rss(item("Bitcoin rallies")))
    assert reader.refresh() is None
    feed.reply = reply
    started = time.monotonic()
    failure = reader.refresh()
    assert failure is not None
    assert why in failure.lower() or why in failure
    assert time.monotonic() - started < 30, "the server says nothing for a minute, or never ends"
    assert [one.text for one in reader.lines()] == ["Bitcoin rallies"]
    feed.reply = body(rss(item("Bitcoin rallies"), item("Bitcoin slides")))
    assert reader.refresh() is None
    assert len(reader.lines()) == 2


def test_nobody_listening_is_a_reason_and_no_exception() -> None:
    silent = Feed()
    silent.server_close()
    reader = Reader(silent)
    assert reader.refresh() is not None
    assert reader.lines() == ()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "http://", "http://[", "news.xml"])
def test_an_address_that_is_not_http_is_a_reason_and_no_exception(url: str) -> None:
    settings = SourceSettings(kind="rss", name="feed", weight=1.0, url=url)
    source = RssSource(settings, SteppingClock())
    asyncio.run(source.refresh())
    assert source.failure
    assert source.headlines(NOW, "BTC", LONG_AGO) == ()


def test_reading_does_not_wait_for_a_refresh_under_way(feed: Feed) -> None:
    feed.reply = hang
    reader = Reader(feed, timeout_s=20.0)

    async def both() -> float:
        refreshing = asyncio.create_task(reader.source.refresh())
        await asyncio.sleep(0.05)
        started = time.monotonic()
        reader.lines()
        waited = time.monotonic() - started
        refreshing.cancel()
        return waited

    assert asyncio.run(both()) < 10.0


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.mark.slow
def test_every_collected_feed_with_items_is_read_and_none_raises(feed: Feed, shared: Path) -> None:
    paths = sorted(path for path in (shared / "feeds").rglob("*") if path.is_file())
    read = 0
    for path in paths:
        sent = content(path)
        feed.reply = body(sent)
        reader = Reader(feed)
        failure = reader.refresh()
        has_items = b"<item" in sent or b"<entry" in sent
        assert failure is None or not has_items, f"{path.name}: {failure}"
        assert all(line.text.isprintable() and line.published_utc <= NOW for line in reader.everything()), path.name
        read += failure is None
    assert (read, len(paths)) == (60, 111)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("coindesk_2026-10-03_excerpt.xml", 5),
        ("cointelegraph_2026-10-03_excerpt.xml", 4),
        ("cointelegraph_2023-09-22_zh.xml", 30),
    ],
)
def test_real_crypto_feeds_give_all_their_items(feed: Feed, shared: Path, name: str, count: int) -> None:
    feed.reply = body((shared / "feeds" / "crypto_news" / name).read_bytes())
    reader = Reader(feed)
    reader.clock.moment = datetime(2026, 10, 4, tzinfo=UTC)
    assert reader.refresh() is None
    assert len(reader.everything()) == count
    assert all(line.published_utc < line.first_seen_utc for line in reader.everything())
