"""Measures how much the roles of a court disagree.

Two measures over the beliefs of `evidence.rulings.statements`: for each pair of roles, how often one was for the purchase and the
other against it (above and below one half); and Krippendorff's alpha for interval data over all roles (Krippendorff 2011), which
is 1 for complete agreement, 0 for agreement by chance, and below 0 for systematic disagreement.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

from config.frozen import Frozen


class PairDisagreement(Frozen):
    """Two speakers: the number of hearings in which both spoke, and of those in which they had opposite directions."""

    one: str
    other: str
    both: int
    opposed: int


def pairs(spoken: Sequence[Mapping[str, float]]) -> tuple[PairDisagreement, ...]:
    """The disagreement of each pair of speakers. `spoken` holds, for each hearing, beliefs in [0, 1] by speaker.

    Pairs that never spoke in the same hearing are left out.
    """
    names = list(dict.fromkeys(name for beliefs in spoken for name in beliefs))
    found = []
    for one, other in combinations(names, 2):
        met = [(beliefs[one], beliefs[other]) for beliefs in spoken if one in beliefs and other in beliefs]
        if met:
            opposed = sum((a - 0.5) * (b - 0.5) < 0 for a, b in met)
            found.append(PairDisagreement(one=one, other=other, both=len(met), opposed=opposed))
    return tuple(found)


def krippendorff_alpha(units: Sequence[Sequence[float]]) -> float | None:
    """Krippendorff's alpha of interval data. Each unit holds its values; a unit with fewer than two values does not count.

    None when nothing can be compared, or when all values are equal.
    """
    paired = [values for values in units if len(values) >= 2]
    pooled = [value for values in paired for value in values]
    if len(pooled) < 2:
        return None
    expected = _squared_gaps(pooled) / (len(pooled) * (len(pooled) - 1))
    if expected <= 0:
        return None
    observed = sum(_squared_gaps(values) / (len(values) - 1) for values in paired) / len(pooled)
    return 1 - observed / expected


def _squared_gaps(values: Sequence[float]) -> float:
    """Sum of (a - b)² over all ordered pairs: 2 n Σ (v - mean)²."""
    mean = sum(values) / len(values)
    return 2 * len(values) * sum((value - mean) ** 2 for value in values)
