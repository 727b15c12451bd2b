"""The stylised facts of real and of simulated markets, side by side: a table on the terminal, or JSON."""

import json
import sys

from evidence.worlds.markets import StylisedFacts
from ops.tables.grid import Grid, open_console

NAMES = {
    "volatility": "volatility, a year",
    "excess_kurtosis": "excess kurtosis, hours",
    "excess_kurtosis_day": "excess kurtosis, days",
    "tail_index": "tail index",
    "memory": "memory of returns, 1 h",
    "clustering_1": "clustering, 1 h",
    "clustering_24": "clustering, 24 h",
    "clustering_168": "clustering, a week",
    "leverage": "leverage effect",
    "persistence_24": "persistence, 24 h",
    "persistence_168": "persistence, a week",
    "drawdown": "deepest fall",
    "busy_hour": "busiest over quietest hour",
    "together_1": "markets together, 1 h",
    "together_24": "markets together, a day",
}
"""Each fact in words, in the order of the table."""


def stylised_grid(real: StylisedFacts, simulated: StylisedFacts) -> Grid:
    """One row a fact: nine tenths of the real years, all of them, the simulated middle, and whether it lies inside."""
    rows = []
    for name, words in NAMES.items():
        if name not in real.ranges or name not in simulated.ranges:
            continue
        known, drawn = real.ranges[name], simulated.ranges[name]
        inside = known.tenth <= drawn.middle <= known.ninth
        rows.append(
            (
                words,
                f"{known.tenth:.2f} to {known.ninth:.2f}",
                f"{known.least:.2f} to {known.most:.2f}",
                f"{drawn.middle:.2f}",
                f"{drawn.tenth:.2f} to {drawn.ninth:.2f}",
                "yes" if inside else "no",
            )
        )
    title = f"Real ({real.source}, {real.years} years) beside simulated ({simulated.years} years)"
    columns = ("fact", "real, 8 of 10", "real, all", "simulated", "simulated, 8 of 10", "inside")
    return Grid(title, columns, tuple(rows), yields=("real, all", "simulated, 8 of 10"))


def show_stylised(real: StylisedFacts, simulated: StylisedFacts, *, as_json: bool) -> None:
    """Print the table, or JSON, on stdout."""
    if as_json:
        told = {"real": real.model_dump(mode="json"), "simulated": simulated.model_dump(mode="json")}
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
        return
    open_console(sys.stdout).print(stylised_grid(real, simulated).table())
