"""What `tribunal backup` does: it keeps runs in one file, or restores them, and tells what is in it."""

import argparse
import json
import sys
from pathlib import Path

from agents.records.folder import JOURNAL
from config.clock import SystemClock
from config.errors import JournalFault, UsageFault
from config.files import behind_links
from config.progress import Progress
from config.secrets import KEY_FILE, journal_key, load_secrets, read_key, state_dir
from execution.journal.rows import key_id
from ops.backups.archive import drop_old, keep, restore
from ops.backups.manifest import RUNS, STATE, Manifest
from ops.backups.snapshot import end_of
from ops.tables.grid import Grid, open_console
from ops.tables.plain import moment


def backup_command(arguments: argparse.Namespace) -> int:
    """Keep or restore; returns the exit code. Raises TribunalError."""
    if arguments.restore is not None:
        return _restore(arguments)
    if not arguments.runs:
        raise UsageFault("Name the runs that are kept, or a backup with --restore. Nothing was done.")
    if arguments.keep is not None and arguments.keep < 1:
        raise UsageFault("--keep needs a number above zero. Nothing was done.")
    return _keep(arguments)


def _keep(arguments: argparse.Namespace) -> int:
    runs, into = [behind_links(Path(run)) for run in arguments.runs], Path(arguments.to)
    stream = None if arguments.quiet else sys.stderr
    with Progress(len(runs) + 1, "runs, and the file", stream, after_s=1.0) as progress:
        place, manifest = keep(
            runs,
            state_dir(load_secrets()),
            into,
            journal_key(),
            SystemClock().now(),
            with_key=not arguments.without_key,
            step=progress.advance,
        )
    gone = () if arguments.keep is None else drop_old(into, arguments.keep)
    if arguments.json:
        _tell_json(manifest, file=str(place), size=place.stat().st_size, removed=[str(old) for old in gone])
        return 0
    _print(manifest)
    key = "The journal key is in it: keep the file as you keep the key." if manifest.holds_key else _NO_KEY
    sys.stdout.write(f"Kept: {place} ({place.stat().st_size:,} bytes). {key}\n")
    if gone:
        sys.stdout.write(f"Removed {len(gone)} older: {', '.join(old.name for old in gone)}\n")
    return 0


_NO_KEY = "The journal key is not in it: without the key nothing of it can be verified."


def _restore(arguments: argparse.Namespace) -> int:
    if arguments.runs or arguments.keep is not None or arguments.without_key:
        raise UsageFault("--restore takes one backup and --to, and no runs, --keep or --without-key. Nothing was done.")
    archive, into = Path(arguments.restore), Path(arguments.to)
    with Progress(2, "steps", None if arguments.quiet else sys.stderr, after_s=1.0) as progress:
        manifest = restore(archive, into, progress.advance)
    kept_key = into / STATE / KEY_FILE
    key = read_key(kept_key) if manifest.holds_key else journal_key()
    for run in manifest.runs:
        _verify(into / RUNS / run.name, run.events, run.mac, key, named=run.key)
    if arguments.json:
        _tell_json(manifest, folder=str(into))
        return 0
    _print(manifest)
    sys.stdout.write(f"Restored in {into}: every file is what was kept, and every journal verifies.\n")
    with_state = f"TRIBUNAL_STATE_DIR={(into / STATE).absolute()} " if manifest.holds_key else ""
    for run in manifest.runs[:1]:
        sys.stdout.write(f"Next: {with_state}tribunal replay {into / RUNS / run.name}\n")
    return 0


def _verify(folder: Path, events: int, mac: str, key: bytes, *, named: str) -> None:
    if named and named != key_id(key):
        raise JournalFault(
            f"{folder.name} was sealed with the key {named}, and yours is {key_id(key)}. Its files are restored, and its journal "
            "was not verified. Set TRIBUNAL_JOURNAL_KEY to the key of the machine that wrote it."
        )
    last = end_of(folder / JOURNAL, key)
    if last != (events, mac):
        raise JournalFault(
            f"The journal of {folder} ends at event {last[0]}, and event {events} was kept. Take another backup."
        )


def _tell_json(manifest: Manifest, **more: object) -> None:
    tree = manifest.model_dump(mode="json", exclude={"files"}) | {"files": len(manifest.files)} | more
    sys.stdout.write(json.dumps(tree, indent=2) + "\n")


def grid(manifest: Manifest) -> Grid:
    """The table of what a backup holds."""
    rows = tuple(
        (run.name, f"{run.events:,}", "whole" if run.has_ended else "under way", run.database or "a file", run.mac[:8])
        for run in manifest.runs
    )
    columns = ("run", "events", "session", "journal lay in", "last MAC")
    return Grid(f"Backup of {moment(manifest.made_utc)} UTC", columns, rows, prose=(2, 3), yields=("last MAC",))


def _print(manifest: Manifest) -> None:
    open_console(sys.stdout).print(grid(manifest).table())
