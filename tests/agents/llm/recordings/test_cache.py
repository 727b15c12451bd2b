"""Answers that were paid for once, and are judged each time."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_provider import (
    GOOD,
    After,
    MovedClock,
    ScriptedProvider,
    accept_scale,
    fault,
    manager,
    minds,
    reply,
    request,
    run,
)

from agents.llm.asking import RoleAnswer, Unacceptable
from agents.llm.attempt import AttemptOutcome
from agents.llm.recordings.cache import Cache

KEY = "ab" * 32


def test_an_answer_is_found_again_until_it_is_too_old(tmp_path: Path) -> None:
    clock = MovedClock()
    Cache(tmp_path, 60, clock).put(KEY, GOOD)
    cache = Cache(tmp_path, 60, clock)
    assert cache.get(KEY) == GOOD
    assert cache.get("cd" * 32) is None
    clock.pass_s(59.9)
    assert cache.get(KEY) == GOOD
    clock.pass_s(0.1)
    assert cache.get(KEY) is None


def test_an_answer_from_the_future_is_none(tmp_path: Path) -> None:
    clock = MovedClock()
    cache = Cache(tmp_path, 60, clock)
    cache.put(KEY, GOOD)
    clock.pass_s(-1)
    assert cache.get(KEY) is None


def test_an_answer_under_another_key_is_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 60, MovedClock())
    cache.put(KEY, GOOD)
    (tmp_path / f"{KEY}.json").rename(tmp_path / f"{'cd' * 32}.json")
    assert cache.get("cd" * 32) is None


@given(st.data())
def test_a_damaged_entry_is_no_answer(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("answers")
    cache = Cache(folder, 60, MovedClock())
    cache.put(KEY, GOOD)
    file = folder / f"{KEY}.json"
    whole = file.read_bytes()
    where = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != whole[where]))
    file.write_bytes(data.draw(st.sampled_from([whole[:where], whole[:where] + bytes([byte]) + whole[where + 1 :]])))
    assert cache.get(KEY) in (None, GOOD)


def test_what_is_too_old_is_removed_when_the_cache_opens(tmp_path: Path) -> None:
    clock = MovedClock()
    Cache(tmp_path, 60, clock).put(KEY, GOOD)
    clock.moment = clock.moment.replace(year=2200)
    Cache(tmp_path, 60, clock)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_costs_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "answers").write_text("a file where the folder should be")
    Cache(tmp_path / "answers", 60, MovedClock()).put(KEY, GOOD)
    assert "could not be kept" in caplog.text


def test_twenty_who_ask_the_same_at_once_make_one_call_and_pay_once(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [After(1.0, GOOD)])

    async def twenty() -> list[RoleAnswer[int]]:
        asked = manager(tmp_path, minds(("first",), transcripts="cached"), provider)
        return await asyncio.gather(*(asked.ask(f"d{n}", request(), accept_scale) for n in range(20)))

    said = run(twenty())
    assert [one.word for one in said] == [50] * 20
    assert len(provider.asked) == 1
    attempts = [one.attempts[0] for one in said]
    assert sum(attempt.from_cache for attempt in attempts) == 19
    assert [attempt.cost_usd for attempt in attempts if attempt.from_cache] == [Decimal(0)] * 19


def test_those_who_wait_for_a_call_that_fails_ask_for_themselves(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [After(1.0, fault(AttemptOutcome.BAD_REQUEST)), GOOD])

    async def two() -> list[RoleAnswer[int]]:
        asked = manager(tmp_path, minds(("first",), transcripts="cached"), provider)
        return await asyncio.gather(*(asked.ask(f"d{n}", request(), accept_scale) for n in range(2)))

    assert [one.word for one in run(two())] == [None, 50]


def test_a_caller_waits_for_the_call_of_another_only_until_its_own_deadline(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [After(25.0, GOOD)])
    settings = minds(("first",), transcripts="cached", deadlines={"call_s": 30, "role_s": 30, "decision_s": 75})

    async def late() -> tuple[RoleAnswer[int], float]:
        asked = manager(tmp_path, settings, provider)
        loop = asyncio.get_running_loop()
        asked.decide("early")
        await asyncio.sleep(60)
        first = asyncio.create_task(asked.ask("other", request(), accept_scale))
        await asyncio.sleep(0.1)
        said = await asked.ask("early", request(), accept_scale)
        ended = loop.time()
        assert (await first).word == 50
        return said, ended

    said, ended = run(late())
    assert said.word is None
    assert said.attempts[0].outcome is AttemptOutcome.SKIPPED_DEADLINE
    assert ended == pytest.approx(75, abs=0.01)


def test_only_answers_with_an_opinion_are_kept(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [reply('{"scale": 7}'), reply("nonsense"), GOOD])

    async def twice() -> list[RoleAnswer[int]]:
        asked = manager(tmp_path, minds(("first",), transcripts="cached"), provider)
        return [await asked.ask(f"d{n}", request(), accept_scale) for n in range(2)]

    first, second = run(twice())
    assert first.word is None
    assert second.word == 50
    assert not second.attempts[0].from_cache


def test_a_cached_answer_is_judged_again_and_dropped_when_it_is_invalid(tmp_path: Path) -> None:
    provider = ScriptedProvider("first")

    def strict(text: str) -> int:
        raise Unacceptable(AttemptOutcome.INVALID, "another version asks for more")

    async def story() -> list[RoleAnswer[int]]:
        asked = manager(tmp_path, minds(("first",), transcripts="cached"), provider)
        return [
            await asked.ask("d1", request(), accept_scale),
            await asked.ask("d2", request(), strict),
            await asked.ask("d3", request(), accept_scale),
        ]

    _, refused, after = run(story())
    assert [(a.outcome, a.from_cache) for a in refused.attempts] == [
        (AttemptOutcome.INVALID, True),
        (AttemptOutcome.INVALID, False),
    ]
    assert not after.attempts[0].from_cache
    assert len(provider.asked) == 3


def test_two_servers_with_a_model_of_the_same_name_have_answers_of_their_own(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [GOOD, GOOD])

    async def asked_at(*places: str | None) -> list[bool]:
        found = []
        for place in places:
            settings = minds(("first",), transcripts="cached")
            there = settings.providers["first"].model_copy(update={"base_url": place})
            asked = manager(tmp_path, settings.model_copy(update={"providers": {"first": there}}), provider)
            found.append((await asked.ask("d", request(), accept_scale)).attempts[0].from_cache)
        return found

    one, other = "http://127.0.0.1:8000/v1", "http://127.0.0.1:8001/v1"
    assert run(asked_at(one, other, one, other)) == [False, False, True, True]
