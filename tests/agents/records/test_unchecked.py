"""What a session makes of checked parts is not checked again (`Frozen.of_ours`): a reader checks all of it, to the byte."""

from pathlib import Path

import pytest
from run_support import events, run, said

from agents.records.record import CycleRecord


@pytest.mark.slow
@pytest.mark.parametrize("asked", [("--set", "court.call=every_bar"), ("--symbols", "BTC/USDT", "ETH/USDT")])
def test_what_a_session_wrote_unchecked_is_read_with_every_check_to_the_same_bytes(
    tmp_path: Path, asked: tuple[str, ...]
) -> None:
    assert run(tmp_path / "run", "--days", "4", *asked) == 0
    found = events(tmp_path / "run")
    assert [each.event.canonical() for each in found] == [each.payload for each in found]
    bars = said(found, CycleRecord)
    assert len(bars) == 4 * 24
    assert any(bar.portfolio.positions for bar in bars) or any(bar.hearings for bar in bars)
