"""News sentiment."""

from pydantic import Field

from agents.strategies.facts import Facts
from agents.strategies.regime import STORMY, regime_of
from agents.strategies.voter import NOTHING, Ballot, clamp
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import TechnicalSignals
from risk.proposal import Direction


class NewsSentiment(Frozen):
    """Long when the fused score of the news is at least `good`, without an alarming event, outside turbulence and crash.

    Short when it is at most -`bad`, or with an alarming event in the news. Long only: bad news is a reason to be out, and what
    it announces is in the price within minutes.
    """

    good: float = Field(default=0.35, gt=0, le=1, description="score from which news is good [0..1]")
    bad: float = Field(default=0.35, gt=0, le=1, description="score below whose negative news is bad [0..1]")

    def vote(self, now: TechnicalSignals, facts: Facts) -> Ballot | Abstained:
        news = facts.sentiment
        if news is None:
            return Abstained(why="the session reads no news")
        if news.flags:
            return Ballot(Direction.SHORT, 0.7, (f"the news tells of {', '.join(news.flags)}",))
        if isinstance(news.score, Abstained):
            return news.score
        if news.score <= -self.bad:
            return Ballot(Direction.SHORT, clamp(-news.score), (f"the news is bad, with a score of {news.score:.2f}",))
        if news.score >= self.good and regime_of(now) not in STORMY:
            return Ballot(Direction.LONG, clamp(news.score), (f"the news is good, with a score of {news.score:.2f}",))
        return NOTHING
