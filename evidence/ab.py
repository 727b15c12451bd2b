"""`tribunal ab --data PATH… --b-set KEY=VALUE…`: two variants on the same bars in one run, with paired intervals.

A and B begin as the same profile with the same settings, voters and bars. The options `--a-…` and `--b-…` say what differs: a
profile, a setting, other voters, one context of the profile alone, another court or none. Both run through the full engine, in
processes of their own, and both count as trials on these bars. Exit codes: 0 done, 2 wrong settings or arguments, 3 data that
cannot be trusted, 5 output, 8 a recorded answer of a model is missing, 10 a strategy failed, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_told_finer, add_world

SIDES = ("a", "b")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal ab",
        description="Run two variants, A and B, on the same bars, and compare them with paired intervals.",
        epilog="A difference whose interval contains 0 is not distinguishable from zero. Models that sit in a court are paid.",
    )
    add_world(parse, profile="backtest", recorded=True)
    add_told_finer(parse)
    for side in SIDES:
        _add_side(parse, side)
    add(parse, "--workers", "--markdown", "--json", "--quiet")
    return parse


def _add_side(parse: CommandParser, side: str) -> None:
    """What one variant has of its own."""
    name, option = side.upper(), f"--{side}"
    parse.add_argument(f"{option}-profile", metavar="NAME", help=f"profile of {name} (default: that of --profile)")
    many = {"nargs": "+", "action": "extend", "default": []}
    parse.add_argument(f"{option}-set", metavar="KEY=VALUE", help=f"settings of {name}, beside --set", **many)
    parse.add_argument(
        f"{option}-strategy", metavar="NAME", help=f"voters of {name}, as in --strategy (default: the same)", **many
    )
    parse.add_argument(
        f"{option}-context",
        metavar="NAME",
        help=f"only these contexts of the profile vote in {name} (default: all)",
        **many,
    )
    parse.add_argument(
        f"{option}-mind", metavar="NAME", help=f"who sits in the court of {name} (default: the profile's)"
    )
    parse.add_argument(f"{option}-no-court", action="store_true", help=f"nobody sits in the court of {name}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run both variants and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.ab import ab_command

        return ab_command(arguments)

    return ended(work, "Stopped. No result was kept; the trials that were started stay counted.")


if __name__ == "__main__":
    sys.exit(main())
