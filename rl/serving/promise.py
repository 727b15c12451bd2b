"""What a verdict says of a policy: `verdict.json` in the folder of its model, written by `tribunal evaluate`.

Two things of it matter while the policy is served: whether it has met the criterion of decision 31, and what its account may be
expected to do. Live results that fall out of that demote the policy (`rl.serving.monitor`). A verdict of another model is
refused: a folder whose model was trained again has no verdict.
"""

from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from config.errors import UsageFault
from config.frozen import Frozen

VERDICT = "verdict.json"


class Promise(Frozen):
    """What the account of a policy did out of sample, by day, after all costs: simple returns of equity.

    `low` and `high`: 95 % interval of the mean return of a day; `sd`: of a day, as long blocks of days show it (the standard
    deviation of the sum of n days over the root of n).
    """

    low: float = Field(description="lower end of the 95 % interval of the mean return of a day [fraction]")
    high: float = Field(description="upper end of that interval [fraction]")
    sd: float = Field(gt=0, description="standard deviation of the return of a day, from long blocks [fraction]")
    days: int = Field(ge=1, description="days out of sample that it comes from [days]")


class PolicyVerdict(Frozen):
    """The part of a verdict that serving reads: the file may hold more."""

    model_config = ConfigDict(extra="ignore")

    model_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    passed: bool
    why: str
    promise: Promise | None = None


def read_verdict(folder: Path, sha256: str) -> PolicyVerdict | None:
    """The verdict on the model with this hash; None if its folder has none. Raises UsageFault, in one sentence."""
    path = folder / VERDICT
    try:
        found = PolicyVerdict.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as fault:
        raise UsageFault(
            f"{path} cannot be read as a verdict of `tribunal evaluate`. Nothing was started. Evaluate the policy again."
        ) from fault
    if found.model_sha256 != sha256:
        raise UsageFault(
            f"{path} is the verdict on another model ({found.model_sha256[:12]}) than the one beside it ({sha256[:12]}). Nothing "
            "was started. Evaluate the policy again."
        )
    return found
