"""A position voter for tests, as a user would write it: it speaks at midnight, and wants another share every day."""

from pathlib import Path

TEXT = '''
from agents.strategies.voter import NOTHING, Ballot
from risk.proposal import Direction

SHARES = (0.3, 0.6, 0.62, 1.0, 0.5, 0.2, 0.8, 0.0, 0.9, 0.4)


class Holder:
    """Holds a share of a full position, another one every day."""

    def __init__(self, away: float = 0.05, shares: float = 1.0) -> None:
        self.away = away
        self.shares = shares

    def vote(self, now):
        if now.close_utc.hour:
            return NOTHING
        share = SHARES[now.close_utc.toordinal() % len(SHARES)]
        if not share:
            return Ballot(Direction.SHORT, 1.0, ("nothing is to be held",), exposure=0.0)
        exit_price = now.close * (1 - self.away) if self.away else None
        wanted = share if self.shares else None
        return Ballot(Direction.LONG, 0.9, (f"{share:.0%} is to be held",), wanted, exit_price, 240)
'''


def written(folder: Path) -> Path:
    """Write the voter's file."""
    path = folder / "holder.py"
    path.write_text(TEXT)
    return path
