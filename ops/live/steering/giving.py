"""A verb is given to the session, to the latch, or as the answer to a petition; and what became of it, as the journal tells it.

Nothing is obeyed here. A word lies in the mailbox until the session takes it; the latch is the file that `tribunal halt` sets; a
petition takes its first answer. A session that has ended, or whose process is gone, is asked nothing.
"""

import re
from decimal import Decimal
from hmac import compare_digest
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from agents.approval.box import Petitions, Waiting
from config.clock import Clock
from config.errors import OutputFault, TribunalError, UsageFault
from config.frozen import Frozen, UtcTime
from execution.kill_switch.latch import ALL
from execution.steering.mailbox import Mailbox
from execution.steering.words import (
    LONGEST_NAME,
    NO_REASON,
    Confirmation,
    Proposable,
    SteerVerb,
    Target,
    Via,
    confirmation,
    line_of,
    word_of,
)
from ops.live.beating.heartbeat import heartbeat_of, lives
from ops.live.following.window import Window
from ops.live.state.actions import ActionNow
from ops.live.steering.verbs import OFFERED, PROPOSE, Offered, Way
from ops.live.woken.switching import lift, put_down

State = Literal["waiting", "heard", "done", "refused", "failed"]
_UNHEARD = "The session has not heard it yet: it looks between two bars."
_WITHDRAWN = "It was withdrawn before the session heard it. Nothing was done."
_TOO_LATE = "It is too late to withdraw it: the session is hearing it."
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+")
_OVER = ("completed", "interrupted")


class Given(Frozen):
    """A verb that was given, and how it stands."""

    ref: str = Field(description="names it: ask with it what became of it")
    verb: str
    target: str = Field(description="market, strategy or decision; empty for none")
    state: State = Field(
        description="waiting: nobody has heard it; heard: it is being obeyed; done, refused (nothing was done), or failed"
    )
    told: str = Field(description="the result in words, on what the exchange has said")


class PetitionNow(Frozen):
    """A petition that waits for an answer."""

    decision_id: str
    symbol: str
    notional: Decimal = Field(description="size of the order that waits [quote]")
    stop_fraction: float = Field(description="distance of its stop [fraction of the price]")
    reasons: tuple[str, ...] = Field(description="what the court has said, a line a role")
    until_utc: UtcTime = Field(description="its deadline: silence until then is a no")

    @classmethod
    def of(cls, asked: Waiting) -> "PetitionNow":
        """A petition as a surface shows it."""
        told = asked.petition
        return cls(
            decision_id=told.decision_id,
            symbol=told.symbol,
            notional=told.notional,
            stop_fraction=told.stop_fraction,
            reasons=told.reasons,
            until_utc=asked.until_utc,
        )


class WordNow(Frozen):
    """A word that waits, and can be withdrawn."""

    ref: str = Field(description="names it")
    verb: str
    target: str = Field(description="market, of a proposal with its direction, or strategy; empty for none")
    who: str
    via: str = Field(description="the surface on which it was given")
    why: str
    given_utc: UtcTime


class Operator(NamedTuple):
    """Who gives a verb, and where."""

    who: str
    via: Via


