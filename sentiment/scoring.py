"""Scores a headline with VADER and our own finance and crypto lexicon.

VADER (Hutto & Gilbert 2014) handles negation, emphasis, "but" and emoji. `lexicons/finance.csv` corrects words with an everyday
meaning ("trust", "share", "bear") and adds market terms. Phrases are first joined to one token, so that "short squeeze" is not
read as two words, and "denies" or "no sign of" becomes the "not" that VADER knows. The score only counts words: it does not
recognise irony, or who profits.
"""

import csv
import re
from functools import cached_property
from importlib.resources import files
from typing import Protocol

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from config.errors import UsageFault
from config.sections.rows import named
from config.sections.sentiment import SCORERS
from config.silence import Abstained
from sentiment.text import plain

_DENIAL = re.compile(
    r"\b(?:denies|refutes|debunks|averts|foils|thwarts|no (?:evidence|signs?|risk) of)\b", re.IGNORECASE
)


NO_WORD = Abstained(why="no word was known")


class Scorer(Protocol):
    """Gives the sentiment score of a text."""

    def score(self, text: str) -> float | Abstained:
        """The score from -1 (worst) to 1 (best); Abstained for a text without any known word, as one in another language."""
        ...


def scorer_of(name: str) -> Scorer:
    """The scorer that `sentiment.scorer` names. Raises UsageFault for a `module:name` that is not there or is no scorer."""
    try:
        made: Scorer = named(SCORERS.get(name, name))()
        made.score("")
    except (ImportError, AttributeError, TypeError) as fault:
        raise UsageFault(
            f"sentiment.scorer {name!r} is no scorer ({fault}); nothing was started. Name a class without arguments whose "
            "`score(text)` gives a number from -1 to 1 or Abstained, as `module:name`."
        ) from fault
    return made


def read_lexicon() -> dict[str, float]:
    """The terms of the lexicon, in lower case and with single spaces, and their valence in [-4, 4]."""
    lines = files("sentiment").joinpath("lexicons/finance.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {row["term"].lower(): float(row["valence"]) for row in rows}


class HeadlineScorer:
    """Scores texts; the same text always has the same score. The word lists are read at the first use, in about 20 ms."""

    def score(self, text: str) -> float | Abstained:
        """VADER's compound score of the plain text, in [-1, 1]; about 0.1 ms a headline.

        Good and bad words that cancel each other are a score of 0; `NO_WORD` where no word has a valence.
        """
        joined = self._phrases.sub(_join, _DENIAL.sub("not", plain(text)))
        found = self._vader.polarity_scores(joined)
        return float(found["compound"]) if found["pos"] or found["neg"] else NO_WORD

    @cached_property
    def _lexicon(self) -> dict[str, float]:
        return read_lexicon()

    @cached_property
    def _vader(self) -> SentimentIntensityAnalyzer:
        vader = SentimentIntensityAnalyzer()
        vader.lexicon.update({re.sub("[ -]", "_", term): valence for term, valence in self._lexicon.items()})
        return vader

    @cached_property
    def _phrases(self) -> re.Pattern[str]:
        phrases = sorted((term for term in self._lexicon if re.search("[ -]", term)), key=len, reverse=True)
        forms = ("[ -]".join(map(re.escape, re.split("[ -]", phrase))) for phrase in phrases)
        return re.compile(rf"\b(?:{'|'.join(forms)})\b", re.IGNORECASE)


def _join(match: re.Match[str]) -> str:
    return re.sub("[ -]", "_", match.group())
