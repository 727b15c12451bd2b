"""The emergency stop by trigger, from the outage to the alert: each trigger, with each of its actions, on a clock that jumps."""

import asyncio
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from gate_support import ANY_PRICE
from jumping_time import T0, Overdue, Time
from trader_support import World

from agents.desk.clocked.pulse import LivePulse
from agents.records.inputs import Beat
from config.reading.load import load_profile
from config.sections.emergency.settings import EmergencySettings
from config.sections.emergency.table import TRIGGERS, Action, Trigger
from execution.kill_switch.halting import HaltEvent
from execution.kill_switch.latch import LatchFolder, Lift
from execution.kill_switch.switches import FileSwitch
from execution.kill_switch.triggers import SCOPE, Triggers, TriggerSwitch
from ops.terminal.halts import HaltHerald
from risk.order import OrderKind

SOON_S = 1.0
"""From the moment at which a figure is above its limit to the alert."""
BEGINS_S, LIMIT = 100.0, 30.0
ROWS = [row for row in TRIGGERS if row.name != "journal_lost"]
"""Without a sale, a journal that is lost has a switch of its own (`execution/kill_switch/storage.py`)."""
CASES = [(row, action) for row in TRIGGERS for action in Action if row in ROWS or action is Action.FLATTEN]


class Stopped:
    """A trader with a position and an entry under way, whose emergency stop has one trigger."""

    def __init__(self, row: Trigger, action: Action, folder: Path) -> None:
        self.time, self.figure = Time(), 0.0
        limits = {each.name: None for each in TRIGGERS} | {row.name: {"above": LIMIT, "action": action}}
        self.folder = LatchFolder(folder)
        triggers = Triggers(
            EmergencySettings.model_validate(limits),
            {row.name: lambda: self.figure},
            self.folder,
            "testnet",
            self.time,  # type: ignore[arg-type]
        )
        files = FileSwitch(self.folder, "testnet")
        self.world = World(real=True, limits=ANY_PRICE, switch=TriggerSwitch(files, triggers))
        self.stderr = io.StringIO()
        self.herald = HaltHerald(self.stderr)
        self._told = 0
        self.world.buy()
        self.world.bar(50_000, 50_050, 49_950, 50_000)
        self.pulse = LivePulse(
            Overdue(), lambda: (*files.standing(), *triggers.standing()), lambda: self.time.seconds > 10_000, self.time,
            sells_at_once=True,
        )  # fmt: skip
        self.pulse.watch(self.world.trader)

    def until_told(self, outage: Callable[[float], float]) -> tuple[float, str]:
        """Live until the next alert. `outage`: the figure at a moment. When it came [s], and what it said."""
        wait = self.time.wait

        async def waits(seconds: float) -> None:
            await wait(seconds)
            self.figure = outage(self.time.seconds)

        self.time.wait = waits  # type: ignore[method-assign]
        while not self.stderr.getvalue():
            beat = asyncio.run(self.pulse.next())
            assert isinstance(beat, Beat), "nothing was told"
            asyncio.run(self.world.trader.heed(beat.at_utc))
            self._tell()
        said = self.stderr.getvalue()
        self.stderr.truncate(0)
        self.stderr.seek(0)
        return self.time.seconds, said

    def halts(self) -> list[HaltEvent]:
        return [event for event in self.world.events.all if isinstance(event, HaltEvent)]

    def _tell(self) -> None:
        for event in self.world.events.all[self._told :]:
            self.herald.hear(event, past=False)
        self._told = len(self.world.events.all)


def outage(now_s: float) -> float:
    """A figure that grows with time, as that of an exchange that is silent."""
    return max(0.0, now_s - BEGINS_S)


@pytest.mark.parametrize(("row", "action"), CASES, ids=lambda each: getattr(each, "name", each))
def test_each_trigger_is_carried_out_and_told_within_a_second_of_its_limit(
    row: Trigger, action: Action, tmp_path: Path
) -> None:
    stopped = Stopped(row, action, tmp_path)
    told_s, said = stopped.until_told(outage)
    assert BEGINS_S + LIMIT < told_s <= BEGINS_S + LIMIT + SOON_S
    assert row.name in said
    assert stopped.world.buy().order is None, "no new risk"
    sent = [order for order in stopped.world.open_orders() if order.kind is OrderKind.MARKET]
    if action is Action.FLATTEN:
        assert sum((order.quantity for order in sent), Decimal(0)) == stopped.world.held
        assert all(event.action != "flat" for event in stopped.halts()), "nobody says so before the exchange does"
        stopped.world.bar(50_000, 50_050, 49_950, 50_000)
        beat = asyncio.run(stopped.pulse.next())
        asyncio.run(stopped.world.trader.heed(beat.at_utc))
        assert [event.action for event in stopped.halts()] == ["halted", "flat"]
        assert stopped.time.seconds - told_s <= SOON_S
    else:
        assert sent == []
        assert stopped.world.held > 0
    latched = stopped.folder.read("testnet")
    assert (latched is not None) == (row.needs_human or action is Action.FLATTEN)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.needs_human], ids=lambda row: row.name)
