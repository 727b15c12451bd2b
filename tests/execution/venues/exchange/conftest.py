"""A fresh exchange for each scenario."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from exchange_support import Trading, trading

Scenario = Callable[[Trading], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    """Runs a scenario on a fresh exchange."""

    def run(scenario: Scenario, *args: Any, **more: Any) -> None:
        async def main() -> None:
            async with trading(tmp_path, *args, **more) as on:
                await scenario(on)

        asyncio.run(main())

    return run
