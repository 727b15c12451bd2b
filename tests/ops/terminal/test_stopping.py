"""Signals are wishes while a session trades, end the command otherwise, and are ignored where the caller ignores them."""

import signal
from collections.abc import Iterator
from threading import Event

import pytest
from pydantic import BaseModel, field_serializer

from ops.terminal.stopping import SIGNALS, StopSignals

each = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@each
def test_the_first_one_is_a_wish_while_the_session_trades_and_the_second_ends_the_command(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    with StopSignals() as signals, signals.trading():
        assert not signals.asked()
        signal.raise_signal(number)
        assert signals.asked()
        assert capsys.readouterr().err.count("Ending the session after this bar") == 1
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


@each
def test_before_and_after_the_session_it_ends_the_command_at_once(number: signal.Signals) -> None:
    with StopSignals() as signals:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        with signals.trading():
            pass
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


@each
def test_the_handlers_of_before_stand_again_afterwards(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopSignals():
        assert signal.getsignal(number) != before
    assert signal.getsignal(number) == before


def test_a_hangup_that_the_caller_ignores_stays_ignored_and_the_others_do_not() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with StopSignals() as signals, signals.trading():
        signal.raise_signal(signal.SIGHUP)
        assert not signals.asked()
        signal.raise_signal(signal.SIGINT)
        assert signals.asked()


class Asking(BaseModel):
    """Gets a signal while pydantic's compiled code writes it."""

    value: int

    @field_serializer("value")
    def _written(self, value: int) -> int:
        signal.raise_signal(signal.SIGTERM)
        return value


def test_a_signal_that_compiled_code_would_swallow_is_obeyed_a_moment_later() -> None:
    written = []

    def work() -> None:
        written.append(Asking(value=7).model_dump_json())
        Event().wait(30)

    with StopSignals(), pytest.raises(KeyboardInterrupt):
        work()
    assert written == ['{"value":7}']
