"""What `evidence.riskmodel` does: read the markets, forecast and test, show, and write what was asked for.

`--plot` and `--out` are tried before the long computation, by looking at their folders, so that nothing is lost at its end.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from config.errors import DataFault, UsageFault
from config.reading.load import load_profile
from evidence.riskmodel.figures import RiskModelReport, carried, market_figures
from evidence.riskmodel.market import Market, open_market
from evidence.riskmodel.trials import Trial, forecasting_steps, ranking, trials
from market.files.bars import read_market_files
from market.timeframe import Timeframe
from ops.files import write_output
from ops.progress import StepProgress
from ops.report.riskmodel_page import exceedance_page
from ops.tables.riskmodel import riskmodel_text, show_riskmodel


def riskmodel_command(arguments: argparse.Namespace) -> int:
    """Test the risk model; returns the exit code. Raises TribunalError."""
    timeframe = _checked(arguments)
    start, end = _moment("--start", arguments.start), _moment("--end", arguments.end)
    candles = read_market_files([Path(path) for path in arguments.data], timeframe, None)
    markets = [open_market(found, arguments.window, start, end) for found in candles.values()]
    try:
        made = _trials(markets, timeframe, arguments)
        report = _report(markets, timeframe, made, arguments)
    except ValueError as fault:
        raise DataFault(
            f"These bars cannot be used to test a risk model: {fault}. Nothing was written; look at the files, or choose "
            "another stretch with --start and --end."
        ) from fault
    if arguments.plot:
        write_output(Path(arguments.plot), exceedance_page(made).encode())
    if arguments.out:
        write_output(Path(arguments.out), f"```\n{riskmodel_text(report)}```\n".encode())
    show_riskmodel(report, as_json=arguments.json)
    return 0


def _trials(markets: list[Market], timeframe: Timeframe, arguments: argparse.Namespace) -> list[Trial]:
    steps = forecasting_steps(markets, arguments.window, arguments.confidence)
    found: list[Trial] = []
    with StepProgress(steps, "forecasts", sys.stderr) as progress:
        for market in markets:
            progress.now(market.symbol)
            found += trials(
                market,
                timeframe,
                window=arguments.window,
                confidences=arguments.confidence,
                refit=arguments.refit,
                seed=arguments.seed,
                told=progress.advance,
            )
    return found


def _report(
    markets: list[Market], timeframe: Timeframe, made: list[Trial], arguments: argparse.Namespace
) -> RiskModelReport:
    highest = max(arguments.confidence)
    cells = tuple(trial.cell for trial in made)
    return RiskModelReport(
        timeframe=timeframe.value,
        window=arguments.window,
        refit=arguments.refit,
        seed=arguments.seed,
        confidences=tuple(arguments.confidence),
        in_use=load_profile("paper").limits.var_method,
        markets=tuple(
            market_figures(market, timeframe, window=arguments.window, confidence=highest) for market in markets
        ),
        carried=carried(markets, confidence=highest),
        ranking=ranking(cells),
        cells=cells,
    )


def _checked(arguments: argparse.Namespace) -> Timeframe:
    """The timeframe; refuses what no estimator can work with, and places that cannot be written."""
    try:
        timeframe = Timeframe(arguments.timeframe)
    except ValueError:
        raise UsageFault(
            f"--timeframe {arguments.timeframe!r} is not known; nothing was computed. Choose one of {', '.join(Timeframe)}."
        ) from None
    wrong = [value for value in arguments.confidence if not 0.5 < value < 1.0]
    if wrong or len(set(arguments.confidence)) < len(arguments.confidence):
        raise UsageFault("--confidence takes different numbers between 0.5 and 1, like 0.99. Nothing was computed.")
    for name, least in (("window", 50), ("refit", 1), ("seed", 0)):
        if getattr(arguments, name) < least:
            raise UsageFault(
                f"--{name} must be at least {least}, not {getattr(arguments, name)}. Nothing was computed."
            )
    for option, ending in (("plot", ".html"), ("out", ".md")):
        _writable(option, ending, getattr(arguments, option))
    return timeframe


def _writable(option: str, ending: str, path: str | None) -> None:
    if path is None:
        return
    if not path.lower().endswith(ending):
        raise UsageFault(f"--{option} writes {ending} files, and {path} is not one. Nothing was computed.")
    if not Path(path).parent.is_dir():
        raise UsageFault(f"--{option} {path}: there is no such folder. Nothing was computed; make it first.")


def _moment(option: str, text: str | None) -> datetime | None:
    """A date or a moment; without an offset it is UTC."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageFault(f"{option} {text!r} is no date; write it as 2021-06-01. Nothing was computed.") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
