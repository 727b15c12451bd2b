"""What a venue says of its connection: how long the exchange is silent, and what part of the questions fails."""

import asyncio
from typing import Any

from exchange_support import QUICK, Trading

from execution.venues.exchange.lines.line import Answers
from execution.wire.faults import Faults, Kind, Rule, Scenario


def test_an_exchange_that_answers_no_more_is_silent_from_then_on_and_its_questions_fail(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        async with asyncio.timeout(20):
            while on.venue.share_failed() is None:
                await asyncio.sleep(0.05)
        silent_s, failed = on.venue.silent_s(), on.venue.share_failed()
        assert silent_s is not None
        assert silent_s < 2
        assert failed is not None
        assert failed < 0.1
        on.server.faults = Faults(Scenario(faults=(Rule(at="*", kind=Kind.STATUS, status=503, chance=1.0),)))
        async with asyncio.timeout(30):
            while (on.venue.silent_s() or 0) < 1.5 or (on.venue.share_failed() or 0) <= failed:
                await asyncio.sleep(0.05)
        on.server.faults = Faults(Scenario())
        async with asyncio.timeout(30):
            while (on.venue.silent_s() or 0) > 0.5:
                await asyncio.sleep(0.02)

    play(scenario, pace=QUICK._replace(patience_s=0.3))


def test_the_part_that_failed_is_that_of_the_last_minute_and_is_not_known_of_few() -> None:
    answers = Answers()
    for second in range(19):
        answers.note(float(second), failed=True)
    assert answers.share_failed(19.0) is None
    answers.note(19.0, failed=False)
    assert answers.share_failed(19.0) == 0.95
    for second in range(60, 80):
        answers.note(float(second), failed=False)
    assert answers.share_failed(79.5) == 0.0
    assert answers.share_failed(200.0) is None
