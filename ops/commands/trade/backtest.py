"""What `tribunal backtest` does: it turns its options into those of a run, and opens the world.

What runs and judges it is loaded when its settings are known to be right: a wrong one is told at once.
"""

import argparse

from agents.desk.world import world_of
from ops.commands.backtest_request import backtest_asked


def backtest_command(arguments: argparse.Namespace) -> int:
    """Run the backtest; returns the exit code. Raises TribunalError."""
    asked = backtest_asked(arguments)
    world = world_of(asked.run.world)

    from ops.commands.sessions.judged import backtest  # the court, the exchange, the judges

    return backtest(asked, world)
