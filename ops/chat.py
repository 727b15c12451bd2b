"""`tribunal chat`: a Telegram bot that tells how a session stands, and may put the kill switch down.

    TRIBUNAL_TELEGRAM_TOKEN=... tribunal chat runs/live-001 --operator 123456789

It is a process of its own, which reads the journal behind the session: if it fails, the session does not notice. Only people on
the list are answered, by their own id and that of the chat. /halt puts the same kill switch down as `tribunal halt`; /unhalt
needs a reason and a one-time code. It ends by Ctrl-C or SIGTERM.

Exit codes: 0 ended; 2 options that cannot be read, no token, or one that is refused; 4 a journal that cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal chat",
        description="Answer a few people in Telegram: status, profit, positions, rulings; halt, and unhalt with a code.",
    )
    add(parse, "run")
    parse.add_argument(
        "--operator",
        nargs="+",
        default=[],
        metavar="USER",
        help="who may also halt and unhalt: USER, or USER@CHAT for a group",
    )
    parse.add_argument(
        "--viewer", nargs="+", default=[], metavar="USER", help="who may ask: USER, or USER@CHAT for a group"
    )
    parse.add_argument("--bot-url", metavar="URL", help="another address of the Bot API: a server of your own")
    add(parse, "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Answer, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.watch.chat import chat_command

        return chat_command(arguments)

    return ended(work, "The chat is closed.")


if __name__ == "__main__":
    sys.exit(main())
