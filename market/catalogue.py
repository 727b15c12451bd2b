"""The trading rules of each market, from the profile: recorded files and the simulated market do not contain them."""

from collections.abc import Mapping
from decimal import Decimal

from config.errors import UsageFault
from config.sections.market import InstrumentSettings, MarketSettings
from market.instrument import Instrument, InstrumentKind
from market.perpetual.margin import PerpetualTerms


def instrument_of(settings: MarketSettings, symbol: str) -> Instrument:
    """The instrument of a BASE/QUOTE symbol, with its own trading rules or those of `default`.

    Raises UsageFault when the symbol is not BASE/QUOTE, or when the profile has neither rules for it nor `default`.
    """
    base, slash, quote = symbol.partition("/")
    if not (base and slash and quote):
        raise UsageFault(f"'{symbol}' is not a market: nothing was started; write it as BASE/QUOTE, like BTC/USDT.")
    rules = settings.instruments.get(symbol) or settings.instruments.get("default")
    if rules is None:
        raise UsageFault(
            f"The profile has no trading rules for {symbol}: nothing was started; "
            f"add market.instruments.{symbol}, or `default` for all others."
        )
    terms = _perpetual_of(settings, rules, symbol)
    return Instrument(
        symbol=symbol,
        base=base,
        quote=quote,
        kind=InstrumentKind.SPOT if terms is None else InstrumentKind.PERPETUAL,
        tick_size=rules.tick_size,
        lot_size=rules.lot_size,
        min_notional=rules.min_notional,
        maker_fee_bps=rules.maker_fee_bps,
        taker_fee_bps=rules.taker_fee_bps,
        perpetual=terms,
    )


def margin_terms(instruments: Mapping[str, Instrument]) -> dict[str, PerpetualTerms]:
    """What the exchange asks of positions, by symbol; empty for spot."""
    return {symbol: rules.perpetual for symbol, rules in instruments.items() if rules.perpetual is not None}


def leverage_of(settings: MarketSettings) -> Decimal:
    """Notional over margin; 1 for spot."""
    return Decimal(1) if settings.perpetuals is None else settings.perpetuals.leverage


def _perpetual_of(settings: MarketSettings, rules: InstrumentSettings, symbol: str) -> PerpetualTerms | None:
    if settings.perpetuals is None:
        return None
    if rules.perpetual is None:
        raise UsageFault(
            f"The profile has no margin tiers for the perpetual {symbol}: nothing was started; add "
            f"market.instruments.{symbol}.perpetual, or take the profile perp."
        )
    return PerpetualTerms.model_validate(rules.perpetual.model_dump())
