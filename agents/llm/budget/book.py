"""The spending book: past and reserved costs of models, in a small SQLite file that all processes of this user share.

The worst case of a call is reserved in every budget before the request is sent, and is replaced by the real cost when
that is known. If a process dies in between, its reservation stays open, and open reservations count in full. Each
step is one BEGIN IMMEDIATE transaction, so that two processes cannot spend the same money. A reservation is synced to
disk before the call: an unsynced log survives a killed process but not a power cut. A settlement is not synced: if a
power cut loses it, only the worst case remains. Amounts are exact decimals, stored as text. Each process uses one
plain driver connection: the book is used before every call, and a library on top of the driver took ten times as much
CPU time.

It refuses a reservation that exceeds a budget. It never forgets a reservation.
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
    """One budget: its name ("day"), its period ("day 2024-05-01"), and its limit [USD].

    `before` was spent earlier and is not in the book [USD].
    """

    budget: str
    name: str
    limit: Decimal
    before: Decimal = Decimal(0)


class Booked(NamedTuple):
    """A committed reservation; `totals` are the totals of its scopes after it [USD]."""

    number: int
    totals: tuple[Decimal, ...]


class Full(NamedTuple):
    """The first budget that the amount exceeds, and its spent and reserved total [USD]."""

    scope: Scope
    spent: Decimal


class SpendingBook:
    """The file as one process sees it. `session` is a number that is unique for each opening of the file."""

    def __init__(self, path: Path, begun: datetime) -> None:
        """Open or create the file. Raises OutputFault when it cannot be used; then nothing may be spent."""
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
        """Reserve `worst` [USD] in all `scopes`, or in none. The reservation is committed on return.

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
        """Replace a reservation by the cost [USD] and return the totals of its scopes [USD]. A second call does
        nothing.

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

    def spent(self, *scopes: str) -> tuple[Decimal, ...]:
        """Return the spent and reserved total of each scope [USD]. Raises OutputFault when the file cannot be read."""
        with self._step(synced=False) as connection:
            return _totals(connection, scopes)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _step(self, *, synced: bool = True) -> Generator[sqlite3.Connection]:
        """Run one transaction: committed at the end, and rolled back by closing the connection on any error."""
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
    """Return the id of the inserted row."""
    assert row.lastrowid is not None
    return row.lastrowid


def _connect(path: Path) -> sqlite3.Connection:
    """Return a connection without automatic transactions: they begin and end only in this module."""
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
