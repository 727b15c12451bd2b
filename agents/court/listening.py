"""How the court listens: one opinion within its deadline, validated again, with only the evidence that matches the case.

A role that fails, is late, or gives what is no opinion has abstained, with a reason (law 3).
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, Generic, NamedTuple

from agents.court.case import Case
from agents.court.grounding import AnyOpinion, ground
from agents.court.opinion import Evidence
from config.errors import TribunalError
from config.silence import Abstained


class Heard(NamedTuple, Generic[AnyOpinion]):
    """The opinion of a role without its invalid evidence, and the evidence that was struck out."""

    word: AnyOpinion | Abstained
    struck: tuple[Evidence, ...]


async def concurrently(calls: Sequence[Coroutine[Any, Any, Heard[AnyOpinion]]]) -> tuple[Heard[AnyOpinion], ...]:
    """Return all opinions of a wave, in the order of the docket. A single call runs without a task, because a task
    costs more.
    """
    return (await calls[0],) if len(calls) == 1 else tuple(await asyncio.gather(*calls))


async def listen(
    case: Case, role: type[AnyOpinion], call: Awaitable[AnyOpinion | Abstained], deadline_s: float
) -> Heard[AnyOpinion]:
    """Wait for one opinion, validate it again and check its evidence. A role that fails or exceeds its deadline has
    abstained.
    """
    try:
        async with asyncio.timeout(deadline_s):
            word = await call
        if isinstance(word, Abstained):
            return Heard(word, ())
        if not isinstance(word, role):
            return Heard(Abstained(why=f"gave no opinion that is one, but {type(word).__name__}"), ())
        grounded, struck = ground(case, role.model_validate(word.model_dump()))
    except TribunalError:
        raise  # a missing recording or a broken account identity is an error, not an abstention
    except TimeoutError:
        return Heard(Abstained(why=f"said nothing within {deadline_s:g} s"), ())
    except Exception as fault:  # noqa: BLE001  the boundary of a mind: whatever breaks in it is silence, not a trade
        return Heard(Abstained(why=f"failed with {type(fault).__name__}"), ())
    return Heard(grounded, struck)
