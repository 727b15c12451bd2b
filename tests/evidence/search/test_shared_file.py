"""A file that several processes share: who reads has the write lock already, and a failed transaction leaves nothing behind."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import exc as sa_exc

from evidence.search.shared_file import shared_engine


def counts(path: Path, wait_s: int = 0) -> list[int]:
    with shared_engine(path, wait_s).connect().execution_options(synced=False) as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT n FROM t")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "shared.db"
    with shared_engine(file, 0).connect().execution_options(synced=True) as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    return file


def test_what_was_committed_is_seen_by_everybody(path: Path) -> None:
    assert counts(path) == [1]
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT n FROM t").fetchall() == [(1,)]
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()


def test_a_transaction_holds_the_write_lock_from_its_first_read_on(path: Path) -> None:
    engine = shared_engine(path, 0)
    with engine.connect().execution_options(synced=False) as connection, connection.begin():
        before = connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one()
        with pytest.raises(sa_exc.OperationalError, match="locked"):
            counts(path)
        connection.exec_driver_sql(f"INSERT INTO t VALUES ({before + 1})")
    assert counts(path) == [1, 2]


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    engine = shared_engine(path, 0)

    def broken() -> None:
        with engine.connect().execution_options(synced=True) as connection, connection.begin():
            connection.exec_driver_sql("INSERT INTO t VALUES (7)")
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert counts(path) == [1]


@pytest.mark.parametrize(("synced", "level"), [(True, 2), (False, 1)])
def test_only_a_synced_commit_waits_for_the_disk(path: Path, synced: bool, level: int) -> None:
    with shared_engine(path, 0).connect().execution_options(synced=synced) as connection, connection.begin():
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == level


@pytest.mark.parametrize("wait_s", [0, 7])
def test_another_process_is_waited_for_as_long_as_was_said(path: Path, wait_s: int) -> None:
    with shared_engine(path, wait_s).connect().execution_options(synced=False) as connection, connection.begin():
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == wait_s * 1000


@pytest.mark.parametrize("name", ["x_?_y", "a%20b", "a#b", "a b", "\u00fc\u6f22", "a?mode=ro", ":memory:"])
def test_any_path_is_the_path_of_the_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    file = tmp_path / name / "shared.db"
    with shared_engine(file, 0).connect().execution_options(synced=True) as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    assert file.is_file()
    assert [found.name for found in tmp_path.iterdir()] == [name]
