"""Adds data from files to a tape: finer bars inside its bars, mark prices, funding rates, and figures of the market context.

It refuses files that contain nothing for the session. For every market it reports what is missing and what is done without it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from config.clock import from_ms, to_ms
from config.errors import DataFault
from market.bar import Finding, FundingRate
from market.candles import grid_phase
from market.context.files.files import read_fact_files
from market.context.files.once import joined
from market.context.files.published import Published
from market.context.files.slices import facts_by_close
from market.context.files.told import FactColumns
from market.files.bars import read_finer, read_marks
from market.files.funding_rates import FundingRates, read_funding_files
from market.files.reading import AS_FOUND, Reading
from market.plausible.detail import FineBars, checked
from market.plausible.marks import MarkBars, checked_marks
from market.tape import Tape

_PAST_DAYS = 7
"""How many days of rates before the session are kept."""


def with_detail(tape: Tape, paths: Sequence[Path], reading: Reading = AS_FOUND) -> Tape:
    """The same session, with finer bars for those of its symbols that are in the files.

    Raises DataFault when a file cannot be trusted, when its bars are not finer, and when they fit no bar of the session.
    """
    found, _, files = read_finer(paths, tape.timeframe, tape.symbols, reading)
    findings = list(tape.findings)
    detail: dict[str, FineBars] = {}
    for symbol in tape.symbols:
        if symbol not in found:
            what = f"no finer bars were given: all {tape.timeframe} bars are walked as a whole"
            findings.append(Finding(symbol=symbol, at_utc=tape.start_utc, kind="detail_gap", detail=what))
            continue
        fine, troubles = checked(tape.candles[symbol], found[symbol], to_ms(tape.start_utc), to_ms(tape.end_utc))
        findings += [*found[symbol].findings, *troubles]
        detail[symbol] = fine
    names = ", ".join(path.name for path in paths)
    if not any(len(fine.closes_ms) for fine in detail.values()):
        raise DataFault(
            f"{names} has finer bars for no bar of the session ({'; '.join(finding.detail for finding in findings[-3:])}): "
            "nothing was started; give finer bars of the same markets and the same time."
        )
    label = f"{tape.source_label}, inside the bars {names}"
    return replace(tape, detail=detail, detail_files=files, findings=tuple(findings), source_label=label)


def with_marks(tape: Tape, paths: Sequence[Path], reading: Reading = AS_FOUND) -> Tape:
    """The same session, with the mark prices of those of its symbols that are in the files.

    Raises DataFault when a file cannot be trusted, when its bars are coarser than those of the session, when its prices are far
    from the traded ones, and when none is of the session's time.
    """
    found, _, files = read_marks(paths, tape.timeframe, tape.symbols, reading)
    findings = list(tape.findings)
    marks: dict[str, MarkBars] = {}
    for symbol in tape.symbols:
        if symbol not in found:
            findings.append(_unmarked(tape, symbol))
            continue
        marks[symbol], troubles = checked_marks(
            tape.candles[symbol], found[symbol], to_ms(tape.start_utc), to_ms(tape.end_utc)
        )
        findings += [*found[symbol].findings, *troubles]
    names = ", ".join(path.name for path in paths)
    if not any(len(bars.closes_ms) for bars in marks.values()):
        raise DataFault(
            f"{names} holds no mark price from {tape.start_utc:%Y-%m-%d %H:%M} to {tape.end_utc:%Y-%m-%d %H:%M} UTC: nothing was "
            "started; give those of the session's time."
        )
    label = f"{tape.source_label}, mark prices of {names}"
    return replace(tape, marks=marks, mark_files=files, findings=tuple(findings), source_label=label)


def as_perpetual(tape: Tape) -> Tape:
    """The same session on perpetuals, with a finding for each market that has no mark prices, or no funding, at all."""
    findings = list(tape.findings)
    if not tape.marks:
        findings += [_unmarked(tape, symbol) for symbol in tape.symbols]
    if not tape.funding:
        findings += [finding for symbol in tape.symbols for finding in _of_session(tape, None, symbol)[1]]
    return replace(tape, findings=tuple(findings))


def _unmarked(tape: Tape, symbol: str) -> Finding:
    what = "no mark prices were given: the traded price stands for the mark in every bar"
    return Finding(symbol=symbol, at_utc=tape.start_utc, kind="mark_gap", detail=what)


def with_funding(tape: Tape, paths: Sequence[Path]) -> Tape:
    """The same session, with funding rates for those of its symbols that are in the files.

    Raises DataFault when a file cannot be trusted, and when no rate is due in the session.
    """
    found = read_funding_files(paths, tape.symbols)
    findings, due, past = list(tape.findings), list[FundingRate](), list[FundingRate]()
    for symbol in tape.symbols:
        rates, missing = _of_session(tape, found.get(symbol), symbol)
        due += rates
        past += _before(tape, found[symbol], symbol) if symbol in found else ()
        findings += missing
    names = ", ".join(path.name for path in paths)
    if not due:
        raise DataFault(
            f"{names} holds no funding rate from {tape.start_utc:%Y-%m-%d %H:%M} to {tape.end_utc:%Y-%m-%d %H:%M} UTC: nothing "
            "was started; give the rates of the session's time."
        )
    step_ms, funding = tape.timeframe.seconds * 1000, dict[int, tuple[FundingRate, ...]]()
    for rate in sorted(due, key=lambda rate: (rate.at_utc, rate.symbol)):
        at_ms = to_ms(rate.at_utc)
        close_ms = at_ms - int(grid_phase(np.array([at_ms], dtype=np.int64), tape.timeframe)[0]) + step_ms
        funding[close_ms] = (*funding.get(close_ms, ()), rate)
    label = f"{tape.source_label}, funding of {names}"
    past.sort(key=lambda rate: (rate.at_utc, rate.symbol))
    return replace(tape, funding=funding, past_funding=tuple(past), findings=tuple(findings), source_label=label)


def with_facts(tape: Tape, paths: Sequence[Path], funding: Sequence[Path] = (), reading: Reading = AS_FOUND) -> Tape:
    """The same session, with the figures of these files in its slices; those of `funding` are rates of perpetual contracts.

    Raises DataFault when a file cannot be trusted, when files contradict each other, and when none holds a figure of the session.
    """
    files = read_fact_files(paths, tape.symbols, reading) if paths else ()
    columns = [part for file in files for part in file.columns]
    rates = read_funding_files(funding, tape.symbols) if funding else {}
    columns += [
        FactColumns("funding_rate", symbol, each.at_ms, each.at_ms, each.rate, Published.AT_ONCE)
        for symbol, each in rates.items()
    ]
    names = ", ".join(file.name for file in files)
    together = joined(", ".join(filter(None, (names, *(path.name for path in funding)))), columns)
    facts = facts_by_close(together, to_ms(tape.start_utc), to_ms(tape.end_utc), tape.timeframe.seconds * 1000)
    if files and not any(facts.values()):
        raise DataFault(
            f"{names} holds no figure that was known from {tape.start_utc:%Y-%m-%d %H:%M} to {tape.end_utc:%Y-%m-%d %H:%M} UTC: "
            "nothing was started; give the figures of the session's time."
        )
    label = f"{tape.source_label}, figures of {names}" if names else tape.source_label
    return replace(tape, facts=facts, fact_files=files, source_label=label)


def _before(tape: Tape, rates: FundingRates, symbol: str) -> Iterator[FundingRate]:
    """The rates of the last days before the session."""
    start_ms = to_ms(tape.start_utc)
    first, last = np.searchsorted(rates.at_ms, [start_ms - _PAST_DAYS * 86_400_000, start_ms]).tolist()
    for ms, rate in zip(rates.at_ms[first:last].tolist(), rates.rate[first:last].tolist(), strict=True):
        yield FundingRate(symbol=symbol, at_utc=from_ms(ms), rate=rate)


def _of_session(tape: Tape, rates: FundingRates | None, symbol: str) -> tuple[list[FundingRate], list[Finding]]:
    """The rates that are due in the session, and a finding if some are missing: nothing is charged for those."""

    def lacking(at_ms: int, what: str) -> list[Finding]:
        detail = f"{what}: nothing is charged for them"
        return [Finding(symbol=symbol, at_utc=from_ms(at_ms), kind="funding_gap", detail=detail)]

    start_ms, end_ms = to_ms(tape.start_utc), to_ms(tape.end_utc)
    first, last = (0, 0) if rates is None else np.searchsorted(rates.at_ms, [start_ms, end_ms]).tolist()
    if rates is None or first == last:
        return [], lacking(start_ms, "no funding rates were given for the session")
    at_ms, values = rates.at_ms[first:last], rates.rate[first:last]
    due = [
        FundingRate(symbol=symbol, at_utc=from_ms(ms), rate=rate)
        for ms, rate in zip(at_ms.tolist(), values.tolist(), strict=True)
    ]
    every_ms = int(np.median(np.diff(rates.at_ms))) if len(rates.at_ms) > 1 else end_ms - start_ms
    between = np.diff(np.concatenate(([start_ms - 1], at_ms, [end_ms])))
    skipped = np.maximum(-(-between // every_ms) - 1, 0)
    if not skipped.any():
        return due, []
    after = np.concatenate(([start_ms], at_ms))[int(np.flatnonzero(skipped)[0])]
    return due, lacking(
        int(after), f"{int(skipped.sum())} funding moments, {every_ms / 3_600_000:g} h apart, have no rate"
    )
