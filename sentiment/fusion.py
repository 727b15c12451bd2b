"""Weighs what the sources of one symbol say: one score of all of them, and each part of the sentiment apart.

A source that abstains has no weight, and the others share it. The weight of a source may age: it halves with every half-life of
the newest thing that it told.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from config.sections.sentiment import ComponentName
from config.silence import Abstained
from sentiment.crowd import Crowd
from sentiment.headline import COMPONENTS, Component, CrowdComponent, SubScore


class Said(NamedTuple):
    """What one source says of a symbol. `value` is its figure; `half_life_h`: that of its weight, None if it does not age."""

    sub: SubScore
    part: ComponentName
    half_life_h: float | None = None
    value: float | None = None

    @property
    def weight(self) -> float:
        """The weight in the combined score: 0 if the source abstains."""
        if isinstance(self.sub.score, Abstained):
            return 0.0
        if self.half_life_h is None or self.sub.newest_age_h is None:
            return self.sub.weight
        return float(self.sub.weight * 0.5 ** (self.sub.newest_age_h / self.half_life_h))


def fused(said: Sequence[Said]) -> float | None:
    """The weighted mean of the sources that do not abstain, in [-1, 1]; None when all do."""
    total = weighted = 0.0
    for one in said:
        if not isinstance(one.sub.score, Abstained):
            total += one.weight
            weighted += one.weight * one.sub.score
    return None if total == 0.0 else max(-1.0, min(1.0, weighted / total))


def components_of(said: Sequence[Said], crowds: Mapping[ComponentName, Crowd]) -> dict[str, Component]:
    """The parts for which there is a source, by name, in the order of `COMPONENTS`; Reddit and X with their crowds."""
    total = sum(one.weight for one in said)
    found: dict[str, Component] = {}
    for part in COMPONENTS:
        own = [one for one in said if one.part == part]
        if not own:
            continue
        made = _component(own, total)
        crowd = crowds.get(part)
        found[part] = made if crowd is None else CrowdComponent(**dict(made), **crowd._asdict())
    return found


def _component(own: Sequence[Said], total: float) -> Component:
    score = fused(own)
    silent = [one.sub.score.why for one in own if isinstance(one.sub.score, Abstained)]
    values = [one for one in own if one.value is not None]
    ages = [one.sub.newest_age_h for one in own if one.sub.newest_age_h is not None]
    return Component(
        score=Abstained(why="; ".join(dict.fromkeys(silent))) if score is None else score,
        share=min(1.0, sum(one.weight for one in own) / total) if total else 0.0,
        headlines=sum(one.sub.headlines for one in own) if any(one.sub.headlines for one in own) else None,
        value=max(values, key=lambda one: one.weight).value if values else None,
        age_h=min(ages, default=None),
    )
