"""What an operator may ask of a session that runs: every verb in one table, and the word in which one is given.

A word puts a brake on or takes one off. A brake is obeyed however old the word is: a pause that was typed while the session was
down still means pause. What takes a brake off is not obeyed when it is older than a minute, and neither is a proposal.

No word opens a position or sizes one. `propose` lets the strategy `outside` vote at the next bar, where the profile lists it;
court and gate judge that vote as every other.

`halt`, `halt --flatten` and `unhalt` are verbs of the latch (`execution/kill_switch/latch.py`), which needs no session. They
stand in the table so that each surface derives its list of verbs from one place; `Word` cannot carry them.
"""

import os
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, get_args

from pydantic import Field, field_validator

from config.frozen import Frozen, UtcTime, absent
from config.frozen import Word as OneOf

OLD = timedelta(seconds=60)
"""The age from which a word that takes a brake off is not obeyed."""
LONGEST = 500
"""Characters of a reason."""
LONGEST_NAME = 120
"""Characters of a name, a target or an id."""
NO_REASON = "no reason given"
WITHDRAW = "withdraw"
"""What takes a word back that no session has heard: typed as a verb, and none of a session."""


class SteerVerb(OneOf):
    """What a session on its way can be asked to do between two bars."""

    PAUSE = "pause"
    RESUME = "resume"
    STRATEGY_OFF = "strategy_off"
    STRATEGY_ON = "strategy_on"
    CLOSE = "close"
    CANCEL = "cancel"
    RELOAD = "reload"
    PROPOSE = "propose"


Proposable = Literal["long", "short"]
"""What is proposed."""
PROPOSABLE: tuple[Proposable, ...] = get_args(Proposable)
Via = Literal["cli", "page", "rest", "chat", "file", "mcp"]
"""The surface on which a word was given."""
VIAS: tuple[str, ...] = get_args(Via)


class Target(StrEnum):
    """What a verb is about."""

    NONE = "none"
    SYMBOL = "symbol"
    SYMBOL_OR_ALL = "symbol or all"
    STRATEGY = "strategy"


class Row(NamedTuple):
    """One verb as surfaces list it."""

    name: str
    """As it is typed, and as `SteerVerb` spells it."""
    target: Target
    is_brake: bool
    """Whether it lowers risk: obeyed however old. The others are not obeyed when older than `OLD`, and need a reason."""
    what: str
    """What it does, without a subject: for a list of verbs."""
    after: str
    """What is so afterwards, as whole sentences, with {target} and {run}: a confirmation names it."""
    of_latch: bool = False
    """Whether the latch of the kill switch does it, and no `Word`."""
    has_direction: bool = False
    """Whether it says long or short beside its target. Page, REST and chat carry no direction, so they do not offer it."""

    @property
    def kind(self) -> str:
        """What it is to the risk of the session: a brake, a release of one, or a proposal of new risk."""
        return "brake" if self.is_brake else "proposal" if self.has_direction else "release"

    @property
    def needs_why(self) -> str:
        """Why it is not given without a reason, as a predicate; empty for a brake, which is."""
        asked = {
            "release": "takes a brake off: say why it is safe",
            "proposal": "asks for a trial: say what speaks for it",
        }
        return asked.get(self.kind, "")


ROWS: tuple[Row, ...] = (
    Row(
        "pause", Target.NONE, True, "pause entries; exits and stops go on",
        "{run} opens nothing and adds to nothing; entries under way are withdrawn. Exits and stops go on. This holds, through "
        "--resume too, until `resume`.",
    ),
    Row(
        "resume", Target.NONE, False, "end a pause; no latch and no breaker",
        "{run} may open positions again, unless a latch, a breaker or another limit says no.",
    ),
    Row(
        "strategy_off", Target.STRATEGY, True, "hear a strategy's votes for entries no more",
        "{run} opens nothing on votes of {target}. What is held keeps its stops, and {target} may still vote to close it.",
    ),
    Row(
        "strategy_on", Target.STRATEGY, False, "hear a strategy that was switched off",
        "{run} hears the votes of {target} again, from its next bar.",
    ),
    Row(
        "close", Target.SYMBOL, True, "close one position at market, and withdraw its entry",
        "The position of {run} in {target} is closed at market and its entry withdrawn. Its strategies may open another one "
        "later, unless entries are paused.",
    ),
    Row(
        "cancel", Target.SYMBOL_OR_ALL, True, "withdraw open entry orders; stops stay",
        "Entries of {run} that are under way in {target} are withdrawn. Stops stay, and later bars may enter again.",
    ),
    Row(
        "reload", Target.NONE, False, "read the profile again: tighter limits, models and sources take effect",
        "{run} reads its profile again and takes over what a running session may: tighter limits, which strategies are "
        "heard, who answers for its models, and its sources. Everything else is named and needs a restart.",
    ),
    Row(
        "propose", Target.SYMBOL, False, "let the strategy `outside` vote for a position at the next bar",
        "The strategy `outside` of {run} votes for {target} at its next bar. Court, gate and sizing treat it as every vote: "
        "nothing is opened that they refuse.",
        has_direction=True,
    ),
    Row(
        "halt", Target.NONE, True, "the kill switch: no new risk in any session",
        "No session takes new risk; entries under way are withdrawn; positions keep their stops. This holds until `unhalt`.",
        of_latch=True,
    ),
    Row(
        "halt_flatten", Target.NONE, True, "the kill switch, and sell all positions",
        "No session takes new risk; entries under way are withdrawn and all positions are sold at market. This holds until "
        "`unhalt`.",
        of_latch=True,
    ),
    Row(
        "unhalt", Target.NONE, False, "lift the kill switch, with a reason",
        "Sessions may take new risk again, unless another latch or a pause says no.",
        of_latch=True,
    ),
)  # fmt: skip
"""Every verb of every surface."""
BY_NAME = {row.name: row for row in ROWS}
STEERED: tuple[Row, ...] = tuple(row for row in ROWS if not row.of_latch)
"""Those that a `Word` carries."""


