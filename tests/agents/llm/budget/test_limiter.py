"""What is asked ahead of a trial has half of a provider's rate and places, so that the court finds the other half free."""

import asyncio

import pytest
from scripted_provider import now_s, run

from agents.llm.budget.limiter import Limiter, NoSlot


async def _hold(limiter: Limiter, until: float, seconds: float, *, ahead: bool) -> float:
    """Hold a slot for a while; gives when it was granted, of the loop's time [s]."""
    async with limiter.slot(until, ahead=ahead):
        granted = now_s()
        await asyncio.sleep(seconds)
        return granted


def test_the_court_is_served_at_once_whatever_is_asked_ahead() -> None:
    async def crowd() -> tuple[list[float], list[float]]:
        limiter = Limiter(requests_per_minute=8, concurrency=4)
        aside = [asyncio.create_task(_hold(limiter, 500.0, 10.0, ahead=True)) for _ in range(8)]
        await asyncio.sleep(1)
        court = await asyncio.gather(*(_hold(limiter, 500.0, 1.0, ahead=False) for _ in range(2)))
        return list(court), sorted(await asyncio.gather(*aside))

    court, aside = run(crowd())
    assert court == pytest.approx([1.0, 1.0])
    assert aside[:2] == pytest.approx([0.0, 0.0])
    assert aside[2] >= 10.0
    assert all(sum(other - 60 < granted <= other for granted in aside) <= 4 for other in aside)


def test_an_outlook_that_cannot_be_asked_in_time_is_refused_and_takes_no_place_in_the_minute() -> None:
    async def late() -> float:
        limiter = Limiter(requests_per_minute=2, concurrency=4)
        await _hold(limiter, 100.0, 0.0, ahead=True)
        with pytest.raises(NoSlot):
            await _hold(limiter, 30.0, 0.0, ahead=True)
        return await _hold(limiter, 30.0, 0.0, ahead=False)

    assert run(late()) == 0.0


def test_outlooks_may_use_the_only_place() -> None:
    assert run(_hold(Limiter(requests_per_minute=1, concurrency=1), 10.0, 0.0, ahead=True)) == 0.0
