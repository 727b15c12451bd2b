"""`tribunal backup RUN…`: one file with these runs, the journal key and what is kept beside them; and back.

    tribunal backup runs/paper-001 --to /media/usb/tribunal --keep 14
    tribunal backup --restore /media/usb/tribunal/tribunal-20261130T190000Z.tar.gz --to restored

Sessions go on meanwhile: a journal that grows is copied up to its last whole event. Each journal is verified before it counts as
kept. The file holds the journal key: whoever has it can write journals in your name, so keep it as you keep the key, or leave
the key out with --without-key. API keys are never in it. A backup is restored into a new folder; nothing is overwritten.

Exit codes: 0 done; 2 usage; 4 a journal or a backup that does not verify; 5 a folder that cannot be written.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal backup",
        description="Keep runs and the journal key in one file, or make folders of such a file again.",
    )
    add(parse, "runs", nargs="*")
    parse.add_argument("--to", metavar="FOLDER", required=True, help="folder for the backup, or for what is restored")
    parse.add_argument("--restore", metavar="FILE", help="the backup to restore into the new folder of --to")
    parse.add_argument(
        "--keep", type=int, metavar="N", help="remove all backups of the folder but the newest N afterwards"
    )
    parse.add_argument("--without-key", action="store_true", help="leave the journal key out")
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Keep or restore, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.backup import backup_command

        return backup_command(arguments)

    return ended(work, "Stopped. Nothing was kept or restored.")


if __name__ == "__main__":
    sys.exit(main())
