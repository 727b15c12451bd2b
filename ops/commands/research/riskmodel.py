"""What `evidence.riskmodel` does: read the markets, forecast and test, show, and write what was asked for.

`--plot` and `--out` are tried before the long computation, by looking at their folders, so that nothing is lost at its end.
"""

import argparse
import sys
from pathlib import Path

from config.errors import DataFault, UsageFault
from config.frozen import Frozen, UtcTime
from config.progress import Progress
from config.reading.load import load_profile
from config.sections.limits import RiskLimits
from evidence.riskmodel.estimator_tests import EstimatorTest, Trial, estimator_tests, forecasting_steps, ranking
from evidence.riskmodel.figures import RiskModelReport, carried, market_figures
from evidence.riskmodel.market import Market, open_market
from market.files.bars import read_bars
from market.files.reading import Reading
from market.timeframe import Timeframe
from ops.commands.requests import moment_of, reading_of, timeframe_of
from ops.files import write_output
from ops.report.riskmodel_page import exceedance_page
from ops.tables.riskmodel import riskmodel_text, show_riskmodel
from ops.terminal.data_told import tell_files
from risk.measures.horizon import horizon_of


class RiskModelRequest(Frozen):
    """What is forecast, and from what: lengths in bars, `start_utc` and `end_utc` of the time that counts.

    `timeframe` None is that of the files.
    """

    timeframe: Timeframe | None
    reading: Reading
    limits: RiskLimits
    confidences: tuple[float, ...]
    window: int
    only_days: bool
    refit: int
    seed: int
    start_utc: UtcTime | None
    end_utc: UtcTime | None
    quiet: bool

    @property
    def bars(self) -> Timeframe:
        """The length of the bars, once the files have told it. Raises ValueError before."""
        if self.timeframe is None:
            raise ValueError("the files have not been read yet")
        return self.timeframe

    @property
    def trial(self) -> Trial:
        horizon = horizon_of(self.limits, 86_400 / self.bars.seconds)
        return Trial(None if self.only_days else self.window, horizon, self.confidences, self.refit, self.seed)


def riskmodel_command(arguments: argparse.Namespace) -> int:
    """Test the risk model; returns the exit code. Raises TribunalError."""
    asked = _asked(arguments)
    paths = [Path(path) for path in arguments.data]
    candles, timeframe, files = read_bars(paths, asked.timeframe, None, asked.reading)
    tell_files(files, timeframe, sys.stderr)
    asked = asked.model_copy(update={"timeframe": timeframe})
    day_window = asked.trial.horizon.window_bars
    markets = [
        open_market(found, asked.window, day_window, asked.start_utc, asked.end_utc) for found in candles.values()
    ]
    try:
        made = _tested(markets, asked)
        report = _report(markets, made, asked)
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


def _tested(markets: list[Market], asked: RiskModelRequest) -> list[EstimatorTest]:
    steps = forecasting_steps(markets, asked.trial)
    found: list[EstimatorTest] = []
    with Progress(steps, "forecasts", None if asked.quiet else sys.stderr) as progress:
        for market in markets:
            progress.about(market.symbol)
            found += estimator_tests(market, asked.bars, asked.trial, progress.advance)
    return found


def _report(markets: list[Market], made: list[EstimatorTest], asked: RiskModelRequest) -> RiskModelReport:
    highest = max(asked.confidences)
    cells = tuple(one.cell for one in made)
    if not cells:
        raise DataFault(
            f"There are no two whole days after {asked.trial.horizon.window_bars} bars, so nothing was tested. Give a longer "
            "file, or leave out --days."
        )
    return RiskModelReport(
        timeframe=asked.bars.value,
        window=asked.window,
        bars_tested=not asked.only_days,
        day_rule=asked.limits.var_horizon,
        step_bars=asked.trial.horizon.step_bars,
        day_window_bars=asked.trial.horizon.window_bars,
        refit=asked.refit,
        seed=asked.seed,
        confidences=asked.confidences,
        in_use=asked.limits.var_method,
        markets=tuple(
            market_figures(market, asked.bars, window=asked.window, confidence=highest) for market in markets
        ),
        carried=carried(markets, confidence=highest),
        ranking=ranking(cells),
        cells=cells,
    )


def _asked(arguments: argparse.Namespace) -> RiskModelRequest:
    """The request of a command line; refuses what no estimator can work with, and places that cannot be written."""
    timeframe = None if arguments.timeframe is None else timeframe_of(arguments.timeframe)
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
    limits = load_profile("paper").limits
    if arguments.var_horizon:
        limits = limits.model_copy(update={"var_horizon": arguments.var_horizon})
    return RiskModelRequest(
        timeframe=timeframe,
        limits=limits,
        reading=reading_of(arguments),
        confidences=tuple(arguments.confidence),
        window=arguments.window,
        only_days=arguments.days,
        refit=arguments.refit,
        seed=arguments.seed,
        start_utc=moment_of("--start", arguments.start),
        end_utc=moment_of("--end", arguments.end),
        quiet=arguments.quiet,
    )


def _writable(option: str, ending: str, path: str | None) -> None:
    if path is None:
        return
    if not path.lower().endswith(ending):
        raise UsageFault(f"--{option} writes {ending} files, and {path} is not one. Nothing was computed.")
    if not Path(path).parent.is_dir():
        raise UsageFault(f"--{option} {path}: there is no such folder. Nothing was computed; make it first.")
