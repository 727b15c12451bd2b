"""`venue.ib:`: the gateway of Interactive Brokers, the account that is verified there, and the contracts by ISIN."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen

LIVE_PORTS = (4001, 7496)
"""Ports on which a gateway and a TWS serve real money, unless somebody has changed them."""
PAPER_ACCOUNTS = ("DU", "DF")
"""What the id of a paper account begins with."""


class ContractSettings(Frozen):
    """One share."""

    isin: Annotated[str, Field(pattern=r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$")] = Field(description="its ISIN")
    exchange: str = Field(default="SMART", min_length=1, description="where it is traded, as the broker names it")


class IbSettings(Frozen):
    """A gateway or a TWS, which the user has started and logged in to."""

    host: str = Field(default="127.0.0.1", min_length=1, description="where the gateway listens")
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=4002,
        description="4002: a paper gateway, 7497: a paper TWS; 4001 and 7496 serve real money and are refused",
    )
    account: str | None = Field(
        default=None,
        description="id of the account that must be there before anything is sent; null: nothing is started",
    )
    client_id: Annotated[int, Field(ge=1, le=999_999)] = Field(
        default=17,
        description="id of this program at the gateway; each program there has its own, and a run keeps its own",
    )
    answer_s: Annotated[float, Field(gt=0, le=120)] = Field(
        default=10.0, description="how long an answer of the gateway is waited for [s]"
    )
    contracts: dict[str, ContractSettings] = Field(description="the share behind each market, by symbol")
