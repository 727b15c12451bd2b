"""What was recorded is heard again, faults and all; what was not is a hard error that says what to do."""

from decimal import Decimal
from pathlib import Path

import pytest
from scripted_provider import (
    GOOD,
    HANG,
    After,
    ScriptedProvider,
    accept_scale,
    fault,
    manager,
    minds,
    now_s,
    reply,
    request,
    run,
)

from agents.llm.asking import RoleAnswer
from agents.llm.attempt import AttemptOutcome, ReplayMiss, Request, Stop
from agents.llm.recordings.cassette import Cassette
from config.errors import JournalFault, OutputFault

COMMAND = "tribunal run --set minds.transcripts=record minds.cassette=court.jsonl"
STORY = [
    reply("I cannot help with that.", Stop.REFUSAL),
    reply('{"scale": 5', Stop.LENGTH),
    HANG,
    fault(AttemptOutcome.OVERLOADED),
    reply("no json"),
    reply('{"scale": 7}'),
    fault(AttemptOutcome.RATE_LIMITED, 600.0),
    After(2.5, GOOD),
    reply('{"scale": 100}', usage=None),
]
BUDGET = {"decision_usd": "0.01", "day_usd": "0.2", "month_usd": "9", "warn_at": 0.8}


def tell(
    folder: Path, mode: str, cassette: Cassette, decisions: int, *providers: ScriptedProvider
) -> list[RoleAnswer[int]]:
    """Some decisions of two roles each."""
    settings = minds(transcripts=mode, cassette="court.jsonl", budget=BUDGET, breaker_failures=2)

    async def story() -> list[RoleAnswer[int]]:
        asked = manager(folder, settings, *providers, cassette=cassette)
        said = []
        for n in range(decisions):
            asked.decide(f"d{n}")
            said.append(await asked.ask(f"d{n}", request(f"case {n}"), accept_scale))
            said.append(await asked.ask(f"d{n}", request(f"case {n}", role="supervisor"), accept_scale))
        return said

    return run(story())


def test_a_recorded_story_of_every_failure_replays_the_same_without_asking_or_waiting(tmp_path: Path) -> None:
    first, second = ScriptedProvider("first", list(STORY)), ScriptedProvider("second", list(reversed(STORY)))
    file = tmp_path / "court.jsonl"
    recorded = tell(tmp_path / "then", "record", Cassette.recording(file, COMMAND), 12, first, second)
    outcomes = {attempt.outcome for said in recorded for attempt in said.attempts}
    assert outcomes >= {
        AttemptOutcome.OK,
        AttemptOutcome.REFUSED,
        AttemptOutcome.TRUNCATED,
        AttemptOutcome.MALFORMED,
        AttemptOutcome.INVALID,
        AttemptOutcome.TIMEOUT,
        AttemptOutcome.OVERLOADED,
        AttemptOutcome.RATE_LIMITED,
        AttemptOutcome.SKIPPED_BREAKER,
        AttemptOutcome.SKIPPED_BUDGET,
        AttemptOutcome.SKIPPED_DEADLINE,
    }
    asked = len(first.asked) + len(second.asked)
    replayed = tell(tmp_path / "now", "replay", Cassette.playing(file, COMMAND), 12, first, second)
    assert replayed == recorded
    assert len(first.asked) + len(second.asked) == asked


def test_a_replay_needs_no_time_and_no_money(tmp_path: Path) -> None:
    file = tmp_path / "court.jsonl"
    tell(tmp_path, "record", Cassette.recording(file, COMMAND), 1, ScriptedProvider("first", [After(9.0, GOOD)]))

    async def again() -> tuple[RoleAnswer[int], float]:
        settings = minds(transcripts="replay", cassette="court.jsonl")
        asked = manager(tmp_path / "now", settings, cassette=Cassette.playing(file, COMMAND))
        return await asked.ask("d0", request("case 0"), accept_scale), now_s()

    said, ended = run(again())
    assert said.word == 50
    assert said.attempts[0].latency_ms == 9000
    assert said.attempts[0].cost_usd == Decimal("0.0014")
    assert ended == 0.0


def replay(folder: Path, asked: Request, decision_id: str = "d0") -> RoleAnswer[int]:
    async def once() -> RoleAnswer[int]:
        settings = minds(transcripts="replay", cassette="court.jsonl")
        playing = Cassette.playing(folder / "court.jsonl", COMMAND)
        return await manager(folder / "now", settings, cassette=playing).ask(decision_id, asked, accept_scale)

    return run(once())


def record_one(folder: Path, prompts: tuple[str, ...]) -> None:
    settings = minds(transcripts="record", cassette="court.jsonl")

    async def each() -> None:
        cassette = Cassette.recording(folder / "court.jsonl", COMMAND)
        asked = manager(folder, settings, ScriptedProvider("first"), ScriptedProvider("second"), cassette=cassette)
        for n, prompt in enumerate(prompts):
            await asked.ask(f"d{n}", request(prompt), accept_scale)

    run(each())


