"""Tables and plots of what looks back on rulings: they fit the console, show unknowns as dashes, and can hide nothing."""

from datetime import UTC, datetime

import numpy as np
import pytest

from evidence.rulings.calibration import CalibrationReport, HorizonCalibration, SpeakerCalibration
from evidence.rulings.flips import Audit, BlindTally, FlipTally
from evidence.rulings.mirror import Turned
from evidence.rulings.worth import Attribution, RoleWorth
from evidence.statistics.reliability import measure
from evidence.statistics.totals import Interval
from ops.tables.attribution import show_attribution
from ops.tables.audit import show_audit
from ops.tables.calibration import reliability_page, show_calibration
from risk.calibration import Calibrations, fit_calibration

STATED = np.array([0.1, 0.5, 0.5, 0.9])
WON = np.array([False, True, False, True])


def report(run: str = "paper-001", speakers: int = 2) -> CalibrationReport:
    known = fit_calibration(STATED, WON)
    found = tuple(
        SpeakerCalibration(
            speaker=f"mind-{place}/devils_advocate", figures=measure(STATED, WON, STATED * 100), map=known, later=None
        )
        for place in range(speakers)
    )
    return CalibrationReport(
        runs=(run,), horizon_bars=72, shrink_k=50.0, hearings=5, pending=1, targets=2, stops=1, neither=1,
        mean_return_bps=-3.25, speakers=found,
        calibrations=Calibrations(
            horizon_bars=72, runs=(run,), known_until_utc=datetime(2024, 1, 1, tzinfo=UTC),
            speakers={item.speaker: item.map for item in found},
        ),
        horizons=(HorizonCalibration(speaker="mind-0/analyst", horizon="together", figures=found[0].figures),),
    )  # fmt: skip


def test_calibration_fits_the_console_and_shows_what_is_unknown_as_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    show_calibration(report(), as_json=False)
    printed = capsys.readouterr().out
    assert "│            – │" in printed
    assert "…" not in printed
    assert "│ mind-0/analyst │ together │" in printed
    assert "-3.2 bps each on average after fees." in printed


@pytest.mark.parametrize("speakers", [1, 2, 3, 4, 7])
def test_the_page_has_a_square_for_each_speaker_and_is_the_same_twice(speakers: int) -> None:
    page = reliability_page(report(speakers=speakers))
    assert page == reliability_page(report(speakers=speakers))
    assert page.count("n 4, ECE") == speakers


def test_the_page_fetches_nothing_and_a_run_name_cannot_break_it() -> None:
    page = reliability_page(report(run="</script><script>alert(1)</script>"))
    assert "<script>alert" not in page
    assert "<script src" not in page


def test_attribution_shows_unsettled_roles_as_dashes(capsys: pytest.CaptureFixture[str]) -> None:
    known = RoleWorth(
        role="supervisor", heard=10, changed=4, lowered=4, raised=0, settled=9,
        quote=Interval(value=-1234.567, low=-2000.0, high=10.0), bps=Interval(value=1.0, low=-2.0, high=3.0),
    )  # fmt: skip
    unknown = RoleWorth(role="analyst", heard=0, changed=0, lowered=0, raised=0, settled=0, quote=None, bps=None)
    show_attribution(
        Attribution(
            runs=("one",), quote="USDT", horizon_bars=72, hearings=10, roles=(unknown, known), pairs=(), alpha=None
        ),
        as_json=False,
    )
    printed = capsys.readouterr().out
    assert "-1,234.57" in printed
    assert "-2,000.00 to +10.00" in printed
    assert "(interval data): –." in printed


def test_an_audit_says_how_many_were_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    none = FlipTally(
        window="all", what=Turned.BOTH, cases=0, turned=0, followed=0, stood=0, against=0, no_room=0
    )  # fmt: skip
    blinded = BlindTally(window="all", cases=0, same=0, mean_change=0.0)
    show_audit(
        Audit(run="one", mind="rules", hearings=9, not_asked=8, sampled=1, flips=(none,), blinded=(blinded,)),
        as_json=False,
    )
    assert "1 case of 9 heard again by the mind rules; 8 of other minds are left out." in capsys.readouterr().out
