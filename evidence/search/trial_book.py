"""How many things were tried on the same bars: a small SQLite file that all processes of this user share.

A parameter set is counted before it is evaluated, and synced to disk, so that nobody can have seen a result that was not
counted; the Sharpe ratio that it made is added afterwards. The same set on the same bars counts once, whoever tries it again.
Triggers refuse to take a trial away or to make it another one: the number can only rise. Who deletes the file has forgotten
what was tried, and knows it.
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    select,
)
from sqlalchemy import exc as sa_exc
from sqlalchemy.dialects.sqlite import insert

from config.clock import aware, to_ms
from config.errors import OutputFault
from evidence.search.shared_file import shared_engine

_METADATA = MetaData()
_WAIT_S = 30
"""Nothing trades meanwhile: many workers of a sweep may come at the same time."""
SCOPES = Table(
    "scopes",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("data_hash", String, nullable=False),
    Column("universe", String, nullable=False),
    Column("start_ms", Integer, nullable=False),
    Column("end_ms", Integer, nullable=False),
    UniqueConstraint("data_hash", "universe", "start_ms", "end_ms"),
)
TRIALS = Table(
    "trials",
    _METADATA,
    Column("scope", Integer, ForeignKey("scopes.id"), primary_key=True),
    Column("parameters", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at_utc", String, nullable=False),
    Column("sharpe_bar", Float),
)
_ONLY_UPWARDS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {table}_{what.split()[0].lower()} BEFORE {what} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'a trial that was counted stays counted'); END"
    for table, what in (
        ("scopes", "DELETE"),
        ("scopes", "UPDATE"),
        ("trials", "DELETE"),
        ("trials", "UPDATE OF scope, parameters, kind, at_utc"),
    )
)


class TrialScope(NamedTuple):
    """The bars that something is tried on: their SHA-256, the markets (BASE/QUOTE), and the window (aware moments)."""

    data_hash: str
    universe: tuple[str, ...]
    start_utc: datetime
    end_utc: datetime


class TrialCount(NamedTuple):
    """What has been tried. `own`: distinct parameter sets on exactly these bars. `overlapping`: those on any window that
    shares a market and a moment with them, these included. `sharpes`: per bar, of the own ones that were scored."""

    own: int
    overlapping: int
    sharpes: tuple[float, ...]


class TrialBook:
    """The file, seen by one process."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises OutputFault when it cannot be used: then nothing may be tried."""
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise self._fault(fault) from fault
        self._engine = shared_engine(path, _WAIT_S)
        with self._step() as connection:
            _METADATA.create_all(connection)
            for trigger in _ONLY_UPWARDS:
                connection.exec_driver_sql(trigger)

    def count(self, scope: TrialScope, kind: str, parameters: Iterable[str], at: datetime) -> TrialCount:
        """Count parameter sets, by their hashes, before they are evaluated; committed to disk on return.

        `kind` says what tried them ("backtest", "sweep", "walk-forward"). Raises OutputFault when the file cannot be
        written: then none was counted, and none may be evaluated.
        """
        rows = [{"parameters": each} for each in dict.fromkeys(parameters)]
        with self._step() as connection:
            number = _scope_number(connection, scope)
            if rows:
                row = insert(TRIALS).values(
                    scope=number, parameters=bindparam("parameters"), kind=kind, at_utc=aware(at).isoformat()
                )
                connection.execute(row.on_conflict_do_nothing(), rows)
            return _counted(connection, scope)

    def score(self, scope: TrialScope, sharpes: Mapping[str, float]) -> None:
        """Note the Sharpe ratio per bar that counted sets have made; the latest one stands. Others are left alone.

        Raises OutputFault when the file cannot be written.
        """
        rows = [{"set_": name, "made": value} for name, value in sharpes.items()]
        if not rows:
            return
        with self._step(synced=False) as connection:
            number = _scope_number(connection, scope)
            made = TRIALS.update().where(TRIALS.c.scope == number, TRIALS.c.parameters == bindparam("set_"))
            connection.execute(made.values(sharpe_bar=bindparam("made")), rows)

    def tried(self, scope: TrialScope) -> TrialCount:
        """What has been tried so far on these bars. Raises OutputFault."""
        with self._step() as connection:
            return _counted(connection, scope)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def _step(self, *, synced: bool = True) -> Generator[Connection]:
        try:
            with self._engine.execution_options(synced=synced).begin() as connection:
                yield connection
        except sa_exc.DBAPIError as fault:
            raise self._fault(fault) from fault

    def _fault(self, fault: Exception) -> OutputFault:
        return OutputFault(
            f"The book of what was tried, {self._path.name}, cannot be used ({getattr(fault, 'orig', None) or fault}), so "
            "nothing was evaluated: a result that nobody counted would be worth nothing. Free some space or correct its "
            "rights; a damaged one can be moved away, and then what was tried so far is forgotten."
        )


def _scope_number(connection: Connection, scope: TrialScope) -> int:
    """The scope's number; a new one's when it was not there."""
    key = {
        "data_hash": scope.data_hash,
        "universe": "\n".join(sorted(scope.universe)),
        "start_ms": to_ms(scope.start_utc),
        "end_ms": to_ms(scope.end_utc),
    }
    connection.execute(insert(SCOPES).values(key).on_conflict_do_nothing())
    return int(connection.execute(select(SCOPES.c.id).filter_by(**key)).scalar_one())


def _counted(connection: Connection, scope: TrialScope) -> TrialCount:
    start_ms, end_ms, markets = to_ms(scope.start_utc), to_ms(scope.end_utc), set(scope.universe)
    near = connection.execute(select(SCOPES).where(SCOPES.c.start_ms < end_ms, SCOPES.c.end_ms > start_ms)).all()
    shared = [row.id for row in near if markets & set(row.universe.split("\n"))]
    same = (scope.data_hash, "\n".join(sorted(markets)), start_ms, end_ms)
    own = next((row.id for row in near if (row.data_hash, row.universe, row.start_ms, row.end_ms) == same), None)
    of_own = connection.execute(select(TRIALS.c.sharpe_bar).where(TRIALS.c.scope == own)).scalars().all()
    of_all = select(TRIALS.c.parameters).where(TRIALS.c.scope.in_(shared)).distinct()
    return TrialCount(
        own=len(of_own),
        overlapping=len(connection.execute(of_all).all()),
        sharpes=tuple(value for value in of_own if value is not None),
    )