class Steering:
    """One session to steer. `folder`: that of its run; `window`: what is known of it."""

    def __init__(self, folder: Path, window: Window, clock: Clock) -> None:
        self._window, self._clock = window, clock
        self._folder = folder
        self._mailbox, self.petitions = Mailbox(folder, clock), Petitions(folder, clock)

    def confirmation(self, name: str, target: str) -> Confirmation:
        """What has to be typed for a verb, and what is so afterwards. Raises UsageFault for a verb or a target that is none."""
        verb = _verb(name)
        if verb.way is Way.PETITION:
            asked = self._asked(target)
            money = f"{asked.petition.notional:,.2f}"
            told = f"A position in {asked.petition.symbol} for {money} is opened, unless the exchange refuses it."
            if verb.is_brake:
                told = f"The position in {asked.petition.symbol} for {money} is not opened. Nothing else changes."
            amount = "" if verb.is_brake else f" {asked.petition.notional:.2f}"
            return Confirmation(f"{verb.name.upper()} {asked.petition.symbol}{amount}", told)
        if verb.way is Way.WORD:
            self._ready(verb, target)
        return confirmation(verb.name, self._named(verb, target), ALL if verb.way is Way.LATCH else self._window.run)

    def confirmed(self, name: str, target: str, typed: str) -> None:
        """Raise UsageFault unless what was typed is what a verb's confirmation asks for."""
        wanted = self.confirmation(name, target)
        if not compare_digest(" ".join(typed.split()).encode(), wanted.words.encode()):
            raise UsageFault(f"Nothing was asked. {wanted.told} To confirm this, give: {wanted.words}")

    def give(self, name: str, target: str, why: str, by: Operator) -> Given:
        """Give a verb that was confirmed. Raises UsageFault, OutputFault; nothing was asked then."""
        verb, target = _verb(name), " ".join(target.split())
        if not verb.is_brake and verb.way is not Way.PETITION and not line_of(why):
            raise UsageFault(f"{name} takes a brake off: say why it is safe. Nothing was asked.")
        match verb.way:
            case Way.LATCH:
                return self._latch(verb, why, by)
            case Way.PETITION:
                return self.answer(
                    target, self._asked(target).petition.notional, approved=name == "approve", why=why, by=by
                )
            case Way.WORD:
                return self._word(verb, target, why, by)

    def answer(self, decision_id: str, notional: Decimal, *, approved: bool, why: str, by: Operator) -> Given:
        """Answer a petition about an amount. Raises UsageFault, OutputFault; nothing was approved then."""
        said = self.petitions.say(decision_id, notional, approved=approved, who=by.who, via=by.via, why=why)
        name = "approve" if approved else "reject"
        return Given(
            ref=f"{name}@{said.decision_id}",
            verb=name,
            target=decision_id,
            state="heard",
            told=f"{'Yes' if approved else 'No'} to {notional:,.2f}: the session has this answer, and takes no other.",
        )

    def unheard(self) -> tuple[WordNow, ...]:
        """The words that the session has not taken yet, oldest first."""
        return tuple(
            WordNow(
                ref=word.word_id,
                verb=word.verb.value,
                target=word.about,
                who=word.who,
                via=word.via,
                why=word.why,
                given_utc=word.given_utc,
            )
            for word in self._mailbox.waiting()
        )

    def changed_ns(self) -> int:
        """A number that is another one when a petition or a word waits, or waits no more."""
        return self.petitions.changed_ns() + self._mailbox.changed_ns()

    def withdraw(self, ref: str, by: Operator) -> Given:
        """Take back a word that the session has not taken, and say how it stands. Raises UsageFault where none waits, and
        OutputFault where its file cannot be removed."""
        outcome = self._mailbox.withdraw(ref, f"{by.who} ({by.via})")
        if outcome == "unknown" and self._action(ref) is None:
            raise UsageFault(f"No word {line_of(ref, LONGEST_NAME)} waits for this session. Nothing was withdrawn.")
        if outcome == "withdrawn":
            answer = self._mailbox.answer_to(ref)
            told = _WITHDRAWN if answer is None else answer.told
            return Given(ref=ref, verb=_verb_in(ref), target="", state="refused", told=told)
        stands = self.stands(ref) or Given(ref=ref, verb=_verb_in(ref), target="", state="waiting", told=_UNHEARD)
        return stands.model_copy(update={"told": _TOO_LATE}) if outcome == "taken" else stands

    def stands(self, ref: str) -> Given | None:
        """What became of a verb; None for one that nobody knows."""
        name, _, rest = ref.partition("@")
        if name in OFFERED:
            return self._stands_otherwise(OFFERED[name], ref, rest)
        if (action := self._action(ref)) is not None:
            return Given(
                ref=ref,
                verb=action.verb,
                target=action.target,
                state=action.state,
                told=action.result or "It was heard.",
            )
        answer = self._mailbox.answer_to(ref)
        if answer is not None:
            return Given(ref=ref, verb=_verb_in(ref), target="", state=answer.state, told=answer.told)
        if _verb_in(ref) not in OFFERED and _verb_in(ref) != PROPOSE.name:
            return None
        if (why := self._gone()) is not None:
            return Given(ref=ref, verb=_verb_in(ref), target="", state="failed", told=why)
        return Given(
            ref=ref,
            verb=_verb_in(ref),
            target="",
            state="waiting",
            told=_UNHEARD,
        )

    def waiting(self) -> tuple[PetitionNow, ...]:
        """The petitions that may be answered now."""
        return tuple(PetitionNow.of(each) for each in self.petitions.waiting())

    def _latch(self, verb: Offered, why: str, by: Operator) -> Given:
        who, reason = f"{by.who} ({by.via})", line_of(why) or NO_REASON
        try:
            if verb.name == "unhalt":
                done = lift(ALL, who, reason, self._clock)
            else:
                done = put_down(ALL, who, reason, self._clock, flatten=verb.name == "halt_flatten")
        except (OSError, TribunalError) as fault:
            head = "NOT LIFTED" if verb.name == "unhalt" else "NOT HALTED"
            raise OutputFault(
                f"{head}: the latch cannot be changed ({fault}). Nothing was changed. Run `tribunal "
                f"{verb.name.partition('_')[0]}` on the machine."
            ) from fault
        state: State = "heard" if done.is_new and self._gone() is None else "done"
        return Given(ref=f"{verb.name}@{done.given_utc}", verb=verb.name, target="", state=state, told=done.told)

    def propose(self, symbol: str, direction: Proposable, why: str, by: Operator) -> Given:
        """Propose a position to the session: a vote of `outside`. Raises UsageFault, OutputFault; nothing was asked then."""
        return self._word(PROPOSE, symbol, why, by, direction)

    def _word(self, verb: Offered, target: str, why: str, by: Operator, direction: Proposable | None = None) -> Given:
        self._ready(verb, target)
        named, now = self._named(verb, target), self._clock.now()
        try:
            word = word_of(SteerVerb(verb.name), named, by.who, by.via, why, now, direction)
        except ValueError as fault:
            raise UsageFault(f"{fault}. Nothing was asked.") from None
        self._mailbox.put(word)
        told = "It lies in the session's mailbox. The session looks between two bars."
        return Given(ref=word.word_id, verb=verb.name, target=word.about, state="waiting", told=told)

    def _ready(self, verb: Offered, target: str) -> None:
        """Raise UsageFault for a session that hears nothing any more, and for a target that it does not have."""
        if (why := self._gone()) is not None:
            raise UsageFault(why)
        with self._window.fold() as fold:
            if fold is None:
                raise UsageFault("The start of the session is not known yet. Nothing was asked. Try again in a moment.")
            known = targets_of(verb, fold.session.symbols, fold.voters)
        if known is not None and target not in known:
            there = ", ".join(name for name in known if name) or "none"
            raise UsageFault(f"{verb.name} needs one of: {there}. Nothing was asked.")

    def _named(self, verb: Offered, target: str) -> str:
        return "" if verb.target is Target.NONE else target

    def _gone(self) -> str | None:
        """Why the session hears nothing; None where it may."""
        status = self._window.status()
        if status is None:
            return None
        if status.phase in _OVER:
            return (
                f"The run {self._window.run} has ended, so nobody hears it. Nothing was asked. The kill switch works without a "
                "session."
            )
        if status.head.on_the_clock and heartbeat_of(self._folder) is not None and not lives(self._folder):
            return (
                f"The process of {self._window.run} is gone, so nobody hears it. Nothing was asked. `tribunal run --resume` "
                "goes on with the run; the kill switch works without it."
            )
        return None

    def _stands_otherwise(self, verb: Offered, ref: str, rest: str) -> Given | None:
        action = self._action(ref)
        if action is not None:
            return Given(ref=ref, verb=verb.name, target=action.target, state=action.state, told=action.result)
        if verb.way is Way.PETITION:
            told = "The session has not read it yet."
            if self.petitions.answer_to(rest) is None:
                told = "The session has read the answers; its journal will tell which one counted."
            if (why := self._gone()) is not None:
                return Given(ref=ref, verb=verb.name, target=rest, state="failed", told=why)
            return Given(ref=ref, verb=verb.name, target=rest, state="heard", told=told)
        if _MOMENT.fullmatch(rest) is None:
            return None
        if self._gone() is not None:
            return Given(
                ref=ref, verb=verb.name, target="", state="done", told="It holds. No session runs here to hear it."
            )
        return Given(
            ref=ref, verb=verb.name, target="", state="heard", told="It holds. The session has not read it yet."
        )

    def _action(self, ref: str) -> ActionNow | None:
        with self._window.fold() as fold:
            return None if fold is None else fold.actions.by_ref(ref)

    def _asked(self, decision_id: str) -> Waiting:
        asked = self.petitions.one(decision_id)
        if asked is None:
            raise UsageFault(
                f"No petition about {line_of(decision_id, 60) or 'this'} waits: it was answered, or its time is over, which is "
                "a no. Nothing was approved."
            )
        return asked


def targets_of(verb: Offered, symbols: tuple[str, ...], strategies: tuple[str, ...]) -> tuple[str, ...] | None:
    """The targets that a verb takes in a session; an empty one is all markets. None for a verb without a target."""
    match verb.target:
        case Target.SYMBOL:
            return symbols
        case Target.SYMBOL_OR_ALL:
            return ("", *symbols)
        case Target.STRATEGY:
            return strategies
        case _:
            return None


def _verb(name: str) -> Offered:
    found = OFFERED.get(name)
    if found is None:
        raise UsageFault(f"There is no verb {name[:40]!r}; there are {', '.join(OFFERED)}. Nothing was asked.")
    return found


def _verb_in(word_id: str) -> str:
    """The verb in the id of a word."""
    _, _, rest = word_id.partition("-")
    return rest.rpartition("-")[0]
