"""What only the session's own process knows: told inside the session, and absent beside it."""

import re
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import pytest
from kept_journals import JOURNALS, KEY
from run_support import run
from window_support import window_on

import ops.live.opened as opened
from agents.records.folder import JOURNAL
from execution.venues.exchange.lines.seen import LinesNow
from ops.live.following.window import Window
from ops.live.metrics.exporting import registry_of, rendered
from ops.live.metrics.of_process import OF_PROCESS
from ops.live.state.process import Process


def text_of(window: Window) -> str:
    return rendered(registry_of(window)).body.decode()


def value(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, f"{name} is not told:\n{text[-3000:]}"
    return float(found[1])


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Window:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    return window_on(JOURNALS / "exchange-0.5.0")


def test_beside_another_process_nothing_of_it_is_told(kept: Window) -> None:
    text = text_of(kept)
    assert [
        metric.full_name for metric in OF_PROCESS if re.search(rf"^{metric.full_name}[^ ]* ", text, re.MULTILINE)
    ] == []


def test_the_lines_to_exchanges_are_told_by_name_and_what_is_not_known_is_absent(kept: Window) -> None:
    kept.process = Process()
    kept.process.connected({"": lambda: LinesNow(-0.25, 10, 3, 0.5), "kraken": lambda: LinesNow(0.0, 2, 0, None)})
    text = text_of(kept)
    assert value(text, 'tribunal_exchange_clock_ahead_seconds{exchange="binance"}') == -0.25
    assert value(text, 'tribunal_exchange_requests_total{exchange="binance",result="answered"}') == 7
    assert value(text, 'tribunal_exchange_requests_total{exchange="binance",result="failed"}') == 3
    assert value(text, 'tribunal_exchange_rate_limit_used_ratio{exchange="binance"}') == 0.5
    assert 'tribunal_exchange_rate_limit_used_ratio{exchange="kraken"}' not in text


@pytest.mark.slow
def test_a_session_times_the_commits_of_its_journal_and_writes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows: list[Window] = []

    class Kept(Window):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            windows.append(self)

    monkeypatch.setattr(opened, "Window", Kept)
    served, plain = tmp_path / "a" / "r", tmp_path / "b" / "r"
    assert run(served, "--days", "3", "--seed", "3", "--set", "journal.group_commit=16", "--serve", "0") == 0
    assert run(plain, "--days", "3", "--seed", "3", "--set", "journal.group_commit=16") == 0
    text = text_of(windows[0])
    commits = value(text, "tribunal_journal_commit_seconds_count")
    assert commits > 1
    assert 0 < value(text, "tribunal_journal_commit_seconds_sum") < 60
    assert value(text, 'tribunal_journal_commit_seconds_bucket{le="+Inf"}') == commits
    assert (served / JOURNAL).read_bytes() == (plain / JOURNAL).read_bytes()


def test_noting_a_commit_costs_far_less_than_a_commit() -> None:
    process, commit = Process(), SimpleNamespace(committed=None)
    commit.committed = process.committed
    began = perf_counter()
    for _ in range(10_000):
        start = perf_counter()
        commit.committed(perf_counter() - start)
    assert (perf_counter() - began) / 10_000 < 0.0005
