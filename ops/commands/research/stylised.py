"""What `tribunal stylised` does: it reads the files, draws the simulated years, and shows both."""

import argparse
import sys
from pathlib import Path

from config.errors import DataFault, UsageFault
from config.progress import Progress
from evidence.worlds.markets import recorded_facts, simulated_facts
from market.files.bars import read_bars
from market.timeframe import Timeframe
from ops.commands.requests import reading_of
from ops.files import write_output
from ops.report.stylised_picture import stylised_picture
from ops.tables.market.stylised import show_stylised, stylised_grid
from ops.terminal.data_told import tell_files

_COINS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
_MOST_SEEDS = 1_000


def stylised_command(arguments: argparse.Namespace) -> int:
    """Compare; returns the exit code. Raises UsageFault, DataFault, OutputFault."""
    if not 1 <= arguments.seeds <= _MOST_SEEDS:
        raise UsageFault(f"--seeds {arguments.seeds} is not between 1 and {_MOST_SEEDS}. Nothing was drawn.")
    paths = [Path(path) for path in arguments.data]
    candles, timeframe, files = read_bars(paths, Timeframe.H1, arguments.symbols, reading_of(arguments))
    tell_files(files, timeframe, sys.stderr)
    with Progress(arguments.seeds, "simulated years", None if arguments.quiet else sys.stderr, after_s=1.0) as progress:
        simulated = simulated_facts(range(1, arguments.seeds + 1), _COINS, progress.advance)
    try:
        real = recorded_facts(candles, f"{len(candles)} recorded markets")
    except ValueError as fault:
        raise DataFault(f"These bars cannot be compared: {fault}. Nothing was written; give whole years.") from fault
    if arguments.picture:
        write_output(Path(arguments.picture), stylised_picture(real, simulated).encode())
    if arguments.markdown:
        write_output(Path(arguments.markdown), stylised_grid(real, simulated).markdown().encode())
    show_stylised(real, simulated, as_json=arguments.json)
    return 0
