"""A budget that is nearly used up is noticed with the attempt that used it, and recorded with it."""

from decimal import Decimal
from pathlib import Path

from scripted_provider import ScriptedProvider, accept_scale, manager, minds, reply, request, run

from agents.llm.asking import RoleAnswer
from agents.llm.attempt import AttemptOutcome, Usage
from agents.llm.recordings.cassette import Cassette
from config.sections.minds import MindsSettings

DEAR = reply('{"scale": 50}', usage=Usage(input_tokens=1500, output_tokens=100))
TIGHT = {"decision_usd": "1", "day_usd": "0.0115", "month_usd": "100", "warn_at": 0.8}


def ask(folder: Path, settings: MindsSettings, times: int, cassette: Cassette | None = None) -> list[RoleAnswer[int]]:
    made = manager(folder, settings, ScriptedProvider("first", [DEAR]), cassette=cassette)

    async def work() -> list[RoleAnswer[int]]:
        return [await made.ask(f"d{i}", request(f"case {i}"), accept_scale) for i in range(times)]

    return run(work())


def warned(said: list[RoleAnswer[int]]) -> list[list[tuple[str, str]]]:
    return [[(each.budget, each.period) for attempt in one.attempts for each in attempt.warnings] for one in said]


def test_the_attempt_that_comes_near_the_limit_says_so_and_those_after_it_do_not(tmp_path: Path) -> None:
    said = ask(tmp_path, minds(("first",), budget=TIGHT), 5)
    assert warned(said) == [[], [], [], [("day", "day 2024-05-01")], []]
    (near,) = said[3].attempts[0].warnings
    assert (near.spent_usd, near.limit_usd) == (Decimal("0.01"), Decimal("0.0115"))


def test_a_budget_too_small_for_any_call_is_reported_with_the_skipped_call(tmp_path: Path) -> None:
    ask(tmp_path, minds(("first",), budget=TIGHT), 5)
    (said,) = ask(tmp_path, minds(("first",), budget=TIGHT), 1)
    assert said.attempts[0].outcome is AttemptOutcome.SKIPPED_BUDGET
    assert warned([said]) == [[("day", "day 2024-05-01")]]


def test_a_recording_gives_the_same_warnings_again(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    settings = minds(("first",), budget=TIGHT, cassette=str(tape), transcripts="record")
    then = ask(tmp_path, settings, 5, Cassette.recording(tape, "again"))
    (tmp_path / "elsewhere").mkdir()
    played = minds(("first",), budget=TIGHT, cassette=str(tape), transcripts="replay")
    now = ask(tmp_path / "elsewhere", played, 5, Cassette.playing(tape, "again"))
    assert warned(now) == warned(then) == [[], [], [], [("day", "day 2024-05-01")], []]
