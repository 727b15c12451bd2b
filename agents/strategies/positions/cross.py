"""Cross-sectional momentum: the strongest third of the session's markets, in a rising market.

Liu and Tsyvinski (2021), "Risks and Returns of Cryptocurrency", Review of Financial Studies 34: momentum of one to four weeks
predicts returns. Nothing was fitted here.
"""

from typing import ClassVar

from pydantic import Field, PrivateAttr

from agents.strategies.facts import Facts
from agents.strategies.voter import NOTHING, Ballot
from config.frozen import Frozen
from config.silence import Abstained
from market.indicators.window import Bars
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction


class CrossMomentum(Frozen):
    """Holds the strongest third of the session's markets by their return of 30 days, while their mean return is above 0.

    Each is held in full (a share of 1). Votes at daily closes only. With fewer than three markets there is no third.

    It can be short: of the weakest third that fell, while their mean return is below 0.
    """

    sides: ClassVar[str] = "both"

    history: ClassVar[int] = 31
    timeframe: ClassVar[str] = "1d"
    least_markets: ClassVar[int] = 3
    """With fewer there is no third."""

    strongest: float = Field(default=1 / 3, gt=0, le=1, description="share of the markets that is held [fraction]")

    _held: bool = PrivateAttr(default=False)
    _both: bool = PrivateAttr(default=False)

    def take_both_sides(self) -> None:
        """Be short as well."""
        self._both = True

    def vote(self, now: TechnicalSignals, bars: Bars, facts: Facts) -> Ballot | Abstained:
        moved = {symbol: float(seen.close[-1] / seen.close[0] - 1.0) for symbol, seen in facts.windows.items()}
        if len(moved) < self.least_markets:
            return Abstained(
                why=f"markets with a history of {self.history} days: {len(moved)}, and a third needs {self.least_markets}"
            )
        market = sum(moved.values()) / len(moved)
        ranked = sorted(moved, key=lambda symbol: (-moved[symbol], symbol))
        place = ranked.index(now.symbol)
        third = max(1, round(self.strongest * len(moved)))
        wanted = market > 0 and moved[now.symbol] > 0 and place < third
        sold = self._both and market < 0 and moved[now.symbol] < 0 and place >= len(moved) - third
        held, self._held = self._held, wanted or sold
        days = Timeframe.D1.seconds // now.timeframe.seconds
        if wanted:
            rank = f"number {place + 1} of {len(moved)} markets"
            why = f"{rank} with {moved[now.symbol]:+.0%} in 30 days, and together they rose by {market:.0%}"
            return Ballot(Direction.LONG, 1.0, (why,), exposure=1.0, horizon_bars=max(1, 30 * days))
        if sold:
            rank = f"number {place + 1} of {len(moved)} markets"
            why = f"{rank} with {moved[now.symbol]:+.0%} in 30 days, and together they fell by {-market:.0%}"
            return Ballot(Direction.SHORT, 1.0, (why,), exposure=1.0, horizon_bars=max(1, 30 * days))
        if held:
            why = f"number {place + 1} of {len(moved)} markets by 30 days, and all moved by {market:+.0%}"
            return Ballot(Direction.SHORT, 1.0, (why,), exposure=0.0)
        return NOTHING
