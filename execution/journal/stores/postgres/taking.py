"""A whole journal taken into the database in one transaction: all of it is there, or nothing."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Self

from sqlalchemy import and_, insert, select

from execution.journal.rows import Row
from execution.journal.stores.postgres.connecting import drop, engine_of, faults_told
from execution.journal.stores.postgres.tables import EVENTS, PARTS, refuse_other_tables

_PATIENCE_S = 60.0
"""How long one group of events may take."""


class Taking:
    """A connection to the database that takes journals. Its methods raise StoreFault."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._held = ExitStack()

    def __enter__(self) -> Self:
        engine = engine_of(self._url, _PATIENCE_S)
        self._held.callback(engine.dispose)
        with faults_told():
            self._connection = engine.connect()
            self._held.callback(drop, self._connection)
            refuse_other_tables(self._connection)
        return self

    def __exit__(self, *error: object) -> None:
        self._held.close()

    def new_id(self) -> str:
        """An id that no run has."""
        with faults_told():
            return str(self._connection.exec_driver_sql("SELECT gen_random_uuid()").scalar_one())

    def run_that_ends(self, count: int, mac: str) -> str | None:
        """A run whose event of this number has this MAC; None if there is none."""
        there = and_(EVENTS.c.run == PARTS.c.run, EVENTS.c.part == PARTS.c.part, EVENTS.c.seq == count)
        with faults_told():
            wanted = select(PARTS.c.run).join(EVENTS, there).where(EVENTS.c.mac == mac).limit(1)
            found = self._connection.execute(wanted).scalar()
        return None if found is None else str(found)

    def take(self, run: str, name: str, groups: Iterable[Sequence[Row]]) -> None:
        """Take the events of a run, unless they are here already."""
        with faults_told():
            if self._connection.execute(select(PARTS.c.run).where(PARTS.c.run == run)).first() is not None:
                return
            self._connection.exec_driver_sql("BEGIN")  # the connection is otherwise one statement, one transaction
            self._connection.execute(insert(PARTS).values(run=run, part=0, kept=0, name=name))
            for rows in groups:
                values = [{"run": run, "part": 0, **row._asdict()} for row in rows]
                self._connection.execute(insert(EVENTS), values)
            self._connection.exec_driver_sql("COMMIT")
