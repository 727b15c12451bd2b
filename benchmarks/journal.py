"""Durable events a second of the journal: singly and in groups, in a file and in PostgreSQL.

    python benchmarks/journal.py            (make bench)

With the MAC, the sync and, for PostgreSQL, the round trip to a server that this starts by itself: on a Unix socket
of this machine, with fsync on. Both stores write below /var/tmp. Each figure is the best of three turns of two seconds, in turn,
since others may use the disk. Without PostgreSQL's server its rows are left out, and that is said.
"""

import hashlib
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from config.clock import Stopwatch
from execution.journal.chain import Journal
from execution.journal.stores.pointer import POINTER
from execution.kill_switch.halting import Halt, HaltEvent

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support" / "storage"))
from postgres_server import Database, Unavailable, served

GROUPS = (1, 16, 256)
SIZES = (1_000, 16_000)
"""Bytes of an event: about an order's intent, and the record of a bar."""
_TURNS = 3
_TURN = timedelta(seconds=2)
_AT = datetime(2024, 3, 1, tzinfo=UTC)


def durable_per_second(folder: Path, group: int, size: int, url: str | None = None, turn: timedelta = _TURN) -> float:
    """Events a second that a new journal in an empty folder commits in groups of `group`. `size`: of an event [bytes]; `url`: the
    database, with its tables; None for a file."""
    why = hashlib.shake_256(str(size).encode()).hexdigest(size // 2 - 90)
    halt = Halt(scope="all", who="bench", given_utc=_AT, why=why, flatten=False)
    journal = Journal(folder / ("journal.db" if url is None else POINTER), b"b" * 32, group, url)
    watch, count = Stopwatch(), 0
    while watch.elapsed() < turn:
        for _ in range(group):
            count = journal.append(HaltEvent(action="flat", look=count, as_of_utc=_AT, halts=(halt,)))
    took = watch.elapsed()
    journal.close()
    return count / took.total_seconds()


def measured(url: str | None) -> dict[tuple[str, int, int], float]:
    """The best of all turns, by store, group and size. `url`: a database with its tables; None to leave it out."""
    best: dict[tuple[str, int, int], float] = {}
    stores = {"SQLite": None} | ({} if url is None else {"PostgreSQL": url})
    for _ in range(_TURNS):
        for store, where in stores.items():
            for group in GROUPS:
                for size in SIZES:
                    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
                        found = durable_per_second(Path(folder), group, size, where)
                    best[store, group, size] = max(found, best.get((store, group, size), 0.0))
    return best


def main() -> None:
    """Measure both stores and print the table."""
    console = Console(width=100)
    with ExitStack() as held:
        url = None
        try:
            url = Database(held.enter_context(served(fsync=True))).url
        except Unavailable as why:
            console.print(f"PostgreSQL is left out: it {why}.")
        best = measured(url)
    table = Table(box=ROUNDED, title="Durable events a second")
    for name in ("store", "events in a commit", *(f"{size:,} bytes each" for size in SIZES)):
        table.add_column(name, justify="left" if name == "store" else "right", no_wrap=True)
    for store in dict.fromkeys(key[0] for key in best):
        for group in GROUPS:
            table.add_row(store, str(group), *(f"{best[store, group, size]:,.0f}" for size in SIZES))
    console.print(table)


if __name__ == "__main__":
    main()
