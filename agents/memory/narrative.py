"""A case as a short text, to recall cases with a similar text: the regime, the reasons of the voters, and the news.

The feature distance measures numbers; here they become words. Untrusted text is cleaned and shortened as it is in
prompts. The text names no symbol and no date of its own. In a blinded court it is made from the blinded case, so that
cases are not recalled by a name.
"""

from dataclasses import dataclass

from agents.court.case import Case
from agents.court.prompts.blind import blind
from agents.court.prompts.fence import clean
from agents.memory.embedder import Embedder
from agents.memory.likeness import Vector
from config.silence import Abstained
from market.signals import TechnicalSignals

CAP = 600
"""Longest narrative [characters]; about 130 tokens."""
_HEADLINES = 3
_HEADLINE_CAP = 80
_REASONS_CAP = 140
_STRONG, _WEAK = 25.0, 20.0
"""Limits of the ADX (Wilder 1978)."""
_HEAVY, _THIN = 1.5, 0.5
"""Limits of the volume, relative to its 20-bar mean."""
_LOUD = 0.2
"""Absolute sentiment above which news counts as good or bad."""


@dataclass(frozen=True, slots=True)
class CaseReader:
    """Turns cases into vectors; `blinded`: cases are read as a blinded mind reads them."""

    embedder: Embedder
    blinded: bool

    def vector(self, case: Case) -> Vector:
        """Return the case's narrative as a vector of length one [dimensionless], shape (n_dimensions,), float32."""
        return self.embedder.embed(narrative(blind(case).case if self.blinded else case))


def narrative(case: Case) -> str:
    """Return the case in words, at most `CAP` characters. The same case gives the same text."""
    market = "; ".join(f"{length} {_regime(now)}" for length, now in case.signals.items())
    votes = "; ".join(f"{vote.voter} {vote.direction}: {', '.join(vote.reasons)}" for vote in case.proposal.votes)
    return f"Market: {market}. Votes: {clean(votes, _REASONS_CAP)}. {_news(case)}"[:CAP]


def _regime(now: TechnicalSignals) -> str:
    return ", ".join((_trend(now), *_strength(now.adx_14), *_stretch(now.rsi_14), *_volume(now.volume_ratio_20)))


def _trend(now: TechnicalSignals) -> str:
    means = [mean for mean in (now.sma_50, now.sma_200) if mean is not None]
    if not means:
        return "young"
    if all(now.close > mean for mean in means):
        return "uptrend"
    return "downtrend" if all(now.close < mean for mean in means) else "between its means"


def _strength(adx: float | None) -> tuple[str, ...]:
    if adx is None or _WEAK < adx < _STRONG:
        return ()
    return ("strong trend",) if adx >= _STRONG else ("no trend to speak of",)


def _stretch(rsi: float | None) -> tuple[str, ...]:
    if rsi is None or 30 < rsi < 70:
        return ()
    return ("overbought",) if rsi >= 70 else ("oversold",)


def _volume(ratio: float | None) -> tuple[str, ...]:
    if ratio is None or _THIN < ratio < _HEAVY:
        return ()
    return ("heavy volume",) if ratio >= _HEAVY else ("thin volume",)


def _news(case: Case) -> str:
    said = [text for line in case.sentiment.headlines[:_HEADLINES] if (text := clean(line.text, _HEADLINE_CAP))]
    flags = ", ".join(flag.replace("_", " ") for flag in case.sentiment.flags)
    mood = case.sentiment.score
    if isinstance(mood, Abstained):
        tone = "News"
    else:
        tone = "Good news" if mood > _LOUD else "Bad news" if mood < -_LOUD else "Mixed news"
    return f"{tone}: {'; '.join((*said, *((flags,) if flags else ()))) or 'none'}."
