"""Feeds become a point-in-time archive, and the archive a recorded source."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sentiment.collect import main
from sentiment.sources.files import read_headlines
from sentiment.sources.recorded import RecordedSource

ROOT = Path(__file__).resolve().parents[2]
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>
<item><title>Bitcoin exchange hacked, withdrawals halted</title><guid>1</guid></item>
<item><title>Ethereum upgrade goes live</title><guid>2</guid></item>{more}</channel></rss>"""


class Feed(http.server.BaseHTTPRequestHandler):
    body = FEED.format(more="")

    def do_GET(self) -> None:
        data = type(self).body.encode() if self.path == "/rss" else b"<html>log in</html>"
        self.send_response(200)
        self.send_header("content-type", "application/rss+xml")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Feed.body = FEED.format(more="")
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def test_what_is_new_is_added_once_and_never_shown_before_it_was_seen(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "headlines.jsonl"
    before = datetime.now(UTC)
    assert main(["--feed", f"wire={server}/rss", "--archive", str(archive)]) == 0
    assert main(["--feed", f"wire={server}/rss", "--archive", str(archive)]) == 0
    assert len(archive.read_text().splitlines()) == 2
    Feed.body = FEED.format(more="<item><title>Solana halts</title><guid>3</guid></item>")
    assert main(["--feed", f"wire={server}/rss", "--archive", str(archive)]) == 0
    assert "1 new headlines, 3 in headlines.jsonl" in capsys.readouterr().out
    source = RecordedSource("wire", 1.0, read_headlines(archive, "wire"))
    day = timedelta(days=1)
    assert source.headlines(before - day, "BTC", before - 2 * day) == ()
    assert len(source.headlines(datetime.now(UTC), "BTC", before - day)) >= 1


def dated(title: str, guid: str, moment: datetime) -> str:
    return (
        f"<item><title>{title}</title><guid>{guid}</guid><pubDate>{moment:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
    )


def test_what_an_earlier_run_archived_is_known_by_its_guid_and_its_date(server: str, tmp_path: Path) -> None:
    archive = tmp_path / "headlines.jsonl"
    old = datetime(2024, 1, 1, tzinfo=UTC)
    collect = ["--feed", f"wire={server}/rss", "--archive", str(archive)]
    Feed.body = FEED.format(more=dated("Bitcoin falls", "a", old))
    assert main(collect) == 0
    Feed.body = FEED.format(more=dated("Bitcoin falls, edited", "a", old))
    assert main(collect) == 0
    assert len(archive.read_text(encoding="utf-8").splitlines()) == 3
    Feed.body = FEED.format(more=dated("Bitcoin falls", "b", old + timedelta(days=150)))
    assert main(collect) == 0
    texts = [line.text for line in read_headlines(archive, "wire")]
    assert texts.count("Bitcoin falls") == 2
    assert len(texts) == 4


def test_an_archive_of_an_older_version_is_read_on(server: str, tmp_path: Path) -> None:
    archive = tmp_path / "headlines.jsonl"
    seen = datetime.now(UTC).isoformat()
    old = {"text": "Bitcoin exchange hacked, withdrawals halted", "source": "wire", "published_utc": seen}
    archive.write_text(json.dumps({**old, "first_seen_utc": seen, "symbols": ["BTC"]}) + "\n", encoding="utf-8")
    assert main(["--feed", f"wire={server}/rss", "--archive", str(archive)]) == 0
    assert len(read_headlines(archive, "wire")) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "ambient",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"LANG": "POSIX", "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_in_any_locale_nothing_that_was_read_is_lost(server: str, tmp_path: Path, ambient: dict[str, str]) -> None:
    Feed.body = FEED.format(
        more="<item><title>Bitcoin ₿ jumps 5% 🚀</title></item><item><title>比特币暴跌</title></item>"
    )
    archive = tmp_path / "новости.jsonl"
    for added in (4, 0):
        done = subprocess.run(
            [sys.executable, "-m", "sentiment.collect", "--feed", f"проволока={server}/rss", "--archive", str(archive)],
            capture_output=True, timeout=300, env=os.environ | ambient, cwd=ROOT,
        )  # fmt: skip
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
        assert done.stdout.startswith(b"%d new headlines, 4 in " % added)
    assert {"Bitcoin ₿ jumps 5% 🚀", "比特币暴跌"} <= {line.text for line in read_headlines(archive, "wire")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://user:secret@127.0.0.1:9"),
        ("http_proxy", "socks4://127.0.0.1:9"),
        ("HTTP_PROXY", "nonsense"),
        ("http_proxy", "http://127.0.0.1:99999"),
        ("SSL_CERT_FILE", "/nonexistent.pem"),
    ],
)
def test_a_proxy_or_certificates_that_cannot_be_used_are_one_sentence(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["--feed", "wire=http://feeds.invalid/rss", "--archive", str(tmp_path / "x.jsonl")]) == 3
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("wire: not read: ")
    assert name in told[0]
    assert "secret" not in told[0]


def test_a_line_that_a_kill_cut_short_does_not_swallow_the_next(server: str, tmp_path: Path) -> None:
    archive = tmp_path / "headlines.jsonl"
    archive.write_text('{"text":"cut sho')
    assert main(["--feed", f"wire={server}/rss", "--archive", str(archive)]) == 0
    lines = archive.read_text().splitlines()
    assert lines[0] == '{"text":"cut sho'
    assert len(lines) == 3


def test_a_feed_that_is_none_is_told_and_adds_nothing(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "headlines.jsonl"
    assert main(["--feed", f"wire={server}/login", "--archive", str(archive)]) == 3
    assert "not an RSS or Atom feed" in capsys.readouterr().err
    assert archive.read_text() == ""


@pytest.mark.parametrize("feed", ["wire", "wire=ftp://x", "=http://x", "wire=/etc/passwd"])
def test_what_is_no_feed_is_refused_before_anything_is_read(
    feed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--feed", feed, "--archive", str(tmp_path / "x.jsonl")]) == 2
    assert "is not a feed" in capsys.readouterr().err
