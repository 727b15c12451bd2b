"""The manager's every path, with scripted models in a time that jumps."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_provider import (
    GOOD,
    HANG,
    After,
    LoopClock,
    MovedClock,
    ScriptedProvider,
    Step,
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
from agents.llm.attempt import TRANSIENT, AttemptOutcome, Role, Stop
from agents.llm.budget.book import SpendingBook
from agents.llm.recordings.cassette import Cassette
from config.errors import UsageFault
from config.sections.minds import MindsSettings


def ask(folder: Path, setting: MindsSettings, *providers: ScriptedProvider) -> tuple[RoleAnswer[int], float]:
    """One question to a fresh manager, and how long it took [s]."""

    async def once() -> tuple[RoleAnswer[int], float]:
        asked = manager(folder, setting, *providers, clock=LoopClock())
        asked.decide("d1")
        said = await asked.ask("d1", request(), accept_scale)
        return said, now_s()

    return run(once())


def outcomes(said: RoleAnswer[int]) -> list[tuple[str, AttemptOutcome]]:
    return [(attempt.provider, attempt.outcome) for attempt in said.attempts]


def spent_today(folder: Path) -> Decimal:
    book = SpendingBook(folder / "spending.db", MovedClock().now())
    try:
        return book.spent("day 2024-05-01")[0]
    finally:
        book.close()


def test_an_opinion_at_once_is_one_attempt_with_its_bytes_cost_and_time(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [After(1.5, GOOD)])
    said, took = ask(tmp_path, minds(), provider, ScriptedProvider("second"))
    assert (said.word, said.why, took) == (50, "", 1.5)
    (attempt,) = said.attempts
    assert attempt.number == 1
    assert attempt.reply == '{"scale": 50}'
    assert attempt.user == "the case"
    assert attempt.latency_ms == 1500
    assert attempt.cost_usd == Decimal("0.0014")
    assert attempt.request_key == request().key("first", "scripted")
    assert spent_today(tmp_path) == Decimal("0.0014")


@pytest.mark.parametrize("outcome", sorted(TRANSIENT))
def test_a_passing_failure_is_asked_again_once_after_a_moment(tmp_path: Path, outcome: AttemptOutcome) -> None:
    provider = ScriptedProvider("first", [fault(outcome), GOOD])
    said, _ = ask(tmp_path, minds(), provider, ScriptedProvider("second"))
    assert outcomes(said) == [("first", outcome), ("first", AttemptOutcome.OK)]
    assert provider.times == pytest.approx([0.0, 0.2])
    assert provider.asked[0] == provider.asked[1]


@pytest.mark.parametrize(
    "outcome", [AttemptOutcome.AUTH, AttemptOutcome.QUOTA, AttemptOutcome.TOO_LARGE, AttemptOutcome.BAD_REQUEST]
)
def test_a_failure_that_will_not_pass_goes_to_the_next_provider_at_once(
    tmp_path: Path, outcome: AttemptOutcome
) -> None:
    provider = ScriptedProvider("first", [fault(outcome)])
    said, took = ask(tmp_path, minds(), provider, ScriptedProvider("second"))
    assert outcomes(said) == [("first", outcome), ("second", AttemptOutcome.OK)]
    assert (said.word, took) == (50, 0.0)


@pytest.mark.parametrize(
    ("bad", "outcome", "shown"),
    [
        (reply("Buy!"), AttemptOutcome.MALFORMED, "not one JSON object"),
        (reply('{"scale": 7}'), AttemptOutcome.INVALID, "scale is 7; it must be 0, 50 or 100"),
        (reply('{"scale": 50}', Stop.REFUSAL), AttemptOutcome.REFUSED, "refused"),
    ],
)
def test_a_model_sees_the_error_of_an_unusable_answer_once(
    tmp_path: Path, bad: Step, outcome: AttemptOutcome, shown: str
) -> None:
    provider = ScriptedProvider("first", [bad, GOOD])
    said, _ = ask(tmp_path, minds(), provider)
    assert outcomes(said) == [("first", outcome), ("first", AttemptOutcome.OK)]
    assert provider.asked[1].user.startswith("the case\n\n")
    assert shown in provider.asked[1].user
    assert provider.asked[1].system == provider.asked[0].system
    assert said.attempts[0].reply is not None


def test_each_provider_gets_at_most_two_requests_and_silence_names_each_outcome(tmp_path: Path) -> None:
    first, second = (
        ScriptedProvider("first", [reply("no")]),
        ScriptedProvider("second", [fault(AttemptOutcome.OVERLOADED)]),
    )
    said, _ = ask(tmp_path, minds(), first, second)
    assert said.word is None
    assert (len(first.asked), len(second.asked)) == (2, 2)
    assert [attempt.number for attempt in said.attempts] == [1, 2, 3, 4]
    assert said.why.startswith("no model gave an opinion: first malformed (the answer is not one JSON object")
    assert said.why.endswith("; second overloaded (scripted overloaded)")


def test_one_request_a_provider_means_one(tmp_path: Path) -> None:
    first = ScriptedProvider("first", [fault(AttemptOutcome.OVERLOADED)])
    said, _ = ask(tmp_path, minds(requests_a_provider=1), first, ScriptedProvider("second"))
    assert outcomes(said) == [("first", AttemptOutcome.OVERLOADED), ("second", AttemptOutcome.OK)]


def test_rules_in_a_chain_ends_it_and_a_role_can_have_its_own(tmp_path: Path) -> None:
    chain = {"chain": ["first", "rules", "second"], "roles": {"supervisor": ["second"], "risk_agent": ["rules"]}}
    first, second = ScriptedProvider("first", [fault(AttemptOutcome.AUTH)]), ScriptedProvider("second")

    async def each() -> list[RoleAnswer[int]]:
        asked = manager(tmp_path, minds(**chain), first, second)
        return [
            await asked.ask("d1", request(role=role), accept_scale) for role in ("analyst", "supervisor", "risk_agent")
        ]

    analyst, supervisor, officer = run(each())
    assert outcomes(analyst) == [("first", AttemptOutcome.AUTH)]
    assert outcomes(supervisor) == [("second", AttemptOutcome.OK)]
    assert (officer.word, officer.attempts) == (None, ())
    assert officer.why.startswith("rules:")


def test_retry_after_one_second_is_waited_for(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [fault(AttemptOutcome.RATE_LIMITED, 1.0), GOOD])
    said, took = ask(tmp_path, minds(), provider, ScriptedProvider("second"))
    assert (said.word, took) == (50, 1.0)


def test_retry_after_six_hundred_seconds_is_not_waited_for(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [fault(AttemptOutcome.RATE_LIMITED, 600.0)])
    said, took = ask(tmp_path, minds(), provider, ScriptedProvider("second"))
    assert outcomes(said) == [
        ("first", AttemptOutcome.RATE_LIMITED),
        ("first", AttemptOutcome.SKIPPED_DEADLINE),
        ("second", AttemptOutcome.OK),
    ]
    assert "600 s" in said.attempts[1].detail
    assert took == 0.0


def test_a_provider_that_hangs_leaves_time_for_the_next(tmp_path: Path) -> None:
    said, took = ask(
        tmp_path, minds(), ScriptedProvider("first", [HANG]), ScriptedProvider("second", [After(9.0, GOOD)])
    )
    assert outcomes(said) == [
        ("first", AttemptOutcome.TIMEOUT),
        ("first", AttemptOutcome.SKIPPED_DEADLINE),
        ("second", AttemptOutcome.OK),
    ]
    assert took == pytest.approx(29.0)


def test_no_answer_comes_later_than_the_roles_deadline(tmp_path: Path) -> None:
    said, took = ask(tmp_path, minds(), ScriptedProvider("first", [HANG]), ScriptedProvider("second", [HANG]))
    assert said.word is None
    assert took == pytest.approx(30.0)


def test_a_decision_without_time_sends_no_request(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [HANG])
    limits = {"call_s": 20, "role_s": 30, "decision_s": 50}

    async def three_roles() -> list[RoleAnswer[int]]:
        asked = manager(tmp_path, minds(("first",), deadlines=limits, breaker_failures=99), provider)
        asked.decide("d1")
        said = [await asked.ask("d1", request(), accept_scale) for _ in range(3)]
        assert now_s() == pytest.approx(50.0)
        return said

    last = run(three_roles())[-1]
    assert outcomes(last) == [("first", AttemptOutcome.SKIPPED_LATE)]
    assert last.attempts[0].detail == "the decision's time is over, so the role has abstained"


STEPS = st.sampled_from(
    [
        GOOD,
        HANG,
        reply("no"),
        reply("no", Stop.REFUSAL),
        After(3.0, GOOD),
        After(12.0, reply('{"scale": 1}')),
        fault(AttemptOutcome.RATE_LIMITED, 5.0),
        fault(AttemptOutcome.RATE_LIMITED, 600.0),
        fault(AttemptOutcome.CONNECTION),
        After(19.0, fault(AttemptOutcome.SERVER_ERROR)),
        fault(AttemptOutcome.AUTH),
        RuntimeError("a defect of an adapter"),
    ]
)


@settings(max_examples=40)
@given(st.lists(STEPS, min_size=1, max_size=4), st.lists(STEPS, min_size=1, max_size=4), st.integers(1, 40))
def test_whatever_providers_do_there_is_an_answer_in_time_of_at_most_two_requests_each(
    tmp_path_factory: pytest.TempPathFactory, one: list[Step], other: list[Step], role_s: int
) -> None:
    providers = ScriptedProvider("first", one), ScriptedProvider("second", other)
    limits = {"call_s": 20, "role_s": role_s, "decision_s": 75}
    said, took = ask(tmp_path_factory.mktemp("state"), minds(deadlines=limits), *providers)
    assert took <= role_s + 1e-6
    assert all(len(provider.asked) <= 2 for provider in providers)
    assert (said.word is not None) == (said.attempts[-1].outcome is AttemptOutcome.OK)
    assert [attempt.number for attempt in said.attempts] == list(range(1, len(said.attempts) + 1))


def test_a_provider_that_keeps_failing_is_left_alone_and_probed_after_its_rest(tmp_path: Path) -> None:
    first = ScriptedProvider("first", [*[fault(AttemptOutcome.OVERLOADED)] * 3, GOOD])

    async def story() -> list[list[tuple[str, AttemptOutcome]]]:
        asked = manager(tmp_path, minds(), first, ScriptedProvider("second"), clock=LoopClock())
        said = [outcomes(await asked.ask(f"d{n}", request(), accept_scale)) for n in range(3)]
        await asyncio.sleep(61)
        said.append(outcomes(await asked.ask("d4", request(), accept_scale)))
        return said

    one, two, three, after = run(story())
    assert one == [("first", AttemptOutcome.OVERLOADED)] * 2 + [("second", AttemptOutcome.OK)]
    assert two == [
        ("first", AttemptOutcome.OVERLOADED),
        ("first", AttemptOutcome.SKIPPED_BREAKER),
        ("second", AttemptOutcome.OK),
    ]
    assert three == [("first", AttemptOutcome.SKIPPED_BREAKER), ("second", AttemptOutcome.OK)]
    assert after == [("first", AttemptOutcome.OK)]


def test_a_half_open_breaker_lets_one_of_twenty_through(tmp_path: Path) -> None:
    first = ScriptedProvider("first", [fault(AttemptOutcome.TIMEOUT), After(1.0, GOOD)])

    async def story() -> list[RoleAnswer[int]]:
        setting = minds(breaker_failures=1, requests_a_provider=1)
        asked = manager(tmp_path, setting, first, ScriptedProvider("second"), clock=LoopClock())
        await asked.ask("d", request(), accept_scale)
        await asyncio.sleep(61)
        return await asyncio.gather(*(asked.ask(f"d{n}", request(), accept_scale) for n in range(20)))

    said = run(story())
    assert len(first.asked) == 2
    assert sum(one.attempts[0].outcome is AttemptOutcome.SKIPPED_BREAKER for one in said) == 19
    assert all(one.word == 50 for one in said)


def test_a_budget_that_ends_half_way_goes_to_a_free_model_and_says_why(tmp_path: Path) -> None:
    free = {"worst_input_usd": "0", "worst_output_usd": "0"}
    budget = {"decision_usd": "1", "day_usd": "0.006", "month_usd": "9", "warn_at": 1}
    setting = minds(second=free, budget=budget)

    async def story() -> list[RoleAnswer[int]]:
        asked = manager(tmp_path, setting, ScriptedProvider("first"), ScriptedProvider("second"))
        return [await asked.ask(f"d{n}", request(), accept_scale) for n in range(5)]

    said = run(story())
    assert [one.attempts[0].outcome for one in said] == [AttemptOutcome.OK] * 3 + [AttemptOutcome.SKIPPED_BUDGET] * 2
    assert "the day's budget of 0.006 USD has" in said[3].attempts[0].detail
    assert [one.word for one in said] == [50] * 5
    assert said[3].attempts[1].cost_usd == 0
    assert spent_today(tmp_path) == Decimal("0.0042")


def test_from_the_share_that_warns_on_each_chain_goes_to_its_cheapest_provider_and_says_so(tmp_path: Path) -> None:
    dear = {"worst_input_usd": "10", "worst_output_usd": "100"}
    budget = {"decision_usd": "1", "day_usd": "0.09", "month_usd": "9", "warn_at": 0.4}
    first, second = ScriptedProvider("first"), ScriptedProvider("second")

    async def story() -> list[RoleAnswer[int]]:
        asked = manager(tmp_path, minds(first=dear, budget=budget), first, second)
        return [await asked.ask(f"d{n}", request(), accept_scale) for n in range(5)]

    said = run(story())
    assert [one.attempts[0].provider for one in said] == ["first"] * 3 + ["second"] * 2
    assert all(len(one.attempts) == 1 for one in said)
    (warning,) = [warning for one in said for warning in one.attempts[0].warnings]
    assert warning.cheapest == "second"
    assert warning.text.endswith("From here on second is asked first, the cheapest of the chain.")


def test_a_chain_of_one_has_nobody_cheaper_and_says_nothing_of_it(tmp_path: Path) -> None:
    budget = {"decision_usd": "1", "day_usd": "0.01", "month_usd": "9", "warn_at": 0.1}
    said, _ = ask(tmp_path, minds(("first",), budget=budget), ScriptedProvider("first"))
    (warning,) = said.attempts[0].warnings
    assert "cheapest" not in warning.text


def test_a_decision_remembers_that_it_saved_when_it_is_played_back(tmp_path: Path) -> None:
    dear = {"worst_input_usd": "10", "worst_output_usd": "100"}
    budget = {"decision_usd": "1", "day_usd": "0.09", "month_usd": "9", "warn_at": 0.4}
    setting, path = minds(first=dear, budget=budget), tmp_path / "answers.jsonl"

    async def story(folder: Path, transcripts: str, cassette: Cassette) -> list[RoleAnswer[int]]:
        settings = setting.model_copy(update={"transcripts": transcripts, "cassette": str(path)})
        asked = manager(
            tmp_path / folder, settings, ScriptedProvider("first"), ScriptedProvider("second"), cassette=cassette
        )
        return [await asked.ask(f"d{n}", request(), accept_scale) for n in range(5)]

    then = run(story(Path("then"), "record", Cassette.recording(path, "record")))
    now = run(story(Path("now"), "replay", Cassette.playing(path, "record")))
    assert [one.attempts for one in now] == [one.attempts for one in then]
    assert [one.attempts[0].provider for one in now] == ["first"] * 3 + ["second"] * 2


CUT_OFF = reply('{"scale": 5', Stop.LENGTH)


def test_an_answer_that_was_cut_off_is_asked_for_again_with_more_room_and_in_the_same_words(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [CUT_OFF, GOOD])
    said, _ = ask(tmp_path, minds(), provider)
    assert outcomes(said) == [("first", AttemptOutcome.TRUNCATED), ("first", AttemptOutcome.OK)]
    assert [asked.user for asked in provider.asked] == ["the case", "the case"]
    assert [asked.max_tokens for asked in provider.asked] == [200, 800]
    assert [attempt.max_tokens for attempt in said.attempts] == [200, 800]
    assert said.attempts[0].detail == "the answer was cut off at 200 tokens"


def test_a_model_that_stopped_by_itself_is_asked_again_as_before(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [reply('{"scale": 50}', Stop.OTHER), GOOD])
    said, _ = ask(tmp_path, minds(), provider)
    assert outcomes(said) == [("first", AttemptOutcome.TRUNCATED), ("first", AttemptOutcome.OK)]
    assert provider.asked[0] == provider.asked[1]


def test_the_room_in_which_a_model_answered_is_its_room_from_then_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = ScriptedProvider("first", [CUT_OFF, GOOD])

    async def story() -> None:
        asked = manager(tmp_path, minds(("first",)), provider)
        for n in range(3):
            await asked.ask(f"d{n}", request(), accept_scale)

    run(story())
    assert [asked.max_tokens for asked in provider.asked] == [200, 800, 800, 800]
    assert caplog.text.count("minds.providers.first.max_output_tokens: 800") == 1


def test_more_room_is_asked_for_as_far_as_the_budget_allows_it_or_not_at_all(tmp_path: Path) -> None:
    for number, (usd, then) in enumerate((("0.0101", 800), ("0.0070", 400), ("0.0045", None))):
        provider = ScriptedProvider("first", [CUT_OFF, GOOD])
        budget = {"decision_usd": usd, "day_usd": "9", "month_usd": "9", "warn_at": 1}
        said, _ = ask(tmp_path / str(number), minds(("first",), budget=budget), provider)
        assert [asked.max_tokens for asked in provider.asked[1:]] == ([] if then is None else [then])
        last = AttemptOutcome.SKIPPED_BUDGET if then is None else AttemptOutcome.OK
        assert said.attempts[-1].outcome is last


def test_a_provider_has_a_length_and_an_effort_of_its_own_and_room_to_think(tmp_path: Path) -> None:
    own = {"effort": "low", "role_effort": {"supervisor": "high"}}
    cases: tuple[tuple[Role, str, dict[str, int], int], ...] = (
        ("analyst", "low", {}, 2_200),
        ("supervisor", "high", {}, 8_200),
        ("supervisor", "high", {"max_output_tokens": 5_000}, 5_000),
    )
    for role, told, changes, cap in cases:
        provider = ScriptedProvider("first")
        setting = minds(("first",), first={**own, **changes})

        asked = manager(tmp_path / f"{role}{cap}", setting, provider)
        said = run(asked.ask("d1", request(role=role), accept_scale))
        assert (provider.asked[0].effort, provider.asked[0].max_tokens) == (told, cap)
        assert (said.attempts[0].effort, said.attempts[0].max_tokens) == (told, cap)


def test_a_provider_of_unknown_price_is_not_asked_and_the_reason_holds_the_line_for_the_profile(tmp_path: Path) -> None:
    first = ScriptedProvider("first")
    unknown = {"worst_input_usd": None, "worst_output_usd": None}
    said, _ = ask(tmp_path, minds(first=unknown), first, ScriptedProvider("second"))
    assert outcomes(said) == [("first", AttemptOutcome.SKIPPED_NO_SEAT), ("second", AttemptOutcome.OK)]
    assert "minds: {providers: {first: {worst_input_usd:" in said.attempts[0].detail
    assert first.asked == []


def test_who_has_not_spoken_when_the_decisions_time_is_over_is_late(tmp_path: Path) -> None:
    limits = {"call_s": 20, "role_s": 60, "decision_s": 30}
    said, took = ask(
        tmp_path, minds(deadlines=limits), ScriptedProvider("first", [HANG]), ScriptedProvider("second", [HANG])
    )
    assert outcomes(said)[-1] == ("second", AttemptOutcome.LATE)
    assert took == pytest.approx(30.0)
    assert "the role has abstained" in said.why


def test_prose_around_a_fenced_object_counts_where_the_profile_says_so(tmp_path: Path) -> None:
    wrapped = reply('Here it is:\n```json\n{"scale": 50}\n```\nGood luck.')
    strict, _ = ask(tmp_path / "a", minds(("first",)), ScriptedProvider("first", [wrapped]))
    assert [one.outcome for one in strict.attempts] == [AttemptOutcome.MALFORMED] * 2
    lenient, _ = ask(tmp_path / "b", minds(("first",), first={"reply": "fenced"}), ScriptedProvider("first", [wrapped]))
    assert (lenient.word, lenient.attempts[0].is_fenced) == (50, True)


def test_without_budget_no_request_is_sent_and_the_reason_says_so(tmp_path: Path) -> None:
    budget = {"decision_usd": "0.0001", "day_usd": "9", "month_usd": "9", "warn_at": 0.8}
    provider = ScriptedProvider("first")
    said, _ = ask(tmp_path, minds(("first",), budget=budget), provider)
    assert (said.word, provider.asked) == (None, [])
    assert "the decision's budget" in said.why


@pytest.mark.parametrize(
    ("step", "booked"),
    [
        (reply('{"scale": 50}', usage=None), "worst"),
        (HANG, "worst"),
        (fault(AttemptOutcome.CONNECTION), "worst"),
        (RuntimeError("a defect"), "worst"),
        (fault(AttemptOutcome.AUTH), "nothing"),
        (fault(AttemptOutcome.RATE_LIMITED, 600.0), "nothing"),
        (reply("no opinion, and yet paid for"), "cost"),
    ],
)
def test_a_call_that_may_have_been_billed_is_booked(tmp_path: Path, step: Step, booked: str) -> None:
    said, _ = ask(tmp_path, minds(("first",), requests_a_provider=1), ScriptedProvider("first", [step]))
    (attempt,) = said.attempts
    assert spent_today(tmp_path) == attempt.cost_usd
    match booked:
        case "worst":
            assert attempt.cost_usd > Decimal("0.002")
        case "nothing":
            assert attempt.cost_usd == 0
        case _:
            assert attempt.cost_usd == Decimal("0.0014")


def test_a_cancelled_question_stays_booked_at_its_worst_case_and_frees_its_place(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [HANG, GOOD])

    async def cancelled() -> RoleAnswer[int]:
        asked = manager(tmp_path, minds(("first",), first={"concurrency": 1}), provider)
        task = asyncio.create_task(asked.ask("d1", request(), accept_scale))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asked.ask("d2", request(), accept_scale)

    assert run(cancelled()).word == 50
    assert spent_today(tmp_path) > Decimal("0.0014") + Decimal("0.002")


def test_a_defect_of_an_adapter_is_no_crash_and_gives_no_secret_away(tmp_path: Path) -> None:
    first = ScriptedProvider("first", [KeyError("sk-secret")])
    said, _ = ask(tmp_path, minds(), first, ScriptedProvider("second"))
    assert said.word == 50
    assert said.attempts[0].detail == "its adapter failed with KeyError"


def twenty(folder: Path, setting: MindsSettings, provider: ScriptedProvider) -> tuple[list[RoleAnswer[int]], float]:
    async def at_once() -> tuple[list[RoleAnswer[int]], float]:
        asked = manager(folder, setting, provider)
        said = await asyncio.gather(*(asked.ask(f"d{n}", request(f"case {n}"), accept_scale) for n in range(20)))
        return said, now_s()

    return run(at_once())


def test_twenty_decisions_are_asked_at_the_same_time(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [After(1.0, GOOD)])
    said, took = twenty(tmp_path, minds(("first",)), provider)
    assert (took, provider.most_at_once) == (1.0, 20)
    assert all(one.word == 50 for one in said)


def test_no_more_than_the_allowed_are_under_way_at_once(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [After(1.0, GOOD)])
    said, took = twenty(tmp_path, minds(("first",), first={"concurrency": 5}), provider)
    assert (took, provider.most_at_once) == (4.0, 5)
    assert all(one.word == 50 for one in said)


def test_no_minute_has_more_requests_than_the_rate_and_a_late_caller_is_refused_at_once(
    tmp_path: Path,
) -> None:
    provider = ScriptedProvider("first", [GOOD])
    limits = {"call_s": 20, "role_s": 70, "decision_s": 75}
    said, took = twenty(tmp_path, minds(("first",), first={"requests_per_minute": 8}, deadlines=limits), provider)
    assert provider.times == [0.0] * 8 + [60.0] * 8
    assert [one.attempts[0].outcome for one in said].count(AttemptOutcome.SKIPPED_DEADLINE) == 4
    assert took == 60.0


def test_each_role_asked_again_for_a_decision_has_only_the_time_that_is_left(tmp_path: Path) -> None:
    provider = ScriptedProvider("first", [After(14.0, GOOD)])
    limits: dict[str, Any] = {"call_s": 20, "role_s": 30, "decision_s": 40}

    async def roles() -> list[int | None]:
        asked = manager(tmp_path, minds(("first",), deadlines=limits, requests_a_provider=1), provider)
        asked.decide("d1")
        said = [(await asked.ask("d1", request(), accept_scale)).word for _ in range(3)]
        assert now_s() == pytest.approx(40.0)
        asked.decide("d1")
        return [*said, (await asked.ask("d1", request(), accept_scale)).word]

    assert run(roles()) == [50, 50, None, 50]


def test_closing_closes_every_provider(tmp_path: Path) -> None:
    first, second = ScriptedProvider("first"), ScriptedProvider("second")
    run(manager(tmp_path, minds(), first, second).close())
    assert first.closed
    assert second.closed


def test_a_mode_that_needs_recorded_answers_is_refused_without_them(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match=r"minds\.cassette"):
        manager(tmp_path, minds(transcripts="replay", cassette="court.jsonl"))
