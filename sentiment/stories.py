"""Finds the headlines with which several outlets tell the same story, so that it counts once.

Two headlines of different sources within two days are one story if they share enough of their words. The first that could be read
stays, and the later ones are left out. Copies within one source are known by their guid and title (`sentiment.sources.identity`).
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache

from config.errors import UsageFault
from config.sections.rows import named
from config.sections.sentiment import STORIES
from sentiment.headline import Headline

Alike = Callable[[str, str], bool]
"""Whether two plain texts tell the same story."""

_SHARED = 0.5
_LEAST_WORDS = 3
_WITHIN = timedelta(days=2)
_SMALL = re.compile(
    r"an?|after|amid|and|are|as|at|be|been|but|by|for|from|has|have|he|how|in|into|is|its?|new|not|of|on|or|over|says|she|than"
    r"|that|the|their|they|this|to|up|was|were|what|when|while|who|why|will|with"
)


def same_words(one: str, other: str) -> bool:
    """Whether the token sets of two headlines share half of their words (overlap coefficient), and at least three.

    The overlap coefficient |A ∩ B| / min(|A|, |B|) (Szymkiewicz 1934, Simpson 1943) bears that one outlet writes longer titles.
    """
    first, second = tokens(one), tokens(other)
    shared = len(first & second)
    return shared >= _LEAST_WORDS and shared >= _SHARED * min(len(first), len(second))


@lru_cache(maxsize=65_536)
def tokens(text: str) -> frozenset[str]:
    """The words of a headline that carry its meaning, in lower case, without plural and possessive endings."""
    words = re.findall(r"[^\W_]{2,}(?:\.\d+)?|\d+(?:\.\d+)?", re.sub(r"'s\b", "", text.casefold()))
    return frozenset(re.sub(r"(?<=[a-z]{3})s$", "", word) for word in words if not _SMALL.fullmatch(word))


def alike_of(name: str) -> Alike | None:
    """What `sentiment.same_story` names; None for `keep`, which looks for none. Raises UsageFault for a
    `module:name` that is not there or is no such function."""
    row = STORIES.get(name, name)
    if not row:
        return None
    try:
        found: Alike = named(row)
        found("one", "other")
    except (ImportError, AttributeError, TypeError) as fault:
        raise UsageFault(
            f"sentiment.same_story {name!r} compares no stories ({fault}); nothing was started. Name a function of two texts "
            "that says whether they tell the same story, as `module:name`."
        ) from fault
    return found


def told_once(told: Sequence[tuple[Headline, ...]], alike: Alike) -> tuple[tuple[Headline, ...], ...]:
    """The same headlines without those that tell what another outlet told before, in their order.

    An outlet is the `source` of a headline; an archive holds several. Only headlines that share a word are compared. Of equal
    first sights the one that is given first stays.
    """
    in_order = sorted(
        ((line.first_seen_utc, place, number) for place, lines in enumerate(told) for number, line in enumerate(lines))
    )
    kept: dict[str, list[Headline]] = {}
    gone: set[tuple[int, int]] = set()
    for _, place, number in in_order:
        line = told[place][number]
        near = Counter[int]()
        others: dict[int, Headline] = {}
        for word in tokens(line.text):
            for other in kept.get(word, ()):
                if other.source != line.source:
                    near[id(other)] += 1
                    others[id(other)] = other
        if any(_same(line, others[key], alike) for key, _ in near.most_common()):
            gone.add((place, number))
            continue
        for word in tokens(line.text):
            kept.setdefault(word, []).append(line)
    return tuple(
        tuple(line for number, line in enumerate(lines) if (place, number) not in gone)
        for place, lines in enumerate(told)
    )


def _same(line: Headline, other: Headline, alike: Alike) -> bool:
    return abs(line.published_utc - other.published_utc) <= _WITHIN and alike(line.text, other.text)
