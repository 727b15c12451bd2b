"""Feeds become a point-in-time archive, and the archive a recorded source."""

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sentiment.collect import main
from sentiment.sources.files import read_headlines
from sentiment.sources.recorded import RecordedSource

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
