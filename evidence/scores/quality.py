"""Holds scorers of texts against labels: accuracy and macro-F1 beside the most frequent label and plain VADER.

A score within 0.05 of zero counts as neutral, as VADER's authors advise (Hutto & Gilbert 2014), and so does a text without a
known word. No word of the lexicon and no limit was chosen on these sets.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from config.frozen import Frozen
from config.silence import Abstained
from evidence.scores.labelled import CLASSES, Labelled

NEUTRAL = 0.05
Score = Callable[[str], float | Abstained]


class Quality(Frozen):
    """How one scorer does on one set. `opposite`: share of the texts with a good or bad label that got the opposite one.
    `silent`: share of the texts of which no word was known."""

    scorer: str
    accuracy: float
    macro_f1: float
    opposite: float
    silent: float


class SetQuality(Frozen):
    """One set, and all scorers on it; `shares` are those of the labels."""

    name: str
    by: str
    texts: int
    shares: dict[str, float]
    found: tuple[Quality, ...]


class ScoreReport(Frozen):
    """All sets."""

    sets: tuple[SetQuality, ...]


MAJORITY = "most frequent label"


def quality_of(data: Labelled, scorers: dict[str, Score], step: Callable[[], None]) -> SetQuality:
    """All scorers on one set, after the most frequent label; `step` is called after each scorer."""
    counts = Counter(data.labels)
    most = counts.most_common(1)[0][0]
    found = [_quality(MAJORITY, data.labels, [most] * len(data.labels), 0.0)]
    for name, score in scorers.items():
        scores = [score(text) for text in data.texts]
        silent = sum(isinstance(each, Abstained) for each in scores) / len(scores)
        found.append(_quality(name, data.labels, [class_of(each) for each in scores], silent))
        step()
    shares = {label: counts[label] / len(data.labels) for label in CLASSES if counts[label]}
    return SetQuality(name=data.name, by=data.by, texts=len(data.texts), shares=shares, found=tuple(found))


def class_of(score: float | Abstained) -> str:
    """The class of a score."""
    if isinstance(score, Abstained) or abs(score) < NEUTRAL:
        return "neutral"
    return "positive" if score > 0 else "negative"


def _quality(scorer: str, true: Sequence[str], given: Sequence[str], silent: float) -> Quality:
    pairs = Counter(zip(true, given, strict=True))
    polar = sum(number for (label, _), number in pairs.items() if label != "neutral")
    wrong = pairs["positive", "negative"] + pairs["negative", "positive"]
    return Quality(
        scorer=scorer,
        accuracy=sum(pairs[label, label] for label in CLASSES) / len(true),
        macro_f1=macro_f1(true, given),
        opposite=wrong / polar if polar else 0.0,
        silent=silent,
    )


def macro_f1(true: Sequence[str], given: Sequence[str]) -> float:
    """The mean over the labels that occur in `true` of F1 = 2 TP / (2 TP + FP + FN) (Van Rijsbergen 1979)."""
    pairs = Counter(zip(true, given, strict=True))
    labels, answers = Counter(true), Counter(given)
    return sum(2 * pairs[label, label] / (labels[label] + answers[label]) for label in labels) / len(labels)
