"""The chat through the real library, against a Bot API on loopback, as a process and in this one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakebot import PATIENCE_S, TOKEN, FakeBot, bot_api
from kept_journals import JOURNALS, KEY

from config.clock import SystemClock
from config.errors import UsageFault
from execution.kill_switch.latch import ALL, LatchFolder
from ops.live.chat.bot import talk
from ops.live.chat.people import people_of
from ops.live.chat.verbs import Chat
from ops.live.following.window import Window

ROOT = Path(__file__).resolve().parents[4]
RUN = JOURNALS / "rules-0.7.0"


@pytest.fixture
def bot() -> Iterator[FakeBot]:
    with bot_api() as found:
        yield found


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def talked(bot: FakeBot, meanwhile: Callable[[], None], token: str = TOKEN) -> list[str]:
    """Open the chat, do something beside it, and close it; returns what it said on stderr."""
    said: list[str] = []
    chat = Chat(Window(RUN.name), RUN, people_of(["43@-100"], ["42"]), SystemClock())

    async def main() -> None:
        stop = asyncio.Event()
        talking = asyncio.ensure_future(talk(chat, token, bot.api, said.append, stop))
        beside = asyncio.ensure_future(asyncio.to_thread(meanwhile))
        await asyncio.wait((talking, beside), return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await talking
        await beside

    asyncio.run(main())
    return said


def test_people_on_the_list_are_answered_and_others_are_not(bot: FakeBot) -> None:
    def meanwhile() -> None:
        bot.say("/halt evil", user=666)
        bot.say("/halt evil", user=42, chat=-100)
        bot.say("/status", user=43, chat=-100)
        bot.say("/help@tribunal_bot", user=42)
        bot.until(2)

    said = talked(bot, meanwhile)
    assert [chat for chat, _ in bot.sent] == [-100, 42]
    assert "/unhalt" in bot.sent[1][1]
    assert LatchFolder(Path(os.environ["TRIBUNAL_STATE_DIR"])).read(ALL) is None
    assert sum("666" in each for each in said) == 1


def test_a_halt_that_was_written_while_the_chat_was_down_is_obeyed_and_an_unhalt_is_not(bot: FakeBot) -> None:
    bot.say("/halt the exchange is down", sent=time.time() - 3600)
    bot.say("/unhalt all is well", sent=time.time() - 3600)
    talked(bot, lambda: (bot.until(2), None)[1])
    texts = bot.until(2)
    assert any("Halted: the exchange is down" in text for text in texts)
    assert any("was not obeyed" in text for text in texts)
    assert LatchFolder(Path(os.environ["TRIBUNAL_STATE_DIR"])).read(ALL) is not None


def test_a_token_that_is_refused_is_told_and_not_shown(bot: FakeBot) -> None:
    with pytest.raises(UsageFault, match="refuses the token") as fault:
        talked(bot, lambda: None, token="987654321:zyxwvutsrqponmlk")
    assert "zyxwvu" not in str(fault.value)


@pytest.mark.slow
def test_the_command_answers_until_it_is_ended_and_never_shows_its_token(bot: FakeBot) -> None:
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "TRIBUNAL_TELEGRAM_TOKEN": TOKEN, "TRIBUNAL_LOG_LEVEL": "DEBUG",
    }  # fmt: skip
    command = [sys.executable, "-m", "ops.chat", str(RUN), "--operator", "42", "--bot-url", bot.api]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    bot.say("/status")
    try:
        assert "rules-0.7.0" in bot.until(1)[0] or "still being read" in bot.sent[0][1]
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "abcdefg_hijklmnop" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([str(RUN)], "Nobody may ask"),
        (["nowhere", "--operator", "42"], "no folder of a run"),
        ([str(RUN), "--operator", "42"], "TRIBUNAL_TELEGRAM_TOKEN is not set"),
    ],
)
def test_what_is_missing_is_told(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    from ops.chat import main

    assert main(words) == 2
    assert says in capsys.readouterr().err
