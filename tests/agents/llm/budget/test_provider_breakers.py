"""A provider that fails is left alone, tried by one, and asked again when it answers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_provider import MovedClock

from agents.llm.attempt import UNUSABLE, AttemptOutcome
from agents.llm.budget.provider_breakers import FAILURES, Admission, Breakers

REST_S = 60.0


def breakers(folder: Path, clock: MovedClock, failures: int = 3) -> Breakers:
    return Breakers(folder / "breakers.json", failures, REST_S, clock)


def tell(these: Breakers, outcome: AttemptOutcome | None, provider: str = "a") -> None:
    """One admitted call with this outcome."""
    admission = these.admit(provider)
    assert isinstance(admission, Admission)
    these.report(admission, outcome)


def opened(folder: Path, clock: MovedClock) -> Breakers:
    these = breakers(folder, clock)
    for _ in range(3):
        tell(these, AttemptOutcome.TIMEOUT)
    return these


def test_failures_in_a_row_open_the_breaker_and_its_reason_says_when_it_ends(tmp_path: Path) -> None:
    these = breakers(tmp_path, MovedClock())
    for _ in range(2):
        tell(these, AttemptOutcome.OVERLOADED)
        assert these.blocked("a") is None
    tell(these, AttemptOutcome.TIMEOUT)
    why = these.blocked("a")
    assert why is not None
    assert "12:01:00 UTC" in why
    assert "timeout" in why
    assert these.admit("a") == why
    assert these.blocked("b") is None


def test_an_answer_between_failures_starts_the_count_again(tmp_path: Path) -> None:
    these = breakers(tmp_path, MovedClock())
    for outcome in (
        AttemptOutcome.TIMEOUT,
        AttemptOutcome.TIMEOUT,
        AttemptOutcome.OK,
        AttemptOutcome.TIMEOUT,
        AttemptOutcome.TIMEOUT,
    ):
        tell(these, outcome)
    assert these.blocked("a") is None


@pytest.mark.parametrize("outcome", sorted(set(AttemptOutcome) - FAILURES))
def test_outcomes_that_are_no_failure_to_answer_never_open_it(tmp_path: Path, outcome: AttemptOutcome) -> None:
    these = breakers(tmp_path, MovedClock(), failures=1)
    tell(these, outcome)
    assert these.blocked("a") is None


@pytest.mark.parametrize("outcome", sorted(FAILURES))
def test_each_failure_to_answer_counts(tmp_path: Path, outcome: AttemptOutcome) -> None:
    these = breakers(tmp_path, MovedClock(), failures=1)
    tell(these, outcome)
    assert these.blocked("a") is not None


def test_after_its_rest_one_probe_goes_at_a_time_and_its_answer_closes_it(tmp_path: Path) -> None:
    clock = MovedClock()
    these = opened(tmp_path, clock)
    clock.pass_s(REST_S - 0.001)
    assert these.blocked("a") is not None
    clock.pass_s(0.001)
    probe = these.admit("a")
    assert probe == Admission("a", probe=True)
    assert these.admit("a") == "its breaker is half-open, and one probe is under way"
    these.report(Admission("a", probe=True), AttemptOutcome.OK)
    assert these.admit("a") == Admission("a", probe=False)


def test_a_probe_that_fails_opens_it_for_another_rest(tmp_path: Path) -> None:
    clock = MovedClock()
    these = opened(tmp_path, clock)
    clock.pass_s(REST_S)
    tell(these, AttemptOutcome.CONNECTION)
    clock.pass_s(REST_S - 1)
    assert these.blocked("a") is not None
    clock.pass_s(1)
    assert these.blocked("a") is None


def test_a_probe_that_was_never_sent_lets_the_next_one_go(tmp_path: Path) -> None:
    clock = MovedClock()
    these = opened(tmp_path, clock)
    clock.pass_s(REST_S)
    tell(these, None)
    assert these.admit("a") == Admission("a", probe=True)


def test_calls_that_were_under_way_when_it_opened_change_nothing(tmp_path: Path) -> None:
    these = breakers(tmp_path, MovedClock())
    late = [these.admit("a") for _ in range(2)]
    for _ in range(3):
        tell(these, AttemptOutcome.TIMEOUT)
    for admission, outcome in zip(late, (AttemptOutcome.OK, AttemptOutcome.TIMEOUT), strict=True):
        assert isinstance(admission, Admission)
        these.report(admission, outcome)
    assert these.blocked("a") is not None


def test_an_open_breaker_and_a_count_survive_a_restart(tmp_path: Path) -> None:
    clock = MovedClock()
    these = opened(tmp_path, clock)
    tell(these, AttemptOutcome.AUTH, "b")
    again = breakers(tmp_path, clock)
    assert again.blocked("a") is not None
    for _ in range(2):
        tell(again, AttemptOutcome.AUTH, "b")
    assert again.blocked("b") is not None


def test_another_key_model_or_address_is_another_setup_and_is_asked_at_once(tmp_path: Path) -> None:
    clock, path = MovedClock(), tmp_path / "breakers.json"
    wrong = Breakers(path, 3, REST_S, clock, {"a": "a: small at there, key 1"})
    for _ in range(3):
        tell(wrong, AttemptOutcome.AUTH)
    assert wrong.blocked("a") is not None
    assert Breakers(path, 3, REST_S, clock, {"a": "a: small at there, key 1"}).blocked("a") is not None
    assert Breakers(path, 3, REST_S, clock, {"a": "a: small at there, key 2"}).blocked("a") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": {"failures": "many"}}', b"\xff\xfe"])
def test_a_damaged_file_counts_as_closed_and_is_said(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    clock = MovedClock()
    opened(tmp_path, clock)
    (tmp_path / "breakers.json").write_bytes(content)
    assert breakers(tmp_path, clock).blocked("a") is None
    assert "damaged" in caplog.text


def test_a_folder_that_cannot_be_written_is_said_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    these = Breakers(tmp_path / "state" / "breakers.json", 1, REST_S, MovedClock())
    tell(these, AttemptOutcome.TIMEOUT)
    assert these.blocked("a") is not None
    assert "could not be saved" in caplog.text


def test_a_clock_that_was_set_back_does_not_lock_a_provider_out(tmp_path: Path) -> None:
    clock = MovedClock()
    these = opened(tmp_path, clock)
    clock.pass_s(-3600)
    assert these.admit("a") == Admission("a", probe=True)


@given(st.lists(st.sampled_from([*sorted(AttemptOutcome), None]) | st.integers(1, 90), max_size=40))
def test_never_more_than_the_limit_of_failures_in_a_row_gets_through_without_a_rest(
    tmp_path_factory: pytest.TempPathFactory, events: list[AttemptOutcome | int | None]
) -> None:
    clock = MovedClock()
    these = breakers(tmp_path_factory.mktemp("breakers"), clock)
    in_a_row, rested_s = 0, REST_S
    for event in events:
        if isinstance(event, int) and not isinstance(event, str):
            clock.pass_s(event)
            rested_s += event
            continue
        admission = these.admit("a")
        if isinstance(admission, str):
            assert in_a_row >= 3
            assert rested_s < REST_S
            continue
        these.report(admission, event)
        if event in FAILURES:
            in_a_row, rested_s = in_a_row + 1, 0
            assert in_a_row <= 3 or admission.probe
        elif event is AttemptOutcome.OK or event in UNUSABLE:
            in_a_row = 0
