"""Steering: the page of the operator and its REST. Whoever may look sees what was done; the operator alone may do anything.

Every verb is asked for twice: first what it would do is told with the words that confirm it, then those words are typed. What
came of it is shown as the journal tells it.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from config.errors import TribunalError, UsageFault
from config.frozen import Frozen
from execution.steering.words import LONGEST, LONGEST_NAME, Via
from ops.live.auth.access import Who
from ops.live.state.actions import ActionNow
from ops.live.steering.giving import Given, Operator, PetitionNow, Steering, WordNow, targets_of
from ops.live.steering.verbs import GIVEN, VERBS, Offered
from ops.live.web.guard import reads, steers, who_asks
from ops.live.web.rest import From

pages = APIRouter(include_in_schema=False)
rest = APIRouter(prefix="/api", tags=["steer"])
_LONGEST_REF = 200
Made = TypeVar("Made")


class VerbNow(Frozen):
    """A verb that may be given."""

    name: str
    target: str = Field(description="what it is about: none, symbol, symbol or all, strategy, decision")
    targets: tuple[str, ...] = Field(description="the targets of this session; an empty one is all markets")
    is_brake: bool = Field(description="whether it lowers risk; the others need a reason")
    what: str = Field(description="what it does")


class ToConfirm(Frozen):
    """What a verb would do, and the words that confirm it."""

    words: str = Field(description="give these as `confirm`")
    told: str = Field(description="what is so afterwards")


class AskedFor(Frozen):
    """A verb that is given."""

    verb: str = Field(max_length=LONGEST_NAME)
    target: str = Field(default="", max_length=LONGEST_NAME, description="market, strategy or decision")
    why: str = Field(default="", max_length=LONGEST, description="the reason; a verb that takes a brake off needs one")
    confirm: str = Field(default="", max_length=_LONGEST_REF, description="the words of `/api/steer/confirmation`")


def steering_of(request: Request) -> Steering:
    """What steers the session that is shown."""
    found: Steering = request.app.state.steering
    return found


With = Annotated[Steering, Depends(steering_of)]
Reader = Annotated[Who, Depends(reads)]
Gives = Annotated[Who, Depends(steers)]


def may_steer(request: Request) -> Who:
    """A dependency: the operator who asks what a verb would do, which changes nothing."""
    return who_asks(request, "steer")


Operates = Annotated[Who, Depends(may_steer)]


@rest.get("/actions")
def actions(who: Reader, source: From) -> tuple[ActionNow, ...]:
    """What humans have done to the session, the newest first."""
    return source.actions()


@rest.get("/petitions")
def petitions(who: Reader, steering: With) -> tuple[PetitionNow, ...]:
    """Positions that wait for a human's yes."""
    return steering.waiting()


@rest.get("/words")
def words(who: Reader, steering: With) -> tuple[WordNow, ...]:
    """What the session was asked and has not heard yet."""
    return steering.unheard()


@rest.get("/steer")
def verbs(who: Reader, source: From) -> tuple[VerbNow, ...]:
    """The verbs that may be given to the session."""
    symbols, voters = source.steered()
    return tuple(_verb_now(verb, symbols, voters) for verb in VERBS)


@rest.get("/steer/confirmation")
def to_confirm(
    who: Operates,
    steering: With,
    verb: Annotated[str, Query(max_length=LONGEST_NAME)],
    target: Annotated[str, Query(max_length=LONGEST_NAME)] = "",
) -> ToConfirm:
    """What a verb would do, and the words that confirm it."""
    wanted = _refusing(lambda: steering.confirmation(verb, target))
    return ToConfirm(words=wanted.words, told=wanted.told)


@rest.post("/steer", status_code=202)
def give(who: Gives, steering: With, asked: AskedFor) -> Given:
    """Give a verb to the session, to the kill switch, or as the answer to a petition."""
    return _given(steering, who, asked, "rest")


