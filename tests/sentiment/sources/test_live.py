"""Live sources against recorded and broken answers: what is taken in, what is refused with a reason, and what is not believed."""

import asyncio
import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from loopback import CRYPTO, Loopback, cut, fifty_megabytes, hang, loopback, put_reddit, sent, tree

from config.clock import Clock
from config.sections.sentiment import SentimentSettings
from config.silence import Abstained
from market.bar import Fact
from sentiment.engine import SentimentEngine
from sentiment.scoring import HeadlineScorer
from sentiment.sources.factory import build_sources
from sentiment.sources.live.fear_greed import FearGreedSource
from sentiment.sources.live.threads import Worker
from sentiment.sources.source import LiveSource
from sentiment.sources.wire import WireSource

NOW = datetime(2026, 10, 3, 12, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FNG = {"data": [{"value": "30", "timestamp": "1517443200"}, {"value": "47", "timestamp": "1790985600"}]}
ARTICLE = {"title": "Bitcoin rallies", "url": "u", "seendate": "20261003T110000Z"}
POST = {"id": "1", "text": "Bitcoin rallies", "created_at": "2026-10-03T11:00:00.000Z"}
SUBMISSION = {"title": "Bitcoin rallies", "created_utc": (NOW - MINUTE).timestamp()}
RSS = b"<rss version='2.0'><channel><title>CoinDesk: news</title><item><title>Bitcoin rallies</title></item></channel></rss>"
MORE: dict[str, dict[str, object]] = {
    "rss": {"canary": "CoinDesk"},
    "gdelt": {"query": "bitcoin", "canary": "articles"},
    "reddit": {"query": "CryptoCurrency", "canary": CRYPTO},
    "x": {"query": "bitcoin", "canary": "jack=12"},
    "fear_greed": {},
}
PLACES = {
    "rss": "/", "gdelt": "/", "fear_greed": "/", "reddit": "/r/CryptoCurrency/new", "x": "/tweets/search/recent",
}  # fmt: skip


class Moves:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_TEST_KEY", "name:secret")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """PRAW asks a server that is down three times, and draws two to six seconds of pauses between: here it asks at once."""
    monkeypatch.setattr("prawcore.sessions.FiniteRetryStrategy._sleep_seconds", lambda self: None)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as made:
        yield made


def good(server: Loopback) -> None:
    """Every kind of source, with one rally."""
    put_reddit(server, [SUBMISSION])
    server.routes["/users/12"] = tree({"data": {"id": "12", "username": "jack"}})
    server.routes["/tweets/search/recent"] = tree({"data": [POST], "meta": {"result_count": 1}})


def answer(kind: str, server: Loopback) -> None:
    good(server)
    at_root = {
        "rss": sent(RSS, kind="application/rss+xml"),
        "gdelt": tree({"articles": [ARTICLE]}),
        "fear_greed": tree(FNG),
    }
    if kind in at_root:
        server.routes["/"] = at_root[kind]


def source_of(kind: str, server: Loopback, clock: Clock, **more: object) -> LiveSource:
    row = {
        "kind": kind,
        "name": "one",
        "weight": 1.0,
        "url": server.url,
        "key_env": "TRIBUNAL_TEST_KEY",
        "timeout_s": 60.0,
        **MORE[kind],
        **more,
    }
    settings = SentimentSettings.model_validate(
        {"half_life_h": 6, "max_age_h": 48, "min_headlines": 1, "sources": [row]}
    )
    (source,) = build_sources(settings, (), clock)
    assert isinstance(source, LiveSource)
    return source


def told(source: object, at: datetime = NOW) -> object:
    """What a source tells of bitcoin: the texts, or the figure."""
    if isinstance(source, FearGreedSource):
        found = source.figure(at, "BTC")
        return found.value if isinstance(found, Fact) else None
    assert isinstance(source, WireSource)
    return [line.text for line in source.headlines(at, "BTC", LONG_AGO)]


TOLD: dict[str, object] = {kind: ["Bitcoin rallies"] for kind in MORE} | {"fear_greed": 47.0}

FAULTS = {
    "nothing there": (sent(b"", 404), "404"),
    "forbidden": (sent(b'{"message": "Forbidden", "error": 403}', 403), "403"),
    "a server that is down": (sent(b"down", 500), "500"),
    "a page instead": (sent(b"<html><body>log in</body></html>", kind="text/html"), ""),
    "an empty answer": (sent(b""), ""),
    "another encoding": (sent("{\"data\": \"й\"}".encode("cp1251")), ""),
    "a truncated answer": (cut, ""),
    "50 MB": (fifty_megabytes, "larger than 100,000 bytes"),
    "nested brackets": (sent(b"[" * 90_000), ""),
    "a list": (tree([]), ""),
    "a number": (tree(7), ""),
    "null fields": (tree({"data": None, "articles": None, "kind": None}), ""),
    "a hanging server": (hang, "no whole answer within 1 s"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MORE)
def test_a_whole_answer_is_read_and_known_from_its_first_sight(kind: str, server: Loopback) -> None:
    clock = Moves()
    answer(kind, server)
    source = source_of(kind, server, clock)
    asyncio.run(source.refresh())
    assert source.failure is None
    assert told(source) == TOLD[kind]
    assert told(source, NOW - timedelta(microseconds=1)) in ([], None)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", MORE)
def test_a_broken_answer_is_a_reason_and_what_was_told_before_stays(kind: str, fault: str, server: Loopback) -> None:
    reply, why = FAULTS[fault]
    clock = Moves()
    answer(kind, server)
    source = source_of(kind, server, clock, max_bytes=100_000)
    asyncio.run(source.refresh())
    server.routes[PLACES[kind]] = server.routes[PLACES[kind] + "/"] = reply
    if fault == "a hanging server":
        source = source_of(kind, server, clock, timeout_s=1.0)
    begun = time.monotonic()
    asyncio.run(source.refresh())
    assert source.failure
    assert why in source.failure or (kind == "reddit" and "does not answer" in source.failure)
    assert source.silence is None
    assert "secret" not in source.failure
    assert time.monotonic() - begun < 30
    if fault != "a hanging server":
        assert told(source) == TOLD[kind]


@pytest.mark.parametrize("kind", MORE)
def test_a_server_that_asks_to_wait_is_told_to_whoever_fetches(kind: str, server: Loopback) -> None:
    answer(kind, server)
    server.routes[PLACES[kind]] = server.routes[PLACES[kind] + "/"] = sent(b"slow down", 429, Retry_After="120")
    source = source_of(kind, server, Moves())
    asyncio.run(source.refresh())
    assert source.failure is not None
    assert "429" in source.failure
    assert source.wait_s == 120


@pytest.mark.parametrize(
    ("after", "wait_s"),
    [("Sat, 03 Oct 2026 12:05:00 GMT", 300), ("Sat, 03 Oct 2026 11:00:00 GMT", 0), ("99999999", 3600), ("soon", None)],
)
def test_a_date_to_wait_for_counts_from_now_and_nobody_waits_for_more_than_an_hour(
    after: str, wait_s: float | None, server: Loopback
) -> None:
    server.routes["/"] = sent(b"", 503, Retry_After=after)
    source = source_of("rss", server, Moves())
    asyncio.run(source.refresh())
    assert source.wait_s == wait_s


NONSENSE = {
    "rss": {"/": sent(RSS.replace(b"CoinDesk", b"Parked domain"), kind="application/rss+xml")},
    "gdelt": {"/": tree({"articles": []})},
    "reddit": {"/r/CryptoCurrency/new": None, "/r/CryptoCurrency/new/": None},
    "x": {"/users/12": tree({"data": {"username": "somebody"}})},
    "fear_greed": {"/": tree({"data": [{"value": "31", "timestamp": "1517443200"}, *FNG["data"][1:]]})},
}


@pytest.mark.parametrize("kind", MORE)
def test_a_source_that_does_not_tell_what_is_known_is_silenced_until_it_does(kind: str, server: Loopback) -> None:
    answer(kind, server)
    source = source_of(kind, server, Moves())
    asyncio.run(source.refresh())
    assert source.silence is None
    if kind == "reddit":
        put_reddit(server, [{**SUBMISSION, "subreddit_id": "t5_other"}])
    else:
        server.routes |= {path: reply for path, reply in NONSENSE[kind].items() if reply is not None}
    asyncio.run(source.refresh())
    assert source.silence
    settings = SentimentSettings(half_life_h=6, max_age_h=48, min_headlines=1)
    data = SentimentEngine(settings, (source,), HeadlineScorer(), Moves()).read("BTC/USDT", NOW)  # type: ignore[arg-type]
    assert data.sub_scores[0].score == Abstained(why=source.silence)
    assert data.headlines == ()
    answer(kind, server)
    asyncio.run(source.refresh())
    assert source.silence is None
    assert told(source) == TOLD[kind]


@pytest.mark.parametrize(
    "days",
    [
        [{"value": "130", "timestamp": "1790985600"}, FNG["data"][0]],
        [{"value": "47", "timestamp": "1790985600"}],
    ],
)
def test_an_index_outside_its_range_or_without_its_first_day_is_nonsense(days: list[Any], server: Loopback) -> None:
    server.routes["/"] = tree({"data": days})
    source = source_of("fear_greed", server, Moves())
    asyncio.run(source.refresh())
    assert source.silence


def test_articles_of_another_year_are_nonsense(server: Loopback) -> None:
    server.routes["/"] = tree({"articles": [{**ARTICLE, "seendate": "20201003T110000Z"}]})
    source = source_of("gdelt", server, Moves())
    asyncio.run(source.refresh())
    assert source.silence == "none of its articles has a title and a date of the last week"


def test_without_a_key_nothing_is_sent(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIBUNAL_TEST_KEY")
    answer("x", server)
    for kind in ("reddit", "x"):
        source = source_of(kind, server, Moves())
        asyncio.run(source.refresh())
        assert source.failure == "it needs your own key: set TRIBUNAL_TEST_KEY"
    assert server.asked == []


def test_reddit_uses_nothing_ambient(server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "praw.ini").write_text("[DEFAULT]\noauth_url=http://127.0.0.1:9\nuser_agent=x\n")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hidden\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("PRAW_ALLOW_ENDPOINT_OVERRIDE", "1")
    answer("reddit", server)
    source = source_of("reddit", server, Moves())
    asyncio.run(source.refresh())
    assert source.failure is None
    sent_keys = {headers.get("Authorization", "").partition(" ")[0] for _, headers in server.asked}
    assert sent_keys == {"Basic", "bearer"}


def test_what_was_deleted_and_what_has_no_moment_is_left_out(server: Loopback) -> None:
    seconds = (NOW - MINUTE).timestamp()
    put_reddit(
        server,
        [SUBMISSION, {"title": "[deleted]", "created_utc": seconds}, {"title": "Bitcoin slides"}],
        [{"body": "bitcoin is great", "created_utc": seconds}, {"body": "[removed]", "created_utc": seconds}],
    )
    source = source_of("reddit", server, Moves())
    asyncio.run(source.refresh())
    assert source.failure is None
    assert told(source) == ["Bitcoin rallies", "bitcoin is great"]


def test_a_request_that_hangs_is_not_begun_again_and_does_not_keep_the_loop(server: Loopback) -> None:
    answer("reddit", server)
    server.routes["/api/v1/access_token"] = hang
    source = source_of("reddit", server, Moves(), timeout_s=0.3)
    asyncio.run(source.refresh())
    assert source.failure == "no whole answer within 0.3 s"
    asyncio.run(source.refresh())
    assert source.failure == "the last request has not ended yet"


def test_a_thread_that_breaks_off_is_a_reason() -> None:
    async def ask() -> None:
        worker: Worker[int] = Worker("test")
        assert await worker.run(lambda: 7) == 7
        assert await worker.run(lambda: 8) == 8

    asyncio.run(ask())


def recordings(folder: Path) -> Iterator[tuple[str, int, bytes]]:
    """The address, the status and the body of each recorded exchange, without the logins."""
    for file in sorted(folder.glob("*.json.gz")):
        for one in json.loads(gzip.decompress(file.read_bytes()))["interactions"]:
            if "access_token" not in one["request"]["uri"]:
                reply = one["response"]
                yield one["request"]["uri"], reply["status"]["code"], reply["body"]["string"].encode()


def test_every_recorded_answer_of_reddit_gives_its_posts_without_the_deleted_ones(
    server: Loopback, shared: Path
) -> None:
    taken = []
    for uri, status, body in recordings(shared / "reddit" / "praw_cassettes"):
        answer("reddit", server)
        place = "comments" if "/comments" in uri else "new"
        server.routes[f"/r/CryptoCurrency/{place}"] = server.routes[f"/r/CryptoCurrency/{place}/"] = sent(body, status)
        source = source_of("reddit", server, Moves(), canary=None, max_bytes=5_000_000)
        asyncio.run(source.refresh())
        assert isinstance(source, WireSource)
        assert source.failure is None, uri
        assert all(line.text.isprintable() and line.published_utc <= NOW for line in source.seen()), uri
        taken.append(len(source.seen()))
    assert taken == [0, 1, 1, 2, 1, 2, 2, 100, 24, 6, 101, 100, 100, 100, 97, 4]


def test_every_recorded_refusal_of_reddit_is_a_reason(server: Loopback, shared: Path) -> None:
    refusals = json.loads((shared / "reddit" / "error_responses.json").read_text(encoding="utf-8"))
    for one in refusals:
        answer("reddit", server)
        body = (one.get("body") or {}).get("string", "").encode()
        server.routes["/r/CryptoCurrency/new"] = server.routes["/r/CryptoCurrency/new/"] = sent(body, one["status"])
        source = source_of("reddit", server, Moves())
        asyncio.run(source.refresh())
        assert source.failure, one["status"]
        assert told(source) == []
    assert len(refusals) == 24
