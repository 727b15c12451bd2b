"""`tribunal facts`: sources that fail are named, the others are archived, and wrong arguments ask nobody."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from market.bar import Fact
from market.context.__main__ import main
from market.context.live.archive import Archive
from market.context.live.web import NotRead
from ops.commands.operate.facts import collect_facts

BTC = "BTC/USDT"
AT = datetime(2024, 3, 10, tzinfo=UTC)


class Telling:
    name = "telling"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        return [Fact(name="vix", at_utc=AT, known_utc=now, value=14.0)]


class Silent:
    name = "silent"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        raise NotRead("status 429", 17.0)


def test_a_source_that_fails_is_named_and_the_others_are_archived(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = Archive(tmp_path / "facts")
    assert asyncio.run(collect_facts([Telling(), Silent()], [BTC], archive, None)) == 0
    told = capsys.readouterr()
    assert told.out == "1 new figures, 1 in the archive\n"
    assert told.err == "telling: 1 figures\nsilent: not read: status 429; it may be asked again in 17 s\n"
    assert len(Archive(tmp_path / "facts")) == 1


def test_without_any_answer_the_exit_code_is_that_of_data(tmp_path: Path) -> None:
    assert asyncio.run(collect_facts([Silent()], [BTC], Archive(tmp_path / "facts"), None)) == 3
    assert not (tmp_path / "facts").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "No source was named"),
        (["--odds", "BTC/USDT"], "is not SYMBOL=SLUG"),
        (["--odds", "ETH/USDT=up"], "is not SYMBOL=SLUG"),
        (["--sources", "fred", "--every", "0"], "is no pause"),
        (["--sources", "fred", "--every", "nan"], "is no pause"),
        (["--sources", "fred", "--symbols", "nonsense"], "is no market"),
    ],
)
def test_wrong_arguments_ask_nobody(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--symbols", BTC, "--archive", str(tmp_path / "facts"), *arguments]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "facts").exists()