class Word(Frozen):
    """One verb that an operator has given to one session."""

    word_id: str = Field(min_length=1, max_length=LONGEST_NAME, description="names the word: no session obeys it twice")
    verb: SteerVerb = Field(description="what is asked")
    target: str = Field(
        default="", max_length=LONGEST_NAME, description="a market or a strategy; empty for none, or for all markets"
    )
    direction: Proposable | None = Field(
        default=None, exclude_if=absent, description="of a proposal: long or short; absent for other verbs"
    )
    who: str = Field(min_length=1, max_length=LONGEST_NAME, description="the operator's name")
    via: Via = Field(description="the surface on which it was given")
    why: str = Field(min_length=1, max_length=LONGEST, description="the operator's reason")
    given_utc: UtcTime = Field(description="when it was given, by the clock of the machine")

    @field_validator("word_id", "target", "who", "why", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        """One line of printable text: what an operator typed is shown on terminals, pages and in messages."""
        return line_of(value) if isinstance(value, str) else value

    @property
    def row(self) -> Row:
        """The row of its verb."""
        return BY_NAME[self.verb.value]

    @property
    def about(self) -> str:
        """Its target, and of a proposal the direction."""
        return f"{self.target} {self.direction or ''}".strip()

    def is_too_old(self, now: datetime) -> bool:
        """Whether it is no brake and was given too long before `now`."""
        return not self.row.is_brake and now - self.given_utc > OLD


def line_of(text: str, longest: int = LONGEST) -> str:
    """Text as one line that can be written and printed anywhere."""
    whole = text.encode("utf-8", "replace").decode()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in whole).split())[:longest]


def word_of(
    verb: SteerVerb, target: str, who: str, via: Via, why: str, now: datetime, direction: Proposable | None = None
) -> Word:
    """A new word. What is too long is cut. Raises ValueError for a verb without its target or direction, or one that is no brake
    without a reason; the message says what is missing."""
    row, target, why = BY_NAME[verb.value], line_of(target, LONGEST_NAME), line_of(why)
    if (wrong := wrong_target(row, target, direction)) is not None:
        raise ValueError(wrong)
    if not why and row.needs_why:
        raise ValueError(f"{row.name} {row.needs_why}")
    word_id = f"{now:%Y%m%dT%H%M%S}-{row.name}-{os.urandom(4).hex()}"
    name = line_of(who, LONGEST_NAME) or "unknown"
    return Word(
        word_id=word_id,
        verb=verb,
        target=target,
        direction=direction,
        who=name,
        via=via,
        why=why or NO_REASON,
        given_utc=now,
    )


def wrong_target(row: Row, target: str, direction: Proposable | None = None) -> str | None:
    """What is wrong with a target, or with the direction, before the session is asked; None if nothing is."""
    if row.target is Target.NONE and target:
        return f"{row.name} has no target, and {target!r} was given"
    if row.target is Target.SYMBOL and not target:
        return f"{row.name} needs a market, such as BTC/USDT"
    if row.target is Target.STRATEGY and not target:
        return f"{row.name} needs the name of a strategy"
    if row.has_direction and direction is None:
        return f"{row.name} needs a direction: {' or '.join(PROPOSABLE)}"
    if direction is not None and not row.has_direction:
        return f"{row.name} has no direction, and {direction!r} was given"
    return None


class Confirmation(NamedTuple):
    """What an operator has to type, and what is told before: the scope and what is so afterwards."""

    words: str
    told: str


def confirmation(verb: str, target: str, run: str) -> Confirmation:
    """The confirmation of a verb. `target`: with the direction of a proposal; `run`: the name of the run's folder, or for a verb
    of the latch, the scope."""
    row = BY_NAME[verb]
    about = target or ("all markets" if row.target is Target.SYMBOL_OR_ALL else "")
    head = row.name.upper().replace("_", " ")
    words = " ".join(part for part in (head, about, "IN" if about else "", run) if part)
    return Confirmation(words, row.after.format(target=about, run=run))
