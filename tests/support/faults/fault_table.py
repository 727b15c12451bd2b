"""What of the fault plan a run of the tests has tried: one line with the sample's size, or the whole table (`FAULT_TABLE=1`)."""

import os
from collections import Counter, defaultdict
from typing import Any

SAMPLE = (
    ("KILL_POINTS", "8", "kill points and as many again while it comes back"), ("FAULT_SEEDS", "5", "lives a row and a step"),
    ("LOST_REPLY_SEEDS", "1", "times 1,002 orders with lost answers"), ("MUTATED_REPLIES", "3000", "mutated replies"),
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
        kills = [tuple(kill) for report, _ in reports for kill in dict(report.user_properties).get("kills", ())]
        if kills:
            terminalreporter.section(f"{len(kills)} sessions killed")
            for line in kill_table(kills):
                terminalreporter.write_line(line)


Kill = tuple[str, bool, int, float, float]
"""A kill: its place, whether the session was coming back, faults, when it was safe [s], of that time of the processor [s]."""
DEEPEST = 3


def way_of(place: str) -> str:
    """What leads to a place: the last functions of the program, or the event that is written there."""
    written = place.partition(" the write of ")[2]
    functions = place.partition(": ")[2].partition(" | ")[0].split(" > ")
    return f"write of {written}" if written else " > ".join(functions[-DEEPEST:])


def kill_table(kills: list[Kill]) -> list[str]:
    """The table of kill points in Markdown."""
    found: dict[str, list[Kill]] = defaultdict(list)
    for place, *rest in kills:
        found[way_of(place)].append((place, *rest))  # type: ignore[arg-type]
    head = "| killed at | times | of these while it came back | faults | safe after, at most | of that processor time |"
    return [head, "| --- | --- | --- | --- | --- | --- |"] + [
        f"| {way} | {len(each)} | {sum(again for _, again, *_ in each)} | {sum(kill[2] for kill in each)} | "
        f"{max(kill[3] for kill in each):.1f} s | {max(kill[4] for kill in each):.1f} s |"
        for way, each in sorted(found.items())
    ]


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
