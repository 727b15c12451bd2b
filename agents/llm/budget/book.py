"""What was spent on models, and what may still come: a small SQLite file that all processes of this user share.

A call's worst case is committed against every budget before the call leaves, and replaced by its cost when that is known. A
process that dies in between leaves its reservation open, and open ones count in full. Each step is one BEGIN IMMEDIATE
transaction, so that two processes cannot both take the last cent. A reservation is synced to disk before the call, because a
log that is only written would outlive a killed process and not a power cut; its settlement is not synced, because a power cut
that loses it only leaves the worst case. Amounts are exact decimals, kept as text. One connection of the driver itself
serves a process: this stands before every call, and anything on top of the driver cost ten times as much processor time.

It refuses a reservation that does not fit; it never forgets one.
"""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from config.clock import aware
from config.errors import OutputFault

_BUSY_S = 2.0
_TABLES = (
    "CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY, begun_utc TEXT)",
    "CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY, at_utc TEXT NOT NULL, label TEXT NOT NULL, "
    "scopes TEXT NOT NULL, worst_usd TEXT NOT NULL, cost_usd TEXT)",
    "CREATE TABLE IF NOT EXISTS totals (scope TEXT PRIMARY KEY, usd TEXT NOT NULL)",
)
_PUT = "INSERT INTO totals (scope, usd) VALUES (?, ?) ON CONFLICT (scope) DO UPDATE SET usd = excluded.usd"
_BOOK = "INSERT INTO calls (at_utc, label, scopes, worst_usd) VALUES (?, ?, ?, ?)"


class Scope(NamedTuple):
    """One budget: what it is called ("day"), which one it is ("day 2024-05-01"), and its limit [USD].

    `before` is spent of it already and stands in no book [USD].
    """

    budget: str
    name: str
    limit: Decimal
    before: Decimal = Decimal(0)


class Booked(NamedTuple):
    """A reservation that is committed; `totals` are those of its scopes after it [USD]."""

    number: int
    totals: tuple[Decimal, ...]


class Full(NamedTuple):
    """The first budget that the amount does not fit into, and what is spent or reserved of it [USD]."""

    scope: Scope
    spent: Decimal


class SpendingBook:
    """The file, seen by one process. `session` is a number that no other opening of the file has."""

    def __init__(self, path: Path, begun: datetime) -> None:
        """Open or create it. Raises OutputFault when it cannot be used: then nothing may be spent."""
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise self._fault(fault) from fault
        self._connection: sqlite3.Connection | None = None
        with self._step() as connection:
            for table in _TABLES:
                connection.execute(table)
            row = connection.execute("INSERT INTO sessions (begun_utc) VALUES (?)", (aware(begun).isoformat(),))
            self.session = _number(row)

    def reserve(self, label: str, scopes: Sequence[Scope], worst: Decimal, at: datetime) -> Booked | Full:
        """Book `worst` [USD] against all `scopes`, or against none. Committed on return.

        Raises OutputFault when the file cannot be written.
        """
        names = [scope.name for scope in scopes]
        with self._step() as connection:
            before = _totals(connection, names)
            for scope, spent in zip(scopes, before, strict=True):
                if spent + scope.before + worst > scope.limit:
                    return Full(scope, spent + scope.before)
            after = tuple(spent + worst for spent in before)
            _put(connection, names, after)
            row = connection.execute(_BOOK, (aware(at).isoformat(), label, "\n".join(names), str(worst)))
            return Booked(_number(row), after)

    def settle(self, number: int, cost: Decimal) -> tuple[Decimal, ...]:
        """Put the cost [USD] in the place of a reservation; returns the totals of its scopes. A second time does nothing.

        Raises OutputFault when the file cannot be written: the reservation then counts in full.
        """
        with self._step(synced=False) as connection:
            row = connection.execute("SELECT scopes, worst_usd, cost_usd FROM calls WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise sqlite3.IntegrityError(f"reservation {number} is not there any more")
            scopes, worst, settled = row
            names = scopes.split("\n")
            before = _totals(connection, names)
            if settled is not None:
                return before
            after = tuple(total - Decimal(worst) + cost for total in before)
            _put(connection, names, after)
            connection.execute("UPDATE calls SET cost_usd = ? WHERE id = ?", (str(cost), number))
            return after

    def spent(self, scope: str) -> Decimal:
        """What is spent or reserved of a scope, by its name [USD]. Raises OutputFault."""
        with self._step() as connection:
            return _totals(connection, [scope])[0]

    def close(self) -> None:
        """Let go of the file; whatever is asked next opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _step(self, *, synced: bool = True) -> Generator[sqlite3.Connection]:
        """One transaction: committed at the end, and rolled back by closing when anything goes wrong."""
        try:
            if self._connection is None:
                self._connection = _connect(self._path)
            connection = self._connection
            connection.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except (sqlite3.Error, InvalidOperation) as fault:
            self.close()
            raise self._fault(fault) from fault
        except BaseException:
            self.close()
            raise

    def _fault(self, fault: Exception) -> OutputFault:
        return OutputFault(
            f"The book of what models cost, {self._path.name}, cannot be used ({fault}), so no model is asked. Free some space "
            "or correct its rights; a damaged one can be moved away, and then what was spent so far is forgotten."
        )


def _totals(connection: sqlite3.Connection, names: Sequence[str]) -> tuple[Decimal, ...]:
    places = ", ".join("?" * len(names))
    found = dict(connection.execute(f"SELECT scope, usd FROM totals WHERE scope IN ({places})", names))
    return tuple(Decimal(found.get(name, 0)) for name in names)


def _put(connection: sqlite3.Connection, names: Sequence[str], totals: Sequence[Decimal]) -> None:
    connection.executemany(_PUT, [(name, str(usd)) for name, usd in zip(names, totals, strict=True)])


def _number(row: sqlite3.Cursor) -> int:
    """The id of the row that was inserted."""
    assert row.lastrowid is not None
    return row.lastrowid


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that begins nothing by itself: transactions are begun and ended here alone."""
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
