"""The request of `tribunal backtest`: a run, and how to judge it. The command's own options become settings."""

import argparse
import math
from typing import Any

from agents.desk.request import RunRequest
from config.errors import UsageFault
from config.frozen import Frozen
from config.reading.load import load_profile
from ops.commands.requests import told_more

_RECORDED = "recorded:"


class BacktestRequest(Frozen):
    """One run on recorded bars and its judgement. `chance` is the number of random runs to compare it with; None for none."""

    run: RunRequest
    check: bool
    chance: int | None
    workers: int
    tearsheet: bool


def backtest_asked(arguments: argparse.Namespace) -> BacktestRequest:
    """The request of a command line. Raises UsageFault."""
    world = told_more(arguments)
    _refuse_few(arguments)
    changed: dict[str, Any] = {"overrides": {**_settings(arguments), **world.overrides}}
    if (arguments.mind or "").startswith(_RECORDED):
        changed["mind"] = None
    return BacktestRequest(
        run=RunRequest(
            world=world.model_copy(update=changed),
            command="backtest",
            calibration=arguments.calibration,
            record=arguments.record,
            out=arguments.out,
            as_json=arguments.json,
            quiet=arguments.quiet,
            require_models=arguments.require_models,
        ),
        check=arguments.check,
        chance=arguments.chance,
        workers=arguments.workers,
        tearsheet=arguments.tearsheet,
    )


def _refuse_few(arguments: argparse.Namespace) -> None:
    """Raise UsageFault for a comparison with chance that has too few runs, or would cost money."""
    if arguments.chance is None:
        return
    from evidence.strategies.baselines import LEAST_SEEDS  # it loads the desk

    if arguments.chance < LEAST_SEEDS:
        raise UsageFault(
            f"--chance {arguments.chance} could not even say 'better than 95 %'. Nothing was started; give {LEAST_SEEDS} or more."
        )
    if (arguments.mind or "rules") != "rules":
        raise UsageFault(
            "--chance hears each run in the rules mind, and --mind names another. Nothing was started; leave one of them out."
        )


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings, by dotted key, of the command's own options. Raises UsageFault."""
    changed: dict[str, Any] = {}
    if arguments.cash is not None:
        changed["venue.starting_cash"] = str(_sound("--cash", arguments.cash))
    if arguments.fee_bps is not None:
        changed |= _fee(arguments.profile, _sound("--fee-bps", arguments.fee_bps))
    if arguments.slippage_bps is not None:
        changed |= _slippage(arguments.profile, _sound("--slippage-bps", arguments.slippage_bps))
    if arguments.latency_ms is not None:
        changed["venue.latency_ms"] = _sound("--latency-ms", arguments.latency_ms)
    if arguments.impact is not None:
        changed |= _impact(arguments.impact)
    mind = arguments.mind or ""
    if mind.startswith(_RECORDED):
        cassette = mind.removeprefix(_RECORDED)
        changed |= {"court.mind": "models", "minds.transcripts": "replay", "minds.cassette": cassette}
    return changed


def _fee(profile: str, fee_bps: float) -> dict[str, Any]:
    """The same fee for maker and taker of every market of the profile."""
    markets = load_profile(profile).market.instruments
    return {
        f"market.instruments.{market}.{side}_fee_bps": str(fee_bps) for market in markets for side in ("maker", "taker")
    }


def _slippage(profile: str, each_way_bps: float) -> dict[str, Any]:
    """A wider spread. It is a cost to test, so the gate's limits are widened by the same amount and refuse no market for it."""
    settings = load_profile(profile)
    cap = settings.limits.entry_price_cap_bps
    return {
        "limits.entry_price_cap_bps": None if cap is None else cap + each_way_bps,
        "venue.spread_bps": settings.venue.spread_bps + 2 * each_way_bps,
        "limits.max_spread_bps": settings.limits.max_spread_bps + 2 * each_way_bps,
        "limits.max_slippage": settings.limits.max_slippage + each_way_bps / 10_000,
    }


def _impact(text: str) -> dict[str, Any]:
    """book, square_root, or square_root:Y."""
    model, sign, number = text.partition(":")
    try:
        value = float(number) if sign else None
    except ValueError:
        value = math.nan
    if model not in ("book", "square_root") or (value is not None and (model == "book" or not math.isfinite(value))):
        raise UsageFault(
            f"--impact {text!r} is neither book nor square_root, nor square_root:Y with a number Y. Nothing was started."
        )
    return {"venue.impact": model} | ({} if value is None else {"venue.impact_coefficient": _sound("--impact", value)})


def _sound(option: str, value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise UsageFault(f"{option} must be a number, not negative; it is {value:g}. Nothing was started.")
    return value
