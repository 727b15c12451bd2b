"""Turns a run with recorded answers into a window that the tests replay.

    python tests/replay/record.py RUN --cassette FILE --name NAME --command "tribunal run ..."

The run is one of `tribunal run` with `--set minds.transcripts=record minds.cassette=FILE`. Only the bars on which the
court sat are kept: their cases, attempts, rulings and outcomes, and no candle.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.extend(str(Path(__file__).resolve().parents[1] / "support" / folder) for folder in ("", "court", "account"))

from recorded_court import Docket, Head, docket_of, write_window
from recorded_past import past_of

from agents.llm.attempt import Attempt
from agents.records.reading import open_run
from agents.records.record import CycleRecord
from agents.records.registry import Recorded
from config.secrets import journal_key
from config.settings import Settings
from evidence.rulings.hearings import read_hearings

HERE = Path(__file__).resolve().parent


def dockets(events: Iterator[Recorded]) -> Iterator[Docket]:
    """The bars of a run on which the court sat."""
    attempts: list[Attempt] = []
    for event in events:
        if isinstance(event.event, Attempt):
            attempts.append(event.event)
        if isinstance(event.event, CycleRecord):
            record = event.event
            if record.hearings:
                yield docket_of(record.hearings, attempts)
            attempts.clear()


def main() -> None:
    """Write the three files of a window."""
    parser = argparse.ArgumentParser(prog="python tests/replay/record.py", description=__doc__)
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--cassette", type=Path, required=True, help="file of its recorded answers")
    parser.add_argument("--name", required=True, help="name of the window")
    parser.add_argument("--command", required=True, help="what records it again")
    given = parser.parse_args()
    session, _, events = open_run(given.run, journal_key())
    settings = session.settings
    head = Head(
        window=f"{', '.join(session.symbols)}, {session.start_utc:%Y-%m-%d}, {session.bars} bars of {session.timeframe}",
        model=settings.minds.providers["local"].model,
        command=given.command,
        settings=sections(settings, given.name),
    )
    count = write_window(HERE / f"{given.name}.jsonl", head, dockets(events))
    shutil.copyfile(given.cassette, HERE / f"{given.name}.cassette.jsonl")
    past = past_of(read_hearings(given.run, journal_key()))
    (HERE / f"{given.name}.outcomes.json").write_bytes(past.canonical() + b"\n")
    print(f"{given.name}: {count} decisions, {len(past.outcomes)} outcomes")


def sections(settings: Settings, name: str) -> dict[str, Any]:
    """What a replay needs of the settings, without the paths and addresses of the machine that recorded it."""
    kept = settings.model_dump(mode="json", include={"court", "minds", "limits"})
    kept["minds"]["cassette"] = f"{name}.cassette.jsonl"
    for provider in kept["minds"]["providers"].values():
        provider |= {"path": None, "base_url": None}
    return kept


if __name__ == "__main__":
    main()
