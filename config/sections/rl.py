"""`rl:`: the policy that may adjust a size between the court and the gate."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import contradiction


class RlSettings(Frozen):
    """The policy between the court and the gate. The defaults are those of journals of before it had a setting."""

    mode: Literal["off", "advisory", "active"] = Field(
        default="off", description="what the policy may do: nothing, give its opinion, or change sizes"
    )
    model: str | None = Field(
        default=None, min_length=1, description="folder of the trained policy; not read while off"
    )

    @model_validator(mode="after")
    def _is_there(self) -> Self:
        if self.mode != "off":
            missing = (
                f"mode {self.mode} needs an adjuster that reads trained policies, which this version lacks: use off"
            )
            raise contradiction([(("mode",), missing)])
        return self
