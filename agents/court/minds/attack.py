"""A piece of counter-evidence of the rules mind."""

from typing import NamedTuple

from agents.court.opinion import Evidence


class Attack(NamedTuple):
    """A piece of counter-evidence, with a weight in [0, 1]."""

    weight: float
    evidence: Evidence


def attack(weight: float, field: str, value: float | bool | str, claim: str) -> Attack:
    """An attack that rests on one field of the case."""
    return Attack(weight, Evidence(field=field, value=value, claim=claim))
