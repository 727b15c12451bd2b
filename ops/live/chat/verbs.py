"""Every verb of the chat, declared once: who may use it, what it is for, and what it does with old messages.

What the operator may do is the table of all surfaces (`ops.live.steering.verbs`). A verb that puts a brake on is obeyed however
old it is: a halt that was typed while the chat was down still means halt. One that takes a brake off, or buys, is not, and needs
a one-time code on top. Old questions get no answer, and old answers to petitions count for nothing.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import sleep
from typing import NamedTuple

from config.clock import Clock
from config.errors import OutputFault, TribunalError
from execution.steering.words import Target
from ops.live.chat import answers
from ops.live.chat.answers import Asked
from ops.live.chat.confirming import GOOD_FOR, Confirming, Wanted
from ops.live.chat.people import Person, Role
from ops.live.following.window import Window
from ops.live.steering.giving import Operator, Steering
from ops.live.steering.verbs import OFFERED, Offered, Way
from ops.live.steering.verbs import VERBS as OFFERED_ALL
from ops.live.woken.notice import plain

OLD = timedelta(seconds=60)
_NAP_S = 0.25
PATIENCE_S = 3.0
"""How long an answer waits for what the session makes of a verb [s]."""
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
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.window, self.folder, self.clock = window, folder, clock
        self._people = people
        self.confirming = Confirming(make_code)
        self.steering, self.patience_s = Steering(folder, window, clock), patience_s

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


def _give(name: str, chat: "Chat", message: Message) -> str:
    """Give a verb: at once where it puts a brake on; where it takes one off, or buys, a code is given that confirms it."""
    offered = OFFERED[name]
    target, why = _parted(offered, chat, message.words)
    try:
        wanted = chat.steering.confirmation(name, target)
        if offered.is_brake:
            return _done(chat, message, Wanted(name, target, why))
        if offered.way is not Way.PETITION and not why:
            return f"Say why it is safe: /{_form(offered)}. Nothing was done."
        asked = chat.steering.petitions.one(target)
        notional = None if asked is None else asked.petition.notional
        code = chat.confirming.ask(message.who, Wanted(name, target, why, notional), chat.clock.now())
        return f"Not done yet. {wanted.told}\nSend within {GOOD_FOR.seconds} s: /confirm {code}"
    except OutputFault as fault:
        return str(fault)
    except TribunalError as fault:
        return f"NOT DONE: {fault}"


def _confirm(chat: "Chat", message: Message) -> str:
    wanted = chat.confirming.take(message.who, message.words, chat.clock.now())
    if wanted is None:
        return "There is no such code, or it was used or is too old. Nothing was done. Ask for it again."
    try:
        return _done(chat, message, wanted)
    except OutputFault as fault:
        return str(fault)
    except TribunalError as fault:
        return f"NOT DONE: {fault}"


def _done(chat: "Chat", message: Message, wanted: Wanted) -> str:
    """Give a verb, and tell how it stands after a moment. Raises TribunalError."""
    by = Operator(_who(message), "chat")
    if wanted.notional is not None:
        given = chat.steering.answer(
            wanted.target, wanted.notional, approved=wanted.verb == "approve", why=wanted.why, by=by
        )
    else:
        given = chat.steering.give(wanted.verb, wanted.target, wanted.why, by)
    begun, left = given.told, chat.patience_s
    while given.state in ("waiting", "heard") and left > 0:
        sleep(_NAP_S)
        left -= _NAP_S
        given = chat.steering.stands(given.ref) or given
    told = given.told if given.told == begun else f"{begun}\n{given.told}"
    return f"{wanted.verb} {wanted.target}".strip() + f": {given.state}. {told}"


def _parted(offered: Offered, chat: "Chat", words: str) -> tuple[str, str]:
    """The target and the reason in what was typed."""
    first, _, rest = plain(words).partition(" ")
    if offered.target is Target.NONE:
        return "", plain(words)
    if offered.target is Target.SYMBOL_OR_ALL:
        if "/" in first:
            return first.upper(), rest
        return "", rest if first.lower() == "all" else plain(words)
    return first.upper() if offered.target is Target.SYMBOL else first, rest


def _form(offered: Offered) -> str:
    """How a verb is typed."""
    targets = {
        None: " ID", Target.NONE: "", Target.SYMBOL: " BTC/USDT", Target.SYMBOL_OR_ALL: " [BTC/USDT]", Target.STRATEGY: " NAME",
    }  # fmt: skip
    return f"{offered.name}{targets[offered.target]} {'[REASON]' if offered.is_brake or offered.target is None else 'REASON'}"


def _petitions(chat: "Chat", message: Message) -> str:
    waiting = chat.steering.waiting()
    return (
        "\n\n".join(
            f"{each.symbol}: {each.notional:,.2f}, stop {each.stop_fraction:.2%} away, until {each.until_utc:%H:%M:%S} UTC\n"
            + "\n".join(each.reasons)
            + f"\n/approve {each.decision_id}\n/reject {each.decision_id}"
            for each in waiting
        )
        or "Nothing waits for a yes."
    )


def _offer(offered: Offered) -> Verb:
    """A verb of the operator, out of the table of all surfaces."""
    code = "" if offered.is_brake else ", then the code that you get"
    return Verb(
        offered.name,
        Role.OPERATOR,
        f"{offered.what}: {_form(offered)}{code}",
        partial(_give, offered.name),
        when_old=offered.is_brake and offered.way is not Way.PETITION,
    )


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
    Verb("petitions", Role.VIEWER, "what waits for a human's yes", _petitions),
    *(_offer(offered) for offered in OFFERED_ALL),
    Verb("confirm", Role.OPERATOR, "the code of a verb that takes a brake off, or buys", _confirm),
)

BY_NAME = {verb.name: verb for verb in VERBS}
