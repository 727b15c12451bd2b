"""What informed voters read of a case's facts: a figure by its name, or the reason why it is not known."""

from agents.strategies.facts import Facts
from config.silence import Abstained


def figure(facts: Facts, name: str) -> float | Abstained:
    """A figure of the market's context."""
    if facts.context is None:
        return Abstained(why=f"the session reads no figures beside the bars, and {name} is one")
    return facts.context.get(name)
