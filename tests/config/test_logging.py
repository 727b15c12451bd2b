"""Logs say everything but secrets."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from pydantic import SecretStr

from config.clock import FixedClock
from config.logging import MASK, configure

SECRET = 'sk-"quoted"\\secret'
CLOCK = FixedClock(datetime(2024, 5, 1, 12, tzinfo=UTC))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(("as_json", "stream"), [(True, io.StringIO), (False, io.StringIO), (False, Terminal)])
def test_no_secret_leaves_by_any_door(as_json: bool, stream: type[io.StringIO]) -> None:
    out = stream()
    configure(json=as_json, secrets=[SECRET], stream=out, clock=CLOCK)
    log = structlog.get_logger("desk")
    log.warning(
        f"sent {SECRET}", key=SecretStr(SECRET), deep={"a": [1, (SECRET,)]}, raw=SECRET.encode(), cause=OSError(SECRET)
    )
    logging.getLogger("ccxt").warning("GET /?signature=%s", SECRET)
    for logger in (log, logging.getLogger("urllib")):
        try:
            raise ValueError(f"refused {SECRET}")
        except ValueError:
            logger.exception("failed")
    text = out.getvalue()
    assert SECRET not in text
    assert json.dumps(SECRET)[1:-1] not in text
    assert text.count(MASK) >= 7
    assert text.count("ValueError: refused") == 2


def test_a_value_too_short_to_be_a_secret_does_not_eat_words() -> None:
    out = io.StringIO()
    configure(secrets=["", "e", "desk"], stream=out)
    structlog.get_logger("desk").info("the desk opened")
    assert "the desk opened" in out.getvalue()


def test_machine_lines_are_json_with_time_level_and_logger() -> None:
    out = io.StringIO()
    configure(json=True, stream=out, clock=CLOCK)
    structlog.get_logger("desk").info("filled", price=1.5)
    logging.getLogger("ccxt").error("gone %s", "away")
    own, foreign = (json.loads(line) for line in out.getvalue().splitlines())
    stamp = "2024-05-01T12:00:00.000+00:00"
    assert own == {"event": "filled", "price": 1.5, "level": "info", "logger": "desk", "timestamp": stamp}
    assert foreign == {"event": "gone away", "level": "error", "logger": "ccxt", "timestamp": stamp}


def test_without_a_terminal_lines_are_key_value() -> None:
    out = io.StringIO()
    configure(stream=out, clock=CLOCK)
    structlog.get_logger("desk").info("filled", price=1.5)
    assert out.getvalue() == (
        "timestamp='2024-05-01T12:00:00.000+00:00' level='info' event='filled' price=1.5 logger='desk'\n"
    )


def test_what_is_below_the_level_is_silent() -> None:
    out = io.StringIO()
    configure(level="warning", stream=out)
    structlog.get_logger("desk").info("quiet")
    logging.getLogger("ccxt").info("quiet")
    assert out.getvalue() == ""


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure(level="loud")


def test_configuring_twice_does_not_log_twice() -> None:
    out = io.StringIO()
    configure(stream=out)
    configure(stream=out)
    structlog.get_logger("desk").info("once")
    assert out.getvalue().count("once") == 1
