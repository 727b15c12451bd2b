"""What of the fault plan a run of the tests has tried: one line with the sample's size, or the whole table (`FAULT_TABLE=1`)."""

import os
from collections import Counter, defaultdict
from typing import Any

SAMPLE = (
    ("KILL_POINTS", "8", "kill points and as many again while it comes back"), ("FAULT_SEEDS", "5", "lives a row and a step"),
    ("LOST_REPLY_SEEDS", "2", "times 1,002 orders with lost answers"), ("MUTATED_REPLIES", "3000", "mutated replies"),
    ("MUTATED_PROFILES", "200", "mutated profiles"), ("SOAK_HOURS", "2", "simulated hours of soak"),
)  # fmt: skip
"""The variable that sets a size, its default, and of what; 0 kill points are all of them."""


def size(name: str) -> int:
    """The size of a part of the sample."""
    default = next(default for each, default, _ in SAMPLE if each == name)
    return int(os.environ.get(name, default))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [
        (report, outcome)
        for outcome in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call" or outcome != "passed"
    ]
    if not any(report.nodeid.startswith("tests/faults/") for report, _ in reports):
        return
    sizes = ", ".join(f"{size(name) or 'all'} {what}" for name, _, what in SAMPLE)
    terminalreporter.write_line(f"The sample of faults: {sizes}. All of it: make faults.")
    if os.environ.get("FAULT_TABLE"):
        terminalreporter.section("the fault table")
        for line in table(counted(reports)):
            terminalreporter.write_line(line)


def counted(reports: list[tuple[Any, str]]) -> dict[int, Counter[str]]:
    """What ran of each row: tests, lives or other cases of one test, faults that were met, failures."""
    from matrix import rows_of

    ran: dict[int, Counter[str]] = defaultdict(Counter)
    for report, outcome in reports:
        told = dict(report.user_properties)
        for number in [int(told["row"])] if "row" in told else rows_of(report.nodeid):
            ran[number]["tests"] += outcome != "skipped"
            ran[number]["cases"] += int(told.get("cases", outcome != "skipped"))
            ran[number]["faults"] += int(told.get("faults", 0))
            ran[number]["failed"] += outcome in ("failed", "error")
            ran[number]["skipped"] += outcome == "skipped"
    return ran


def table(ran: dict[int, Counter[str]]) -> list[str]:
    """The table in Markdown."""
    from matrix import ROWS

    lines = ["| row | what goes wrong | tests | cases | faults met | result |", "| --- | --- | --- | --- | --- | --- |"]
    for number, row in ROWS.items():
        found = ran.get(number, Counter())
        if row.why_not:
            lines.append(f"| {number} | {row.what} | | | | not applicable: {row.why_not} |")
            continue
        result = f"{found['failed']} failed" if found["failed"] else "passed" if found["tests"] else "not run"
        result += f", {found['skipped']} skipped" if found["skipped"] else ""
        lines.append(
            f"| {number} | {row.what} | {found['tests']} | {found['cases']} | {found['faults'] or ''} | {result} |"
        )
    return lines
