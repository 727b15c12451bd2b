"""Sessions with models, on loopback servers, through the command's own entry point."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path

from model_server import KEY, ModelServer, Seen, Turn
from run_support import rows, run, said, voters

from agents.llm.attempt import Attempt
from agents.records.folder import JOURNAL
from agents.records.record import CycleRecord
from agents.records.registry import Recorded
from config.secrets import journal_key
from execution.journal.chain import Journal
from execution.journal.rows import Row, link

KEYS = {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY}
GARBAGE = (Turn.PROSE, Turn.OUT_OF_RANGE, Turn.REFUSAL, Turn.TRUNCATION)


def arguments(first: ModelServer, second: ModelServer | None = None, *settings: str, days: str = "5") -> list[str]:
    """Return the arguments of a session whose chain is `first` as Anthropic and, if given, `second` as OpenAI.

    Of two `settings` of one name the later one counts.
    """
    chain = "[anthropic, openai]" if second else "[anthropic]"
    places = [f"minds.providers.anthropic.base_url={first.url}"]
    places += [f"minds.providers.openai.base_url={second.url}/v1"] if second else []
    chosen = ["court.mind=models", "journal.group_commit=1", f"minds.chain={chain}", *places, *settings]
    return ["--days", days, *voters(*settings), "--set", *{each.partition("=")[0]: each for each in chosen}.values()]


class Garbage:
    """Answers without an opinion, one kind after another."""

    def __init__(self) -> None:
        self._kinds: Iterator[Turn] = cycle(GARBAGE)

    def __call__(self, seen: Seen) -> Turn:
        return next(self._kinds)


def troubled_run(out: Path) -> int:
    """Run a session in which the first provider becomes overloaded, the second then answers garbage, and the day's
    budget ends.
    """
    with (
        ModelServer([Turn.OK] * 18, default=Turn.OVERLOADED) as first,
        ModelServer([Turn.OK] * 14, default=Garbage()) as second,
    ):
        return run(out, *arguments(first, second, "minds.budget.day_usd=0.0075"))


def attempts(found: Iterable[Recorded]) -> list[Attempt]:
    return said(found, Attempt)


def records(found: Iterable[Recorded]) -> list[CycleRecord]:
    return said(found, CycleRecord)


class AsItWas:
    """An event of another journal, to be written unchanged: what a journal asks of an event, and nothing else of one."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def written_kind(self) -> str:
        return self._row.kind

    def canonical(self) -> bytes:
        return self._row.payload


def rewritten(run_folder: Path, target: Path, change: Callable[[Row], Row]) -> Path:
    """The same run with rows changed, in a chain of its own, as whoever has the key could write it."""
    target.mkdir()
    journal = Journal(target / JOURNAL, journal_key(), 1000)
    for row in rows(run_folder):
        journal.append(AsItWas(change(row)))  # type: ignore[arg-type]
    journal.close()
    return target


def cut(run_folder: Path, target: Path, events_kept: int) -> Path:
    """Return the same run as a kill after that many events would leave it."""
    target.mkdir()
    journal = Journal(target / JOURNAL, journal_key(), 1)
    for row in rows(run_folder)[:events_kept]:
        journal.append(AsItWas(row))  # type: ignore[arg-type]
    journal.close()
    return target


def forge(run_folder: Path, target: Path, seq: int, payload: bytes, key: bytes | None = None) -> Path:
    """A copy with another payload at one event; sealed anew from there on by whoever has the key."""
    found = rows(run_folder)
    shutil.copytree(run_folder, target)
    with sqlite3.connect(target / JOURNAL) as connection:
        connection.executescript("DROP TRIGGER no_update; DROP TRIGGER no_delete;")
        connection.execute("UPDATE events SET payload = ? WHERE seq = ?", (payload, seq))
        if key is not None:
            mac = found[seq - 2].mac
            for row in found[seq - 1 :]:
                mac = link(key, mac, row.seq, row.kind, payload if row.seq == seq else row.payload)
                connection.execute("UPDATE events SET mac = ? WHERE seq = ?", (mac, row.seq))
    connection.close()
    return target
