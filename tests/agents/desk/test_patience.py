"""A local model gets the time that a processor needs, and what a user has stated stays as he stated it."""

from pathlib import Path

import pytest

from agents.desk.world import world_of
from agents.run import parser
from config.settings import Settings
from ops.commands.requests import told_more

ROOMY = (180.0, 400.0, 1200.0, 450.0)


def opened(folder: Path, own: str, *given: str) -> Settings:
    """A session with a local model, under a profile of the user's own that extends `paper` and is called like it."""
    file = folder / "paper.yaml"
    file.write_text(f"extends: paper\n{own}\n")
    chosen = ["--profile", str(file), "--mind", "local", "--model", "m.gguf"]
    return world_of(told_more(parser().parse_args([*chosen, *(["--set", *given] if given else [])]))).settings


def times(settings: Settings) -> tuple[float, float, float, float]:
    deadlines = settings.minds.deadlines
    return (deadlines.call_s, deadlines.role_s, deadlines.decision_s, settings.court.role_deadline_s)


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        ("", (), ROOMY),
        ("minds: {deadlines: {call_s: 60}}", (), (60.0, *ROOMY[1:])),
        ("minds: {deadlines: {call_s: 20}}", (), (20.0, *ROOMY[1:])),
        ("minds: {deadlines: {decision_s: 300}}", (), (180.0, 400.0, 300.0, 450.0)),
        ("minds: {deadlines: {role_s: 480}}", (), (180.0, 480.0, 1200.0, 540.0)),
        ("court: {role_deadline_s: 90}", (), (180.0, 80.0, 1200.0, 90.0)),
        ("minds: {deadlines: {call_s: 60}}", ("minds.deadlines.call_s=7",), (7.0, *ROOMY[1:])),
        ("", ("minds.deadlines={call_s: 5}",), (5.0, *ROOMY[1:])),
        (
            "minds: {deadlines: {call_s: 1, role_s: 2, decision_s: 3}}",
            ("court.role_deadline_s=4",),
            (1.0, 2.0, 3.0, 4.0),
        ),
    ],
)
def test_only_what_nobody_stated_is_lengthened_and_the_court_always_outwaits_a_role(
    own: str, given: tuple[str, ...], expected: tuple[float, ...], tmp_path: Path
) -> None:
    assert times(opened(tmp_path, own, *given)) == pytest.approx(expected)


def test_a_parent_of_the_users_own_counts_as_stated_and_a_file_in_the_working_folder_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text("extends: paper\nminds: {deadlines: {call_s: 33}}\n")
    (tmp_path / "paper.yaml").write_text("extends: mine.yaml\nminds: {deadlines: {decision_s: 999}}\n")
    monkeypatch.chdir(tmp_path)
    chosen = ["--profile", "paper.yaml", "--mind", "local", "--model", "m.gguf"]
    assert times(world_of(told_more(parser().parse_args(chosen))).settings) == (33.0, 400.0, 999.0, 450.0)
