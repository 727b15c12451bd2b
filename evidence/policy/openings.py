"""The hold-out, and who has looked at it: a committed file for each model, after which that model may not look again.

2023 and 2024 belong to no training, no tuning and no choice. They are opened once for a model, for the sign of its result and its
deepest fall alone. The file is written before anything is run on the bars, so a run that breaks off has opened them too.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError

from config.errors import OutputFault, UsageFault
from config.files import write_whole
from config.frozen import Frozen, UtcTime
from evidence.policy.judging import ArmResult, Seeds

HELD_OUT_FROM = datetime(2023, 1, 1, tzinfo=UTC)
HELD_OUT_UNTIL = datetime(2025, 1, 1, tzinfo=UTC)


class Shown(Frozen):
    """What a hold-out showed. Growth [fraction]; falls are positive fractions of equity.

    `arms`: the base, the ruling as it stands and the policy, as a verdict has them, on this one path; `seeds`: each seed of the
    policy alone; `returns`: of each arm, day by day [simple return], by its name.
    """

    growth: float
    base_growth: float
    sharpe: float | None
    base_sharpe: float | None
    deepest_fall: float
    base_deepest_fall: float
    at_equal_exposure_fall: float | None
    days: int
    arms: tuple[ArmResult, ...] = ()
    seeds: Seeds | None = None
    returns: dict[str, tuple[float, ...]] = Field(default_factory=dict)


class Opening(Frozen):
    """An opening of the hold-out. `shown` is None if the run broke off."""

    at_utc: UtcTime
    model: str
    model_sha256: str
    data: str
    shown: Shown | None = None


def opening_path(folder: Path, model_sha256: str) -> Path:
    """Where the opening for a model is kept."""
    return folder / f"hold-out-{model_sha256[:12]}.json"


def openings(folder: Path) -> tuple[Opening, ...]:
    """All openings so far, by their time. Raises UsageFault for a file that is none."""
    found = []
    for path in sorted(folder.glob("hold-out-*.json")) if folder.is_dir() else []:
        try:
            found.append(Opening.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError) as fault:
            raise UsageFault(
                f"{path} cannot be read as an opening of the hold-out, so it is not known whether it may be opened. Nothing was "
                "read. Restore the file."
            ) from fault
    return tuple(sorted(found, key=lambda each: each.at_utc))


def open_once(folder: Path, opening: Opening) -> None:
    """Note that a model looks at the hold-out. Raises UsageFault if it has before, OutputFault if that cannot be written."""
    before = next((each for each in openings(folder) if each.model_sha256 == opening.model_sha256), None)
    if before is not None:
        raise UsageFault(
            f"The hold-out was opened for this model on {before.at_utc:%Y-%m-%d} "
            f"({opening_path(folder, opening.model_sha256)}), and a model looks at it once. Nothing was read."
        )
    note(folder, opening)


def note(folder: Path, opening: Opening) -> None:
    """Write an opening. Raises OutputFault."""
    path = opening_path(folder, opening.model_sha256)
    text = json.dumps(opening.model_dump(mode="json"), indent=1) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode(), durable=True)
    except OSError as fault:
        raise OutputFault(
            f"{path} cannot be written ({fault.strerror}), and the hold-out is opened only where that is kept. Nothing was read. "
            "Correct the rights of the folder, or give another --openings."
        ) from fault
