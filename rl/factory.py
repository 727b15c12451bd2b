"""Which adjuster a profile asks for.

It refuses nothing: a profile that asks for what does not exist is refused when it is loaded (`config.sections.rl`).
"""

from config.sections.rl import RlSettings
from rl.adjuster import Adjuster, Off


def adjuster_of(settings: RlSettings) -> Adjuster:
    """The adjuster that stands between the court and the gate, for a run, its replay and every computed session alike."""
    return Off()
