"""What voters say at the latest bar, the trend ensemble as it was published, and sets of voters tried through court and gate."""

from collections.abc import Sequence

from evidence.strategies.crossings import Crossing
from evidence.strategies.latest import LatestVote
from evidence.strategies.published import Published
from evidence.strategies.trial import Tried
from ops.tables.grid import Grid


def latest_grid(votes: Sequence[LatestVote]) -> Grid:
    """One row for each voter and market."""
    columns = ("Voter", "market", "close, UTC", "says", "confidence", "share", "exit", "why")
    rows = tuple(map(_row, votes))
    return Grid("", columns, rows, left=4, prose=(7,), yields=("close, UTC", "confidence", "exit", "share"))


def published_grid(found: Sequence[Published]) -> Grid:
    """One row a stretch of years."""
    columns = ("Years", "markets", "Sharpe", "growth", "deepest fall", "mean share", "turnover a year")
    return Grid("", columns, tuple(map(_years, found)), left=1)


def crossings_grid(found: Sequence[Crossing]) -> Grid:
    """One row a crossing."""
    columns = ("Market", "crossed", "close", "crossed back", "close then", "sessions", "change", "highest", "lowest")
    return Grid("", columns, tuple(map(_crossing, found)), left=2)


def trial_grid(found: Sequence[Tried], years: Sequence[int]) -> Grid:
    """One row a set of voters, with its Sharpe ratio in each year."""
    columns = ("Voters", *map(str, years), "Sharpe", "90 %", "growth", "deepest fall", "deployed", "trades")
    yields = ("deployed", "trades", *map(str, years))
    return Grid("", columns, tuple(map(_set, found)), left=1, yields=yields)


def _row(vote: LatestVote) -> tuple[str, ...]:
    def figure(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    share, left = figure(vote.exposure, ".0%"), figure(vote.exit_price, ".6g")
    at = f"{vote.at_utc:%Y-%m-%d %H:%M}"
    return vote.voter, vote.symbol, at, vote.says, figure(vote.confidence, ".2f"), share, left, vote.why


def _years(each: Published) -> tuple[str, ...]:
    return (
        f"{each.first_year}-{each.last_year}",
        str(each.markets),
        "" if each.sharpe is None else f"{each.sharpe:.2f}",
        f"{each.growth:+.0%}",
        f"{each.deepest_fall:.1%}",
        f"{each.mean_share:.0%}",
        f"{each.turnover_a_year:.1f}",
    )


def _crossing(each: Crossing) -> tuple[str, ...]:
    back = "not yet" if each.back is None else f"{each.back}"
    changes = (f"{value:+.1%}" for value in (each.change, each.highest, each.lowest))
    return each.symbol, f"{each.crossed}", f"{each.close:.6g}", back, f"{each.last:.6g}", f"{each.bars:,}", *changes


def _set(each: Tried) -> tuple[str, ...]:
    def figure(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    spread = f"{figure(each.sharpe_low)} to {figure(each.sharpe_high)}"
    growth, fall = f"{each.growth:+.1%}", f"{each.deepest_fall:.1%}"
    return (
        each.name,
        *map(figure, each.folds),
        figure(each.sharpe),
        spread,
        growth,
        fall,
        f"{each.deployed:.1%}",
        str(each.trades),
    )
