"""Prints the fault table at the end of a run that asks for it (`FAULT_TABLE=1`, as `make faults` does): row, tests, seeds, result."""

import os
from collections import Counter, defaultdict
from typing import Any

import pytest
from matrix import ROWS, rows_of

RAN = pytest.StashKey[dict[int, Counter[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RAN] = defaultdict(Counter)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not os.environ.get("FAULT_TABLE"):
        return
    ran = config.stash[RAN]
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when == "call" or outcome != "passed":
                _count(ran, report, outcome)
    terminalreporter.section("the fault table")
    for line in table(ran):
        terminalreporter.write_line(line)


def _count(ran: dict[int, Counter[str]], report: Any, outcome: str) -> None:
    told = dict(report.user_properties)
    rows = [int(told["row"])] if "row" in told else rows_of(report.nodeid)
    for number in rows:
        ran[number]["tests"] += outcome != "skipped"
        ran[number]["lives"] += int(told.get("seeds", 0))
        ran[number]["faults"] += int(told.get("faults", 0))
        ran[number]["failed"] += outcome in ("failed", "error")
        ran[number]["skipped"] += outcome == "skipped"


def table(ran: dict[int, Counter[str]]) -> list[str]:
    """The table in Markdown."""
    lines = ["| row | what goes wrong | tests | lives | faults met | result |", "| --- | --- | --- | --- | --- | --- |"]
    for number, row in ROWS.items():
        found = ran.get(number, Counter())
        if row.why_not:
            lines.append(f"| {number} | {row.what} | | | | not applicable: {row.why_not} |")
            continue
        result = f"{found['failed']} failed" if found["failed"] else "passed" if found["tests"] else "not run"
        result += f", {found['skipped']} skipped" if found["skipped"] else ""
        lines.append(
            f"| {number} | {row.what} | {found['tests']} | {found['lives'] or ''} | {found['faults'] or ''} | {result} |"
        )
    return lines