@rest.get("/steer/{ref}")
def stands(who: Reader, steering: With, ref: str) -> Given:
    """What became of a verb, as the journal tells it."""
    found = steering.stands(ref)
    if found is None:
        raise HTTPException(404, "no such verb was given to this session, or too long ago")
    return found


@rest.delete("/steer/{ref}")
def withdraw(who: Gives, steering: With, ref: str) -> Given:
    """Take back a word that the session has not heard, and say how it stands."""
    return _refusing(lambda: steering.withdraw(ref, Operator(who.name, "rest")))


@pages.get("/operator/confirm")
def confirm_on_page(
    request: Request,
    who: Operates,
    steering: With,
    verb: Annotated[str, Query(max_length=LONGEST_NAME)],
    target: Annotated[str, Query(max_length=LONGEST_NAME)] = "",
) -> HTMLResponse:
    """The form that asks for the words."""
    wanted = _refusing(lambda: steering.confirmation(verb, target))
    row = next(each for each in VERBS if each.name == verb)
    asked = next((each for each in steering.waiting() if each.decision_id == target), None)
    return _part(request, "confirm.html", verb=row, target=target, wanted=wanted, petition=asked)


@pages.post("/operator/give")
def give_on_page(
    request: Request,
    who: Gives,
    steering: With,
    verb: Annotated[str, Form(max_length=LONGEST_NAME)],
    target: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
    why: Annotated[str, Form(max_length=LONGEST)] = "",
    confirm: Annotated[str, Form(max_length=_LONGEST_REF)] = "",
) -> HTMLResponse:
    """Give a verb; the answer says how it stands, and looks again until it is done."""
    asked = AskedFor(verb=verb, target=target, why=why, confirm=confirm)
    return _part(request, "given.html", given=_given(steering, who, asked, "page"))


@pages.post("/operator/withdraw")
def withdraw_on_page(
    request: Request, who: Gives, steering: With, ref: Annotated[str, Form(max_length=_LONGEST_REF)]
) -> HTMLResponse:
    """Take back a word that the session has not heard."""
    given = _refusing(lambda: steering.withdraw(ref, Operator(who.name, "page")))
    return _part(request, "given.html", given=given)


@pages.get("/operator/stands")
def stands_on_page(
    request: Request, who: Reader, steering: With, ref: Annotated[str, Query(max_length=_LONGEST_REF)]
) -> HTMLResponse:
    """How a verb stands."""
    return _part(request, "given.html", given=stands(who, steering, ref))


def controls(source: From) -> tuple[VerbNow, ...]:
    """The verbs of the page. Raises NotYet."""
    symbols, voters = source.steered()
    return tuple(_verb_now(verb, symbols, voters) for verb in GIVEN)


def waiting_now(request: Request) -> tuple[PetitionNow, ...]:
    """The petitions that wait, for the parts of pages."""
    return steering_of(request).waiting()


def unheard_now(request: Request) -> tuple[WordNow, ...]:
    """The words that wait, for the parts of pages."""
    return steering_of(request).unheard()


def _verb_now(verb: Offered, symbols: tuple[str, ...], voters: tuple[str, ...]) -> VerbNow:
    return VerbNow(
        name=verb.name,
        target="decision" if verb.target is None else verb.target.value,
        targets=targets_of(verb, symbols, voters) or (),
        is_brake=verb.is_brake,
        what=verb.what,
    )


def _given(steering: Steering, who: Who, asked: AskedFor, via: Via) -> Given:
    def work() -> Given:
        steering.confirmed(asked.verb, asked.target, asked.confirm)
        return steering.give(asked.verb, asked.target, asked.why, Operator(who.name, via))

    return _refusing(work)


def _refusing(work: Callable[[], Made]) -> Made:
    """What `work` gives; a refusal is a conflict, and what could not be written is told as that."""
    try:
        return work()
    except UsageFault as fault:
        raise HTTPException(409, str(fault)) from None
    except TribunalError as fault:
        raise HTTPException(503, str(fault)) from None


def _part(request: Request, template: str, **known: Any) -> HTMLResponse:
    return HTMLResponse(request.app.state.templates.get_template(template).render(**known))
