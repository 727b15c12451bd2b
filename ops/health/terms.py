"""What the profile itself says: how much may be lost, who sits in the court, and whether its smallest position can be sold again.

Nobody is asked for money: of a model's key it is known whether it is set, not whether it is good.
"""

from decimal import ROUND_UP, Decimal

from agents.desk.clocked.account import cash_setting
from agents.desk.models import refuse_without_keys, sits
from agents.llm.providers.factory import names_in_use, without_key
from config.secrets import Secrets
from config.settings import Settings
from execution.venues.exchange.checkup import Market
from execution.venues.exchange.rules import STOP_BAND, MarketRules
from ops.health.finding import Finding, ill, tried, unasked, well

_LIMITS, _MODELS = "limits", "models"


def terms(settings: Settings, secrets: Secrets) -> list[Finding]:
    """The limits in one line, and the keys of the court's models."""
    limits = settings.limits
    told = (
        f"Of equity: a position {limits.max_position_fraction:.1%}, deployed {limits.max_deployed_fraction:.0%}, loss of a day "
        f"{limits.max_daily_loss:.1%}, drawdown {limits.max_drawdown:.0%}."
    )
    return [well(_LIMITS, told), tried(_MODELS, lambda: _models(settings, secrets))]


def _models(settings: Settings, secrets: Secrets) -> Finding:
    """Raises UsageFault for a role that no model could answer."""
    if not sits(settings):
        return well(_MODELS, "The court has fixed rules and needs no key.")
    refuse_without_keys(settings, secrets)
    used, silent = names_in_use(settings.minds), without_key(settings.minds, secrets)
    heard = ", ".join(name for name in used if name not in silent) or "recorded answers"
    without = f" Without a key, and not asked: {', '.join(silent)}." if silent else ""
    return well(_MODELS, f"{heard}.{without} No model was called.")


def market_finding(symbol: str, market: Market, settings: Settings, part: Decimal = Decimal(1)) -> Finding:
    """Whether a position of this market, and each piece of it, can be sold by the exchange's rules.

    The pieces are what is sold at the widest stop, at the target, and what is left after it. A voter's first positions are
    smaller (`unproven_fraction`), so those count. `part`: of each size, that the ramp of real money allows.
    """
    rules, cash = market.rules, settings.venue.starting_cash
    quote, share = rules.instrument.quote, _share(settings) * part
    if market.bid is None:
        return unasked(
            symbol, f"The exchange tells no price of it; orders from {_short(rules.instrument.min_notional)}."
        )
    least = max(rules.instrument.min_notional, rules.least * market.bid)
    whole, piece = cash * share, cash * share * _smallest_piece(settings, rules)
    has = f"a first position has at most {_short(whole)}, its smallest piece {_short(piece)}"
    told = f"Orders from {_short(least)} {quote}; {has}."
    if piece >= least:
        return well(symbol, told)
    wanted = (least / (share * _smallest_piece(settings, rules))).quantize(Decimal(1), ROUND_UP)
    setting = cash_setting(settings)
    how = f"That piece could not be sold: trade with at least {wanted} {quote} ({setting}), or leave the market out."
    return ill(symbol, told, how)


def _share(settings: Settings) -> Decimal:
    """The largest position that a voter without a record may have [fraction of equity]."""
    limits = settings.limits
    return min(_exact(limits.max_position_fraction), _exact(limits.unproven_fraction or 1.0))


def _smallest_piece(settings: Settings, rules: MarketRules) -> Decimal:
    """The smallest order that sells a part of a position [fraction of its notional at entry]."""
    sold = _exact(settings.exits.take_profit_share)
    at_stop = 1 - _exact(settings.limits.max_stop_fraction)
    return min(sold, 1 - sold, at_stop if rules.stops_at_market else at_stop * (1 - STOP_BAND))


def _exact(fraction: float) -> Decimal:
    return Decimal(repr(fraction))


def _short(amount: Decimal) -> str:
    """An amount with four digits that count, and no exponent."""
    return f"{amount:,.2f}" if amount >= 1 else f"{float(amount):.4g}"
