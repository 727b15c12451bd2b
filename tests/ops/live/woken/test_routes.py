"""Routes: which alerts go where; what cannot be read is told at the start, and a secret is never shown."""

from datetime import UTC, datetime

import pytest

from config.errors import UsageFault
from ops.live.woken.notice import Notice, notice
from ops.live.woken.routes import routes_of, secrets_of

AT = datetime(2026, 11, 30, tzinfo=UTC)
TOKEN = "123456789:abcdefg_hijklmnop"


def told(code: str, **more: object) -> Notice:
    return notice(code, AT, "text", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "goes", "stays"),
    [
        ("", ["kill_switch", "breaker"], ["fill", "daily_summary"]),
        ("critical=", ["kill_switch"], ["breaker", "fill"]),
        ("info=", ["kill_switch", "breaker", "fill", "veto"], []),
        ("info,-veto=", ["fill"], ["veto"]),
        ("critical,daily_summary=", ["kill_switch", "daily_summary"], ["breaker"]),
        ("fill,veto=", ["fill", "veto"], ["kill_switch"]),
        ("critical,-kill_switch=", ["order_unknown"], ["kill_switch"]),
    ],
)
def test_the_words_of_a_route_say_what_goes_there(words: str, goes: list[str], stays: list[str]) -> None:
    (route,) = routes_of([f"{words}json://127.0.0.1/x"], None)
    assert [code for code in (*goes, *stays) if route.takes(told(code))] == goes


def test_an_end_goes_where_its_beginning_went() -> None:
    (route,) = routes_of(["critical=json://127.0.0.1/x"], None)
    assert route.takes(told("order_unknown", is_over=True))
    assert not route.takes(told("breaker", is_over=True))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bogus://x", "bogus://"),
        ("json://", "no route"),
        ("nonsense", "no route"),
        ("criticle=json://127.0.0.1/x", "Did you mean critical?"),
        ("filll=json://127.0.0.1/x", "Did you mean fill?"),
    ],
)
def test_a_route_that_cannot_be_read_is_told(text: str, says: str) -> None:
    with pytest.raises(UsageFault, match="Nothing was started") as fault:
        routes_of([text], None)
    assert says in str(fault.value)


@pytest.mark.parametrize("url", [f"tgram://{TOKEN}/42", "json://me:longsecret@127.0.0.1/x"])
def test_a_destination_with_a_secret_is_not_taken_from_the_command_line(url: str) -> None:
    with pytest.raises(UsageFault, match="TRIBUNAL_ALERTS") as fault:
        routes_of([url], None)
    assert "abcdefg" not in str(fault.value)
    assert "longsecret" not in str(fault.value)


def test_a_kept_route_may_hold_one_and_neither_its_name_nor_an_error_shows_it() -> None:
    (route,) = routes_of([], f"critical=tgram://{TOKEN}/42")
    assert "abcdefg" not in route.name
    with pytest.raises(UsageFault) as fault:
        routes_of([], f"critical=tgram://{TOKEN}/42 bogus=tgram://{TOKEN}/42")
    assert "abcdefg" not in str(fault.value)


def test_the_tokens_of_kept_routes_are_masked_in_logs() -> None:
    assert {"abcdefg_hijklmnop", "123456789"} <= set(secrets_of(f"critical=tgram://{TOKEN}/42"))
