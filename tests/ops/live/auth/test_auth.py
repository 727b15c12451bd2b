"""One operator: his password, the tokens that he makes, the sessions of his browsers, and who is locked out."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from window_support import PASSWORD, TurnedClock

from config.errors import UsageFault
from ops.live.auth.access import Access, Asked, LockedOut, Who, may_change
from ops.live.auth.operator import FILE, Operator, keep_operator, read_operator
from ops.live.auth.sessions import ALL_TRIES, IDLE, LONGEST, TRIES, TRIES_IN, Lockout, Sessions


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator().with_password(PASSWORD)


def test_a_password_and_a_token_are_kept_as_hashes_for_this_user_alone(tmp_path: Path, operator: Operator) -> None:
    with_token, token = operator.with_token("grafana", "read")
    file = keep_operator(tmp_path / "state", with_token)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert PASSWORD not in text
    assert token not in text
    again = read_operator(tmp_path / "state")
    assert again.knows(PASSWORD)
    assert not again.knows(PASSWORD + "!")
    known = again.token_of(token)
    assert known is not None
    assert (known.scope, again.token_of(token[:-1])) == ("read", None)


def test_the_hash_of_the_environment_takes_the_place_of_the_one_in_the_file(tmp_path: Path, operator: Operator) -> None:
    keep_operator(tmp_path, Operator().with_password("another long password"))
    assert read_operator(tmp_path, operator.password_hash).knows(PASSWORD)


def test_a_short_password_is_refused_and_a_hash_that_is_none_lets_nobody_in() -> None:
    with pytest.raises(UsageFault, match="Give 12 or more"):
        Operator().with_password("elevenchars")
    with pytest.raises(UsageFault, match="not one of Argon2"):
        Operator(password_hash="plain").knows("plain")


def test_a_file_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path, operator: Operator) -> None:
    file = keep_operator(tmp_path, operator)
    file.chmod(0o644)
    with pytest.raises(UsageFault, match="can be read by other users"):
        read_operator(tmp_path)
    (tmp_path / FILE).write_text("{")
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(UsageFault, match="cannot be read as the operator's file"):
        read_operator(tmp_path)


def test_a_token_of_the_same_name_takes_the_place_of_the_older() -> None:
    first, old = Operator().with_token("a", "steer")
    second, new = first.with_token("a", "read")
    known = second.token_of(new)
    assert known is not None
    assert (second.token_of(old), known.scope) == (None, "read")


def test_a_session_ends_when_it_is_not_used_and_after_its_longest_time_in_any_case() -> None:
    clock = TurnedClock()
    sessions = Sessions(clock)
    idle, busy = sessions.begin("steer"), sessions.begin("steer")
    step = IDLE - timedelta(minutes=1)
    for _ in range(int(LONGEST / step)):
        clock.turn(step)
        assert sessions.find(busy) is not None
    assert sessions.find(idle) is None
    clock.turn(step)
    assert sessions.find(busy) is None, "it was used all the time"


def test_a_stream_that_stays_open_does_not_keep_a_session_alive() -> None:
    clock = TurnedClock()
    sessions = Sessions(clock)
    name = sessions.begin("steer")
    clock.turn(IDLE)
    assert sessions.find(name, touch=False) is not None
    clock.turn(timedelta(seconds=1))
    assert sessions.find(name, touch=False) is None


def test_an_address_is_locked_out_after_too_many_wrong_ones_and_let_in_later() -> None:
    clock = TurnedClock()
    lockout = Lockout(clock)
    for _ in range(TRIES):
        assert lockout.wait("a") is None
        lockout.wrong("a")
    assert lockout.wait("a") == TRIES_IN
    assert lockout.wait("b") is None
    clock.turn(TRIES_IN)
    assert lockout.wait("a") is None


def test_many_addresses_together_are_locked_out_too() -> None:
    lockout = Lockout(TurnedClock())
    for n in range(ALL_TRIES):
        lockout.wrong(f"10.0.0.{n}")
    assert lockout.wait("192.168.0.1") == TRIES_IN


def test_wrong_passwords_lock_out_even_the_right_one(operator: Operator) -> None:
    access = Access(operator, TurnedClock(), guests_read=True)
    for _ in range(TRIES):
        assert access.log_in("wrong password!", "a") is None
    with pytest.raises(LockedOut):
        access.log_in(PASSWORD, "a")
    assert access.log_in(PASSWORD, "b") is not None


def test_wrong_tokens_lock_out_too() -> None:
    operator, token = Operator().with_token("t", "read")
    access = Access(operator, TurnedClock(), guests_read=True)
    for _ in range(TRIES):
        assert access.who(Asked(None, "Bearer trib_wrong", "a")) is None
    with pytest.raises(LockedOut):
        access.who(Asked(None, f"Bearer {token}", "a"))
    assert access.who(Asked(None, f"Bearer {token}", "b")) == Who(frozenset({"read"}), name="t")


def test_guests_look_only_where_no_password_is_set_and_never_change_anything(operator: Operator) -> None:
    nobody = Asked(None, None, "127.0.0.1")
    guest = Access(Operator(), TurnedClock(), guests_read=True).who(nobody)
    assert guest is not None
    assert guest.allowed == {"read"}
    assert not may_change(guest, None)
    assert Access(operator, TurnedClock(), guests_read=True).who(nobody) is None
    assert Access(Operator(), TurnedClock(), guests_read=False).who(nobody) is None


def test_a_browser_needs_its_own_token_for_a_change_and_a_program_none(operator: Operator) -> None:
    access = Access(operator, TurnedClock(), guests_read=False)
    mine, other = (access.who(Asked(access.log_in(PASSWORD, "a"), None, "a")) for _ in range(2))
    assert mine is not None
    assert other is not None
    assert may_change(mine, mine.csrf)
    assert not may_change(mine, other.csrf)
    assert not may_change(mine, None)
    assert may_change(Who(frozenset({"read", "steer"})), None)
