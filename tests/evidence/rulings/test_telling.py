"""What looks back on rulings tells its progress, part by part, each to its end; and not at all when it is told to be quiet."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from run_support import run

from agents.court.minds.rules import RulesMind
from config.progress import Progress, Telling
from config.secrets import journal_key
from evidence.attribution import main as attribution
from evidence.audit import main as audit_main
from evidence.calibrate import main as calibrate
from evidence.rulings.flips import audit
from evidence.rulings.hearings import read_runs
from evidence.rulings.worth import attribute


def told_to(stream: io.StringIO) -> Telling:
    return lambda total, what: Progress(total, what, stream)


@pytest.mark.slow
def test_each_part_is_told_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "short", "--days", "6", "--json") == 0
    cases, stream = json.loads(capsys.readouterr().out)["hearings"], io.StringIO()
    runs = read_runs([str(tmp_path / "short")], journal_key(), telling=told_to(stream))
    attribute(runs, told_to(stream))
    settings = runs[0].session.settings
    hearings = tuple(heard.hearing for heard in runs[0].hearings)
    mind = RulesMind(settings.court, settings.limits)
    asyncio.run(audit("short", hearings, mind, seed=7, most=99, cutoff=None, telling=told_to(stream)))
    ends = [line.rpartition("  ")[0] for line in stream.getvalue().splitlines() if line.startswith("100%")]
    assert ends == [
        "100%  144 of 144 bars of short",
        f"100%  {4 * cases} of {4 * cases} rulings without a role",
        f"100%  {4 * cases} of {4 * cases} hearings again",
    ]


@pytest.mark.slow
def test_a_quick_answer_has_nothing_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "short", "--days", "6", "--quiet", "--json") == 0
    capsys.readouterr()
    for main in (attribution, audit_main, calibrate):
        assert main([str(tmp_path / "short"), "--quiet"]) == 0
        told = capsys.readouterr()
        assert told.err == ""
        assert told.out
