"""The trial book: the number of parameter sets tried on the same bars, in a small SQLite file that all processes share.

A parameter set is counted and synced to disk before it is evaluated, so every result that anybody sees is counted. Its Sharpe
ratio is added afterwards. The same set on the same bars counts once. Database triggers refuse to delete or change a trial, so the
number can only rise. Only deleting the file resets it.
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
"""Wait for the lock [seconds]. It may be long: nothing trades meanwhile, and many workers may come at the same time."""
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


POLICIES_FILE = "policies.db"
"""The trial book of trainings and verdicts, in the folder of the user's state."""


class TrialScope(NamedTuple):
    """The bars of a trial: their SHA-256, the markets (BASE/QUOTE), and the window (aware moments)."""

    data_hash: str
    universe: tuple[str, ...]
    start_utc: datetime
    end_utc: datetime


class TrialCount(NamedTuple):
    """The number of trials. `own`: distinct parameter sets on exactly these bars. `overlapping`: those on every window that
    shares a market and a time with them, `own` included. `sharpes`: Sharpe ratios per bar of the own sets that have one."""

    own: int
    overlapping: int
    sharpes: tuple[float, ...]


class TrialBook:
    """The trial book, opened by one process."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises OutputFault when it cannot be used; then nothing may be tried."""
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

        `kind` names the command ("backtest", "sweep", "walk-forward"). Raises OutputFault when the file cannot be written;
        then no set was counted, and none may be evaluated.
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
        """Store the Sharpe ratio per bar of counted sets, by their hash. A new value replaces an older one.

        A set that was not counted is ignored. Raises OutputFault when the file cannot be written.
        """
        rows = [{"set_": name, "made": value} for name, value in sharpes.items()]
        if not rows:
            return
        with self._step(synced=False) as connection:
            number = _scope_number(connection, scope)
            made = TRIALS.update().where(TRIALS.c.scope == number, TRIALS.c.parameters == bindparam("set_"))
            connection.execute(made.values(sharpe_bar=bindparam("made")), rows)

    def tried(self, scope: TrialScope) -> TrialCount:
        """The trials so far on these bars. Raises OutputFault when the file cannot be read."""
        with self._step() as connection:
            return _counted(connection, scope)

    def close(self) -> None:
        """Close the file."""
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
    """The row number of the scope; the row is added when it is missing."""
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
