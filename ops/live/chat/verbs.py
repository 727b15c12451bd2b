"""Every verb of the chat, declared once: who may use it, what it is for, and what it does with old messages.

A verb that puts a brake on is obeyed however old it is: a halt that was typed while the chat was down still means halt. One that
takes a brake off is not, and needs a one-time code on top. Old questions get no answer.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from config.clock import Clock
from config.errors import TribunalError
from execution.kill_switch.latch import ALL
from ops.live.chat import answers
from ops.live.chat.answers import Asked
from ops.live.chat.confirming import GOOD_FOR, Confirming
from ops.live.chat.people import Person, Role
from ops.live.following.window import Window
from ops.live.woken.notice import plain
from ops.live.woken.switching import lift, put_down

OLD = timedelta(seconds=60)
LONGEST = 4096
"""Characters of one message, by Telegram's rule."""


class Message(NamedTuple):
    """What somebody wrote: the verb without its slash, the rest, and when it was sent."""

    who: Person
    name: str
    verb: str
    words: str
    sent: datetime


class Verb(NamedTuple):
    """One verb. `does` gives the answer."""

    name: str
    role: Role
    what: str
    does: Callable[["Chat", Message], str]
    when_old: bool = False
    """Whether it is obeyed however old the message is."""


class Chat:
    """The chat about one session. `folder`: that of its run; `make_code` gives one-time codes."""

    def __init__(
        self,
        window: Window,
        folder: Path,
        people: dict[Person, Role],
        clock: Clock,
        make_code: Callable[[], str] = lambda: os.urandom(3).hex(),
    ) -> None:
        self.window, self.folder, self.clock = window, folder, clock
        self._people = people
        self.confirming = Confirming(make_code)

    def knows(self, who: Person) -> bool:
        """Whether somebody is on the list."""
        return who in self._people

    def answer(self, message: Message) -> str | None:
        """The answer; None where there is none, as to somebody who is not on the list."""
        role = self._people.get(message.who)
        if role is None:
            return None
        verb = BY_NAME.get(message.verb)
        if verb is None:
            return f"There is no /{plain(message.verb)[:30]}. /help lists what there is."
        if role < verb.role:
            return f"/{verb.name} is for an {verb.role.name.lower()}; you are a {role.name.lower()}. Nothing was done."
        old = self.clock.now() - message.sent > OLD
        if old and not verb.when_old:
            refused = f"/{verb.name} is older than {OLD.seconds} s and was not obeyed. Send it again."
            return None if verb.role is Role.VIEWER else refused
        return clipped(verb.does(self, message))


def clipped(text: str) -> str:
    """Text that fits into one message, without control characters."""
    whole = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"


def _told(answer: Callable[[Asked], str], chat: Chat, message: Message) -> str:
    return answer(Asked(message.words, chat.window, chat.folder, chat.clock.now()))


def _help(chat: Chat, message: Message) -> str:
    return "\n".join(
        f"/{verb.name}: {verb.what}" + (" (operator)" if verb.role is Role.OPERATOR else "") for verb in VERBS
    )


def _who(message: Message) -> str:
    return plain(f"{message.name} (telegram {message.who.user})")[:80]


def _halt(chat: Chat, message: Message) -> str:
    try:
        return put_down(ALL, _who(message), plain(message.words) or "no reason given", chat.clock)
    except (OSError, TribunalError) as fault:
        return f"NOT HALTED: {fault}. Sessions go on. Run `tribunal halt` on the machine."


def _unhalt(chat: Chat, message: Message) -> str:
    why = plain(message.words)
    if not why:
        return "Say why it is safe to go on: /unhalt REASON. Nothing was lifted."
    code = chat.confirming.ask(message.who, why, chat.clock.now())
    return f"Not lifted yet. Send within {GOOD_FOR.seconds} s: /confirm {code}"


def _confirm(chat: Chat, message: Message) -> str:
    why = chat.confirming.take(message.who, message.words, chat.clock.now())
    if why is None:
        return (
            "There is no such code, or it was used or is too old. Nothing was lifted. Begin again with /unhalt REASON."
        )
    try:
        return lift(ALL, _who(message), why, chat.clock)
    except (OSError, TribunalError) as fault:
        return f"NOT LIFTED: {fault}. The kill switch stays down."


VERBS: tuple[Verb, ...] = (
    Verb("status", Role.VIEWER, "how the session stands", partial(_told, answers.status)),
    Verb("profit", Role.VIEWER, "profit of the day, the week, the month", partial(_told, answers.profit)),
    Verb("positions", Role.VIEWER, "what is held, with stops", partial(_told, answers.positions)),
    Verb("balance", Role.VIEWER, "equity, cash, fees", partial(_told, answers.balance)),
    Verb("last", Role.VIEWER, "the last ruling", partial(_told, answers.last)),
    Verb("why", Role.VIEWER, "why a decision was made: why ID", partial(_told, answers.why)),
    Verb("vetoes", Role.VIEWER, "what court and gate refused last", partial(_told, answers.vetoes)),
    Verb("health", Role.VIEWER, "whether it lives, and what its sources told", partial(_told, answers.health)),
    Verb("help", Role.VIEWER, "this list", _help),
    Verb("halt", Role.OPERATOR, "the kill switch, for all sessions: halt REASON", _halt, when_old=True),
    Verb("unhalt", Role.OPERATOR, "lift it: unhalt REASON, then the code that you get", _unhalt),
    Verb("confirm", Role.OPERATOR, "the code of unhalt", _confirm),
)

BY_NAME = {verb.name: verb for verb in VERBS}
