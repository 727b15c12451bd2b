"""Makes the adjuster that a profile names.

It refuses nothing: a profile with an unknown adjuster is refused when it is loaded (`config.sections.rl`).
"""

from config.sections.rl import RlSettings
from rl.adjuster import Adjuster, Off


def adjuster_of(settings: RlSettings) -> Adjuster:
    """The adjuster between court and gate. It is the same for a run, its replay and every session of a backtest."""
    return Off()
