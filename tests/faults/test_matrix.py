"""Each row of the fault plan that an exchange can cause, on each step of an order's life: entry, stop, cancel and exit.

After each event: no order twice, none larger than ordered, nothing sold that was not bought here, the ledger balanced; at the end
the same money and coins there and here, and foreign coins untouched. `FAULT_SEEDS` says how many lives a row and a step have
(`make faults`: 100).
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from fault_table import counted, kill_table, size, table
from matrix import ROWS, Step, rows_of
from phases import stepped

SEEDS = size("FAULT_SEEDS")
AT_ONCE = 25
ON_THE_WIRE = [number for number, row in ROWS.items() if row.rules]
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("number", ON_THE_WIRE)
def test_a_row_on_a_step(
    number: int, step: Step, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    met, events = 0, 0
    for seed in range(0, SEEDS, AT_ONCE):
        found = stepped(tmp_path, ROWS[number], step, seed=1000 * number + seed, lives=min(AT_ONCE, SEEDS - seed))
        assert found.wrong == []
        met, events = met + found.met.total(), events + found.events
    record_property("row", number)
    record_property("cases", SEEDS)
    record_property("faults", met)
    assert events >= 3 * SEEDS
    if SEEDS >= AT_ONCE:
        assert met > 0, "the fault has happened"


def test_every_row_of_the_plan_has_tests_or_says_why_it_cannot_happen() -> None:
    assert list(ROWS) == list(range(1, 44))
    for number, row in ROWS.items():
        assert bool(row.rules or row.tests) != bool(row.why_not), number
    missing = [test for row in ROWS.values() for test in row.tests if not _is_there(test.partition("::")[0])]
    assert missing == []


def test_a_test_is_shown_under_its_rows() -> None:
    assert rows_of("tests/agents/exchange/test_journal_lost.py::test_x") == [26]
    assert rows_of("tests/config/test_clock.py::test_x") == []


def test_a_test_that_stands_alone_in_its_row_is_there() -> None:
    named = [test.partition("::") for row in ROWS.values() for test in row.tests if "::" in test]
    assert [name for path, _, name in named if f"def {name.partition('[')[0]}" not in (ROOT / path).read_text()] == []


class Report:
    """A test that has ended."""

    def __init__(self, nodeid: str, **told: int) -> None:
        self.nodeid, self.user_properties = nodeid, list(told.items())


def test_the_table_counts_cases_and_names_what_failed_was_not_run_or_cannot_happen() -> None:
    lost = Report("tests/execution/venues/exchange/test_lost_replies.py::test_x", cases=300)
    lines = table(counted([(Report("x", row=2, cases=5, faults=9), "passed"), (lost, "failed")]))
    assert "| 1 | the reply to a new order is lost | 1 | 300 |  | 1 failed |" in lines
    assert "| 2 | taken by the exchange, and the network is gone | 1 | 5 | 9 | passed |" in lines
    assert any(line.startswith("| 3 |") and line.endswith("not run |") for line in lines)
    assert any(line.startswith("| 32 |") and "not applicable: the linter" in line for line in lines)


def _is_there(beginning: str) -> bool:
    path = ROOT / beginning
    return path.is_dir() or path.is_file() or path.with_name(f"{path.name}.py").is_file()


def test_kills_are_counted_by_what_led_to_their_place() -> None:
    lines = kill_table(
        [
            ("waits: a.f > b.g > c.h > d.i | d.py:1 await x", False, 0, 1.0, 0.5),
            ("goes on: z.y > b.g > c.h > d.i | d.py:1 await x", True, 1, 2.0, 0.4),
            ("before the write of venue: heard", False, 0, 3.0, 1.0),
        ]
    )
    assert lines[2:] == [
        "| b.g > c.h > d.i | 2 | 1 | 1 | 2.0 s | 0.5 s |",
        "| write of venue: heard | 1 | 0 | 0 | 3.0 s | 1.0 s |",
    ]
