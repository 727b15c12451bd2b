"""Past cases that are near to the present one, as a model reads them: losses first, the unit of distance explained.

Two cases that have nothing to do with each other are on average 1.4 apart, in standard deviations of each figure. So what is
farther than `FARTHEST` is not shown, however few there are, and of fewer than `LEAST` known cases no spread is believed.

Near to a short sale are short sales alone, and to a purchase purchases: what the same figures meant for the other side is its
opposite, and no rule mirrors a regime, a resistance or the news. A case of the other side is not counted either.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.court.case import Case
from agents.court.prompts.fence import clean
from agents.court.shown.past import PastCase
from agents.memory.likeness import Floats, distances, features, nearest

FARTHEST = 1.0
"""Distance beyond which a case is not like the present one [standard deviations]."""
LEAST = 10
"""Known cases from which on their spread is believed [cases]."""
MOST = 3
"""Cases that are told one by one."""
TOLD_CHARS = 580
"""Longest text for a prompt [characters]; about 145 tokens."""
_ENDS = {1: "target first", -1: "stop first", 0: "neither"}
_TRAITS_CAP, _LESSON_CAP = 110, 60


class Near(NamedTuple):
    """A past case, its distance from the present one [standard deviations], and how alike their texts read (cosine), if they are
    embedded."""

    distance: float
    past: PastCase
    similarity: float | None = None


def near(case: Case, known: Sequence[PastCase], similar: Floats | None = None) -> tuple[Near, ...]:
    """The nearest past cases that are near at all, losses first and then the nearest. `known`: of the side of the case, latest
    first, each with an outcome that was known before the case; `similar`: cosines of the narratives [dimensionless],
    shape (n_cases,), float64, or None."""
    if len(known) < LEAST:
        return ()
    rows = np.array([[np.nan if value is None else value for value in one.features] for one in known])
    far = distances(features(case), rows)
    places = nearest(np.where(far <= FARTHEST, far, np.inf), similar, MOST)
    alike = [None] * len(known) if similar is None else [float(each) for each in similar]
    found = [Near(float(far[place]), known[place], alike[place]) for place in places]
    return tuple(sorted(found, key=lambda one: (one.past.return_bps > 0, one.distance)))


def told(found: Sequence[Near], known: int, *, short: bool = False) -> str:
    """The past cases for a prompt, within `TOLD_CHARS`. `known`: how many cases of this side were looked through; `short`: they
    are short sales."""
    sales = " short sales" if short else ""
    if known < LEAST:
        return f"only {known}{sales} have ended, too few to compare with" if known else ""
    if not found:
        return f"none of {known}{sales} is near"
    lost = sum(one.past.return_bps <= 0 for one in found)
    mean = sum(one.past.return_bps for one in found) / len(found)
    text = (
        f"nearest {len(found)} of {known}{sales} (distance 1: each figure one standard deviation off; none is farther): "
        f"{lost} lost, {len(found) - lost} won, mean {mean:+.0f} bps after fees"
    )
    for distance, past, similarity in found:
        reads = "" if similarity is None else f", reads alike {similarity:.2f}"
        allowed = "refused" if past.scale <= 0 else f"{past.scale:.0%} let stand"
        ended = f"{_ENDS[past.label]}, {past.return_bps:+.0f} bps in {past.bars} bars"
        stood = f"Then: {clean(past.traits, _TRAITS_CAP)}. {clean(past.lesson, _LESSON_CAP)}."
        line = f"\n- distance {distance:.1f}{reads}, {allowed}: {ended}. {stood}"
        if len(text) + len(line) > TOLD_CHARS:
            break
        text += line
    return text
