"""What was spent on models, and what may still come: a small SQLite file that all processes of this user share.

A call's worst case is committed against every budget before the call leaves, and replaced by its cost when that is known. A
process that dies in between leaves its reservation open, and open ones count in full. Each step is one BEGIN IMMEDIATE
transaction, so that two processes cannot both take the last cent. A reservation is synced to disk before the call; its
settlement is not, because a power cut that loses it only leaves the worst case. Amounts are exact decimals, kept as text.

It refuses a reservation that does not fit; it never forgets one.
"""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, create_engine, event, select
from sqlalchemy import exc as sa_exc
from sqlalchemy.dialects.sqlite import insert

from config.clock import aware
from config.errors import OutputFault

_METADATA = MetaData()
SESSIONS = Table("sessions", _METADATA, Column("id", Integer, primary_key=True), Column("begun_utc", String))
CALLS = Table(
    "calls",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("at_utc", String, nullable=False),
    Column("label", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("worst_usd", String, nullable=False),
    Column("cost_usd", String),
)
TOTALS = Table("totals", _METADATA, Column("scope", String, primary_key=True), Column("usd", String, nullable=False))


class Scope(NamedTuple):
    """One budget: what it is called ("day"), which one it is ("day 2024-05-01"), and its limit [USD]."""

    budget: str
    name: str
    limit: Decimal


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
        self._engine = _engine(path)
        with self._step() as connection:
            _METADATA.create_all(connection)
            row = SESSIONS.insert().values(begun_utc=aware(begun).isoformat())
            self.session = int(connection.execute(row.returning(SESSIONS.c.id)).scalar_one())

    def reserve(self, label: str, scopes: Sequence[Scope], worst: Decimal, at: datetime) -> Booked | Full:
        """Book `worst` [USD] against all `scopes`, or against none. Committed on return.

        Raises OutputFault when the file cannot be written.
        """
        names = [scope.name for scope in scopes]
        with self._step() as connection:
            before = _totals(connection, names)
            for scope, spent in zip(scopes, before, strict=True):
                if spent + worst > scope.limit:
                    return Full(scope, spent)
            after = tuple(spent + worst for spent in before)
            _put(connection, names, after)
            row = CALLS.insert().values(
                at_utc=aware(at).isoformat(), label=label, scopes="\n".join(names), worst_usd=str(worst)
            )
            return Booked(int(connection.execute(row.returning(CALLS.c.id)).scalar_one()), after)

    def settle(self, number: int, cost: Decimal) -> tuple[Decimal, ...]:
        """Put the cost [USD] in the place of a reservation; returns the totals of its scopes. A second time does nothing.

        Raises OutputFault when the file cannot be written: the reservation then counts in full.
        """
        with self._step(synced=False) as connection:
            row = connection.execute(select(CALLS).where(CALLS.c.id == number)).one()
            names = row.scopes.split("\n")
            before = _totals(connection, names)
            if row.cost_usd is not None:
                return before
            after = tuple(total - Decimal(row.worst_usd) + cost for total in before)
            _put(connection, names, after)
            connection.execute(CALLS.update().where(CALLS.c.id == number).values(cost_usd=str(cost)))
            return after

    def spent(self, scope: str) -> Decimal:
        """What is spent or reserved of a scope, by its name [USD]. Raises OutputFault."""
        with self._step() as connection:
            return _totals(connection, [scope])[0]

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def _step(self, *, synced: bool = True) -> Generator[Connection]:
        try:
            with self._engine.execution_options(synced=synced).begin() as connection:
                yield connection
        except (sa_exc.DBAPIError, InvalidOperation) as fault:
            raise self._fault(fault) from fault

    def _fault(self, fault: Exception) -> OutputFault:
        return OutputFault(
            f"The book of what models cost, {self._path.name}, cannot be used ({getattr(fault, 'orig', None) or fault}), so "
            "no model is asked. Free some space or correct its rights; a damaged one can be moved away, and then what was "
            "spent so far is forgotten."
        )


def _totals(connection: Connection, names: Sequence[str]) -> tuple[Decimal, ...]:
    found = connection.execute(select(TOTALS.c.scope, TOTALS.c.usd).where(TOTALS.c.scope.in_(names)))
    by_name = {row.scope: Decimal(row.usd) for row in found}
    return tuple(by_name.get(name, Decimal(0)) for name in names)


def _put(connection: Connection, names: Sequence[str], totals: Sequence[Decimal]) -> None:
    row = insert(TOTALS)
    put = row.on_conflict_do_update(index_elements=["scope"], set_={"usd": row.excluded.usd})
    connection.execute(put, [{"scope": name, "usd": str(usd)} for name, usd in zip(names, totals, strict=True)])


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: see below
        for pragma in ("busy_timeout=2000", "journal_mode=WAL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _immediate(connection: Connection) -> None:
        level = "FULL" if connection.get_execution_options()["synced"] else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
