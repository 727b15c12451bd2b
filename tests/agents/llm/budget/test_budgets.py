"""No budget is ever exceeded by what is spent and what is set aside, whoever asks and whoever dies."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_provider import START

from agents.llm.budget.book import SpendingBook
from agents.llm.budget.budgets import Refusal, Reservation, Spending
from config.errors import OutputFault
from config.sections.minds import BudgetSettings

BUDGET = BudgetSettings(decision_usd=Decimal("0.5"), day_usd=Decimal(1), month_usd=Decimal(2), warn_at=0.8)


def open_spending(folder: Path, budget: BudgetSettings = BUDGET) -> Spending:
    return Spending(folder / "spending.db", budget, START)


def reserved(spending: Spending, usd: str, decision: str = "d1", at: datetime = START) -> Reservation:
    found = spending.reserve(decision, "first", Decimal(usd), at)
    assert isinstance(found, Reservation)
    return found


def refused(spending: Spending, usd: str, decision: str = "d1", at: datetime = START) -> Refusal:
    found = spending.reserve(decision, "first", Decimal(usd), at)
    assert isinstance(found, Refusal)
    return found


def spent(folder: Path, scope: str) -> Decimal:
    book = SpendingBook(folder / "spending.db", START)
    try:
        return book.spent(scope)[0]
    finally:
        book.close()


def test_a_worst_case_is_set_aside_and_gives_way_to_the_cost(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    held = reserved(spending, "0.4")
    assert spent(tmp_path, "day 2024-05-01") == Decimal("0.4")
    spending.settle(held, Decimal("0.000000000001"))
    assert spent(tmp_path, "day 2024-05-01") == Decimal("0.000000000001")
    assert spent(tmp_path, "month 2024-05") == Decimal("0.000000000001")


@pytest.mark.parametrize(
    ("before", "asked", "budget"),
    [((), "0.51", "decision"), (("d2", "d3"), "0.2", "day")],
)
def test_a_call_that_does_not_fit_is_refused_and_the_budget_is_named(
    tmp_path: Path, before: tuple[str, ...], asked: str, budget: str
) -> None:
    spending = open_spending(tmp_path)
    for decision in before:
        reserved(spending, "0.45", decision)
    refusal = refused(spending, asked)
    assert refusal.budget == budget
    assert f"the {budget}'s budget of" in refusal.why
    assert spent(tmp_path, "day 2024-05-01") == Decimal("0.45") * len(before)


def test_the_month_ends_what_the_days_would_allow_and_both_end_at_midnight_utc(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    for day in range(4):
        reserved(spending, "0.5", f"d{day}", START + timedelta(days=day))
    later = START + timedelta(days=5)
    assert refused(spending, "0.01", "d9", later).budget == "month"
    last = datetime(2024, 5, 31, 23, 59, 59, tzinfo=UTC)
    assert refused(spending, "0.01", "d9", last).budget == "month"
    reserved(spending, "0.5", "d9", last + timedelta(seconds=1))


def test_the_last_cent_can_be_spent_and_nothing_after_it(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    reserved(spending, "0.5", "d1")
    reserved(spending, "0.499999999999", "d2")
    reserved(spending, "0.000000000001", "d2")
    assert refused(spending, "0.000000000001", "d3").spent == Decimal(1)


def test_a_reservation_of_a_run_that_died_counts_in_full(tmp_path: Path) -> None:
    died = open_spending(tmp_path)
    reserved(died, "0.5", "d1")
    died.close()
    after = open_spending(tmp_path)
    reserved(after, "0.5", "d1")
    assert refused(after, "0.01", "d2").budget == "day"


def test_the_same_decision_of_another_run_has_its_own_budget_of_the_same_day(tmp_path: Path) -> None:
    one, other = open_spending(tmp_path), open_spending(tmp_path)
    reserved(one, "0.5", "d1")
    reserved(other, "0.5", "d1")
    assert refused(one, "0.01", "d1").budget == "decision"
    assert refused(other, "0.01", "d2").budget == "day"


def test_the_cost_of_a_decision_before_a_kill_counts_against_its_own_budget_only(
    tmp_path: Path,
) -> None:
    spending = open_spending(tmp_path)
    spending.carry("d1", Decimal("0.45"))
    refusal = refused(spending, "0.06", "d1")
    assert (refusal.budget, refusal.spent) == ("decision", Decimal("0.45"))
    assert "has 0.05 USD left" in refusal.why
    reserved(spending, "0.05", "d1")
    reserved(spending, "0.5", "d2")
    assert spent(tmp_path, "day 2024-05-01") == Decimal("0.55")
    assert [told.budget for told in spending.warnings()] == ["decision"]


def test_a_reservation_that_is_gone_cannot_be_settled_and_leaves_the_totals_as_they_are(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    held = reserved(spending, "0.4")
    with sqlite3.connect(tmp_path / "spending.db") as other:
        other.execute("DELETE FROM calls")
    other.close()
    spending.settle(held, Decimal("0.1"))
    assert spent(tmp_path, "day 2024-05-01") == Decimal("0.4")


def test_a_book_that_is_held_by_another_process_refuses_and_serves_again_afterwards(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    other = sqlite3.connect(tmp_path / "spending.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "locked" in refused(spending, "0.1").why
    other.close()
    reserved(spending, "0.1")


def test_settling_twice_books_once(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    held = reserved(spending, "0.4")
    spending.settle(held, Decimal("0.1"))
    spending.settle(held, Decimal("0.3"))
    assert spent(tmp_path, "day 2024-05-01") == Decimal("0.1")


def test_a_cost_above_its_worst_case_is_booked_as_it_is_and_stops_what_follows(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    spending.settle(reserved(spending, "0.1"), Decimal("1.2"))
    assert refused(spending, "0.01", "d2").spent == Decimal("1.2")


def test_each_budget_near_its_limit_is_reported_once(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    spending.settle(reserved(spending, "0.45", "d1"), Decimal("0.39"))
    assert spending.warnings() == ()
    spending.settle(reserved(spending, "0.1", "d1"), Decimal("0.05"))
    (warning,) = spending.warnings()
    assert (warning.budget, warning.spent_usd) == ("decision", Decimal("0.44"))
    assert "88% of the decision's budget" in warning.text
    spending.settle(reserved(spending, "0.5", "d2"), Decimal("0.5"))
    assert [told.budget for told in spending.warnings()] == ["day"]
    refused(spending, "0.1", "d3")
    assert spending.warnings() == ()
    reserved(open_spending(tmp_path), "0.01", "d4")


def test_a_run_that_begins_near_a_limit_is_told_although_nothing_fits(tmp_path: Path) -> None:
    before = open_spending(tmp_path)
    for decision in ("d1", "d2"):
        reserved(before, "0.48", decision)
    now = open_spending(tmp_path)
    refused(now, "0.1", "d3")
    assert [told.budget for told in now.warnings()] == ["day"]


def test_a_book_that_is_damaged_meanwhile_refuses_every_call(tmp_path: Path) -> None:
    spending = open_spending(tmp_path)
    held = reserved(spending, "0.1")
    spending.close()
    for file in tmp_path.glob("spending.db*"):
        file.unlink()
    (tmp_path / "spending.db").write_bytes(b"no database " * 1000)
    refusal = refused(spending, "0.1")
    assert refusal.budget is None
    assert "no model is asked" in refusal.why
    spending.settle(held, Decimal(0))


def test_a_damaged_book_is_an_error_before_anything_is_spent(tmp_path: Path) -> None:
    (tmp_path / "spending.db").write_bytes(b"no database " * 1000)
    with pytest.raises(OutputFault, match="moved away"):
        open_spending(tmp_path)


MICRO = st.integers(1, 600_000).map(lambda n: Decimal(n) / 1_000_000)
STEP = st.one_of(
    st.tuples(st.just("reserve"), st.integers(0, 2), st.integers(0, 2), st.integers(0, 40), MICRO),
    st.tuples(st.just("settle"), st.integers(0, 2), st.integers(0, 9), st.integers(0, 100)),
    st.tuples(st.just("crash"), st.integers(0, 2)),
)


@settings(max_examples=25)
@given(st.lists(STEP, max_size=30))
def test_whatever_the_order_of_steps_and_crashes_no_budget_is_exceeded(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str | int | Decimal, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("book")
    runs = [open_spending(folder) for _ in range(3)]
    born = [0, 1, 2]
    held: list[list[Reservation]] = [[], [], []]
    model: dict[tuple[str, object], Decimal] = {}

    def add(scopes: tuple[object, ...], usd: Decimal) -> None:
        for name, scope in zip(("decision", "day", "month"), scopes, strict=True):
            model[name, scope] = model.get((name, scope), Decimal(0)) + usd

    scopes_of: dict[int, tuple[object, ...]] = {}
    for step in steps:
        match step:
            case ("reserve", int(run), int(decision), int(days), Decimal() as worst):
                at = START + timedelta(days=days)
                scopes = ((born[run], decision), at.date(), (at.year, at.month))
                found = runs[run].reserve(f"d{decision}", "first", worst, at)
                limits = (BUDGET.decision_usd, BUDGET.day_usd, BUDGET.month_usd)
                named = zip(("decision", "day", "month"), scopes, strict=True)
                fits = all(
                    model.get(key, Decimal(0)) + worst <= limit for key, limit in zip(named, limits, strict=True)
                )
                assert isinstance(found, Reservation) == fits
                if isinstance(found, Reservation):
                    held[run].append(found)
                    scopes_of[found.number] = scopes
                    add(scopes, worst)
            case ("settle", int(run), int(which), int(percent)) if held[run]:
                done = held[run].pop(which % len(held[run]))
                cost = done.worst * percent / 100
                runs[run].settle(done, cost)
                add(scopes_of[done.number], cost - done.worst)
            case ("crash", int(run)):
                runs[run].close()
                runs[run], held[run], born[run] = open_spending(folder), [], max(born) + 1
            case _:
                continue
        for (name, _), total in model.items():
            limit = {"decision": BUDGET.decision_usd, "day": BUDGET.day_usd, "month": BUDGET.month_usd}[name]
            assert 0 <= total <= limit
    for (name, scope), total in model.items():
        if name == "day":
            assert spent(folder, f"day {scope}") == total


GREEDY = """
import sys
from datetime import datetime, UTC
from decimal import Decimal
from pathlib import Path
from agents.llm.budget.budgets import Reservation, Spending
from config.sections.minds import BudgetSettings
at = datetime(2024, 5, 1, tzinfo=UTC)
budget = BudgetSettings(decision_usd=Decimal(1), day_usd=Decimal(1), month_usd=Decimal(9), warn_at=0.8)
spending = Spending(Path(sys.argv[1]), budget, at)
got = 0
for turn in range(40):
    found = spending.reserve("d", "first", Decimal("0.03"), at)
    if isinstance(found, Reservation):
        got += 1
        if turn % 3:
            spending.settle(found, Decimal("0.02"))
print(got, flush=True)
import os
os._exit(9)
"""


@pytest.mark.slow
def test_processes_that_race_and_die_never_get_more_than_the_day_allows(tmp_path: Path) -> None:
    path = tmp_path / "spending.db"
    racing = [
        subprocess.Popen([sys.executable, "-c", GREEDY, str(path)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    got = [int(process.communicate(timeout=300)[0]) for process in racing]
    assert {process.returncode for process in racing} == {9}
    assert sum(got) >= 33
    total = spent(tmp_path, "day 2024-05-01")
    assert Decimal("0.97") < total <= Decimal(1)
