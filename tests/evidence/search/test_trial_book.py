"""The number of trials is counted before they run, by whoever runs them, and can only rise."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import OutputFault
from evidence.search.trial_book import TrialBook, TrialScope

START = datetime(2022, 1, 1, tzinfo=UTC)
END = datetime(2023, 1, 1, tzinfo=UTC)
YEAR = TrialScope("a" * 64, ("BTC/USDT", "ETH/USDT"), START, END)
ROOT = Path(__file__).resolve().parents[3]


def opened(folder: Path) -> TrialBook:
    return TrialBook(folder / "state" / "trials.db")


def test_distinct_sets_are_counted_once_each(tmp_path: Path) -> None:
    book = opened(tmp_path)
    assert book.tried(YEAR).own == 0
    assert book.count(YEAR, "sweep", ["p1", "p2", "p1"], START).own == 2
    assert book.count(YEAR, "backtest", ["p2", "p3"], START).own == 3
    assert book.count(YEAR, "walk-forward", [], START).own == 3


def test_the_order_of_the_markets_makes_no_other_universe_but_other_bars_do(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.count(YEAR, "sweep", ["p1"], START)
    assert book.count(YEAR._replace(universe=YEAR.universe[::-1]), "sweep", ["p1"], START).own == 1
    assert book.tried(YEAR._replace(data_hash="b" * 64)).own == 0


def test_a_window_that_overlaps_is_looked_at_too_and_one_that_does_not_is_not(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.count(YEAR, "sweep", ["p1", "p2"], START)
    shifted = YEAR._replace(data_hash="b" * 64, start_utc=START + timedelta(hours=1))
    assert book.count(shifted, "sweep", ["p2", "p3"], START)[:2] == (2, 3)
    assert book.tried(YEAR)[:2] == (2, 3)
    after = YEAR._replace(data_hash="c" * 64, start_utc=END, end_utc=END + timedelta(days=9))
    assert book.count(after, "sweep", ["p9"], START)[:2] == (1, 1)
    other = YEAR._replace(data_hash="d" * 64, universe=("SOL/USDT",))
    assert book.count(other, "sweep", ["p9"], START)[:2] == (1, 1)
    assert book.tried(YEAR)[:2] == (2, 3)


def test_scores_belong_to_counted_sets_only_and_the_latest_stands(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.count(YEAR, "sweep", ["p1", "p2"], START)
    book.score(YEAR, {"p1": 0.5, "never counted": 9.0})
    book.score(YEAR, {"p1": 0.25})
    book.score(YEAR, {})
    assert book.tried(YEAR) == (2, 2, (0.25,))


def test_neither_a_trial_nor_its_bars_can_be_taken_away_or_renamed(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.count(YEAR, "sweep", ["p1"], START)
    book.close()
    for statement in (
        "DELETE FROM trials",
        "DELETE FROM scopes",
        "UPDATE trials SET parameters = 'p2'",
        "UPDATE scopes SET data_hash = 'x'",
    ):
        with sqlite3.connect(tmp_path / "state" / "trials.db") as file, pytest.raises(sqlite3.IntegrityError):
            file.execute(statement)
        file.close()
    assert opened(tmp_path).tried(YEAR).own == 1


@given(st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from("abcdefgh"), max_size=5)), max_size=8))
@settings(max_examples=15)
def test_the_number_never_falls_and_is_that_of_a_set(steps: list[tuple[bool, list[str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        book, seen, last = opened(Path(folder)), set[str](), 0
        for rescored, names in steps:
            seen |= set(names)
            found = book.count(YEAR, "sweep", names, START).own
            if rescored:
                book.score(YEAR, dict.fromkeys(names, 0.1))
            assert found == len(seen) >= last
            last = found
        book.close()


def _count_some(folder: Path, first: int) -> None:
    book = opened(folder)
    for number in range(first, first + 15):
        book.count(YEAR, "sweep", [f"p{number}"], START)


@pytest.mark.slow
def test_two_processes_count_together(tmp_path: Path) -> None:
    opened(tmp_path).close()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count_some, args=(tmp_path, first)) for first in (0, 10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert opened(tmp_path).tried(YEAR).own == 25


def test_what_was_counted_before_a_kill_stays_counted(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, itertools; from datetime import UTC, datetime\n"
        "from evidence.search.trial_book import TrialBook, TrialScope\n"
        "book = TrialBook(pathlib.Path(sys.argv[1]) / 'state' / 'trials.db')\n"
        "day = [datetime(y, 1, 1, tzinfo=UTC) for y in (2022, 2023)]\n"
        "scope = TrialScope('a' * 64, ('BTC/USDT', 'ETH/USDT'), *day)\n"
        "for n in itertools.count():\n"
        "    print(book.count(scope, 'sweep', [f'p{n}'], day[0]).own, flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ)
    )
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= 10:
            break
    child.send_signal(signal.SIGKILL)
    rest = [int(line) for line in child.stdout if line.endswith("\n")]
    child.wait(30)
    child.stdout.close()
    assert opened(tmp_path).tried(YEAR).own >= max([10, *rest])


@pytest.mark.parametrize("damage", ["a folder", "no database"])
def test_a_book_that_cannot_be_used_is_named_and_nothing_may_be_tried(tmp_path: Path, damage: str) -> None:
    place = tmp_path / "state" / "trials.db"
    place.parent.mkdir()
    if damage == "a folder":
        place.mkdir()
    else:
        place.write_bytes(b"this is no database, and long enough not to be an empty one" * 20)
    with pytest.raises(OutputFault, match=r"trials\.db, cannot be used .* nothing was evaluated"):
        opened(tmp_path)