def test_a_miss_names_role_decision_and_command_and_shows_what_changed_in_the_prompt(tmp_path: Path) -> None:
    record_one(tmp_path, ("close=100\nrsi=61.2\nadx=20", "close=90\nrsi=20.1\nadx=11"))
    with pytest.raises(ReplayMiss) as missed:
        replay(tmp_path, request("close=90\nrsi=20.2\nadx=11"), "d7")
    text = str(missed.value)
    assert "holds no answer for the analyst of decision d7 (first, scripted)" in text
    assert "no model was asked instead" in text
    assert "-rsi=20.1" in text
    assert "+rsi=20.2" in text
    assert "decision d1" in text
    assert text.endswith(f"Record it with: {COMMAND}")


def test_a_miss_prefers_the_recorded_prompt_of_the_same_decision(tmp_path: Path) -> None:
    record_one(tmp_path, ("close=100\nrsi=61.2\nadx=20", "close=90\nrsi=20.1\nadx=11"))
    with pytest.raises(ReplayMiss, match="that of decision d0"):
        replay(tmp_path, request("close=90\nrsi=20.2\nadx=11"), "d0")


def test_a_miss_for_another_system_text_or_version_says_so_although_the_case_is_the_same(tmp_path: Path) -> None:
    record_one(tmp_path, ("close=100",))
    with pytest.raises(ReplayMiss, match=r"(?s)system_sha256: .* is now .*the prompts are the same"):
        replay(tmp_path, request("close=100", system="You judge kindly."))


def test_a_role_without_a_recording_is_named(tmp_path: Path) -> None:
    record_one(tmp_path, ("close=100",))
    with pytest.raises(ReplayMiss, match="Nothing is recorded for the role supervisor"):
        replay(tmp_path, request("close=100", role="supervisor"))


def test_asking_more_often_than_was_recorded_is_a_miss(tmp_path: Path) -> None:
    record_one(tmp_path, ("same", "same"))

    async def thrice() -> None:
        settings = minds(transcripts="replay", cassette="court.jsonl")
        asked = manager(tmp_path / "now", settings, cassette=Cassette.playing(tmp_path / "court.jsonl", COMMAND))
        for n in range(3):
            await asked.ask(f"d{n}", request("same"), accept_scale)

    with pytest.raises(ReplayMiss, match=r"decision d2 .* asked for the 3\. time"):
        run(thrice())


def test_a_missing_file_is_a_miss_and_no_outage(tmp_path: Path) -> None:
    with pytest.raises(ReplayMiss, match="Record them with"):
        Cassette.playing(tmp_path / "none.jsonl", COMMAND)


def test_a_cut_line_is_ignored_and_recording_continues_after_it(tmp_path: Path) -> None:
    record_one(tmp_path, ("one", "two"))
    file = tmp_path / "court.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert replay(tmp_path, request("one")).word == 50
    with pytest.raises(ReplayMiss):
        replay(tmp_path, request("two"))
    record_one(tmp_path, ("three",))
    assert replay(tmp_path, request("three")).word == 50


def test_any_other_damage_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    record_one(tmp_path, ("one", "two"))
    file = tmp_path / "court.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"n":1', b'"n":x', 1))
    with pytest.raises(JournalFault, match="Line 2"):
        Cassette.playing(file, COMMAND)


def test_recording_again_replaces_what_was_recorded(tmp_path: Path) -> None:
    record_one(tmp_path, ("one",))

    async def other() -> None:
        settings = minds(transcripts="record", cassette="court.jsonl")
        cassette = Cassette.recording(tmp_path / "court.jsonl", COMMAND)
        kinder = ScriptedProvider("first", [reply('{"scale": 100}')])
        await manager(tmp_path, settings, kinder, cassette=cassette).ask("d0", request("one"), accept_scale)

    run(other())
    assert replay(tmp_path, request("one")).word == 100


def test_a_file_that_cannot_be_written_is_said_before_a_model_is_asked(tmp_path: Path) -> None:
    with pytest.raises(OutputFault, match="cannot be recorded"):
        Cassette.recording(tmp_path, COMMAND)


def test_each_call_is_one_line_and_the_system_text_is_written_once(tmp_path: Path) -> None:
    record_one(tmp_path, ("one", "two"))
    lines = (tmp_path / "court.jsonl").read_text().splitlines()
    assert len(lines) == 3
    assert ["You judge." in line for line in lines] == [True, False, False]


def test_a_changed_system_text_is_shown_as_a_difference(tmp_path: Path) -> None:
    record_one(tmp_path, ("close=100",))
    with pytest.raises(ReplayMiss, match=r"(?s)-You judge\.\n.*\+You judge kindly\."):
        replay(tmp_path, request("close=100", system="You judge kindly."))
