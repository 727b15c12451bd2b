"""`rl:`: the policy that may adjust a size between the court and the gate."""

from typing import Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from config.frozen import Frozen
from config.sections.clashes import begins, contradiction


class RlSettings(Frozen):
    """The policy between the court and the gate. The defaults are those of journals of before it had a setting."""

    mode: Literal["off", "advisory", "active"] = Field(
        default="off", description="what the policy may do: nothing, give its opinion, or change sizes"
    )
    model: str | None = Field(
        default=None, min_length=1, description="folder of the trained policy; not read while off"
    )
    override: str | None = Field(
        default=None,
        min_length=1,
        description="`I accept NAME`, to let the policy NAME change sizes though no verdict has shown that it should",
    )

    @model_validator(mode="after")
    def _is_there(self, info: ValidationInfo) -> Self:
        if begins(info) and self.mode != "off" and self.model is None:
            missing = f"mode {self.mode} needs the folder of a trained policy (`tribunal train` writes one)"
            raise contradiction([(("mode",), missing), (("model",), missing)])
        return self