def test_what_lifts_itself_is_lifted_when_the_figure_is_at_half_of_its_limit(row: Trigger, tmp_path: Path) -> None:
    stopped = Stopped(row, Action.CANCEL, tmp_path)
    stopped.until_told(outage)
    lifts_s = stopped.time.seconds + 50

    def mended(now_s: float) -> float:
        return LIMIT * 0.9 if now_s < lifts_s else LIMIT * 0.5

    told_s, said = stopped.until_told(mended)
    assert lifts_s <= told_s <= lifts_s + SOON_S
    assert "takes new risk again" in said
    assert [lifted.scope for lifted in stopped.halts()[-1].lifted] == [f"{SCOPE}{row.name}"]
    assert stopped.world.trader.halts == ()


@pytest.mark.parametrize("row", [row for row in ROWS if row.needs_human], ids=lambda row: row.name)
def test_what_needs_a_human_stays_until_one_lifts_it_and_does_not_fall_again_for_the_same(
    row: Trigger, tmp_path: Path
) -> None:
    stopped = Stopped(row, Action.CLOSE_ONLY, tmp_path)
    stopped.until_told(outage)
    assert stopped.world.buy().order is None
    stopped.folder.lift(Lift("testnet", "ann", T0.isoformat(), "looked into it"))
    assert stopped.until_told(lambda _: LIMIT + 1)[1].count("lifted") == 1
    asyncio.run(stopped.world.trader.heed(T0))
    assert stopped.world.trader.halts == ()
    stopped.until_told(lambda now_s: 0.0 if now_s < 2_000 else LIMIT + 1)
    assert stopped.folder.read("testnet") is not None, "after it was over once, it falls again"


def test_a_trigger_holds_for_this_session_where_no_latch_file_can_be_written(tmp_path: Path) -> None:
    (row,) = [row for row in TRIGGERS if row.name == "flash_crash"]
    stopped = Stopped(row, Action.CANCEL, tmp_path)

    def no_room(wanted: object) -> None:
        raise OSError(28, "No space left on device")

    stopped.folder.set = no_room  # type: ignore[method-assign, assignment]
    stopped.until_told(outage)
    stopped.figure = 0.0
    assert stopped.world.buy().order is None
    assert [halt.scope for halt in stopped.world.trader.halts] == [f"{SCOPE}flash_crash"]


def test_a_figure_that_nobody_knows_trips_nothing_and_lifts_nothing(tmp_path: Path) -> None:
    limits = EmergencySettings.model_validate(
        {row.name: None for row in TRIGGERS} | {"error_rate": {"above": 0.5, "action": "cancel"}}
    )
    told: list[float | None] = [None, 0.9, None, 0.2]
    triggers = Triggers(limits, {"error_rate": lambda: told[0]}, LatchFolder(tmp_path), "testnet", Time())  # type: ignore[arg-type]
    down = []
    while told:
        down.append(len(triggers.standing()))
        told.pop(0)
    assert down == [0, 1, 1, 0]


def test_nothing_is_measured_while_a_journal_is_repeated(tmp_path: Path) -> None:
    def never() -> float:
        raise AssertionError("it was measured")

    limits = EmergencySettings.model_validate(
        {row.name: None for row in TRIGGERS} | {"error_rate": {"above": 0.5, "action": "cancel"}}
    )
    triggers = Triggers(limits, {"error_rate": never}, LatchFolder(tmp_path), "testnet", Time(), lambda: True)  # type: ignore[arg-type]
    assert triggers.standing() == ()


@pytest.mark.parametrize("profile", ["paper", "testnet", "live"])
def test_every_trigger_has_a_setting_and_every_setting_a_trigger_and_order_rate_is_on_by_default(profile: str) -> None:
    assert list(EmergencySettings.model_fields) == [row.name for row in TRIGGERS]
    emergency = load_profile(profile, {}).emergency
    assert emergency.of("order_rate") is not None
    assert all(emergency.of(row.name) is not None for row in TRIGGERS)
