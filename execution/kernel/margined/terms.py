"""From the terms of a perpetual contract to the numbers of its market: exact fractions, each as two floats."""

from fractions import Fraction

from config.sections.market import PerpetualsSettings
from execution.kernel.margined.contracts import two_parts
from execution.kernel.records import Record
from market.instrument import Instrument


def lay_terms(row: Record, rules: Instrument, settings: PerpetualsSettings, unit: Fraction) -> None:
    """Write the terms of a contract into its record of RULE. `unit`: the account's smallest [quote]. A market without terms has
    no tier, so nothing is opened there."""
    terms, leverage = rules.perpetual, Fraction(settings.leverage)
    if terms is None:
        return
    row["leverage"], row["unleveraged"] = two_parts(leverage), two_parts(1 / leverage)
    row["margin_fee"] = two_parts(1 / leverage + Fraction(rules.taker_fee_bps) / 10_000)
    row["by_mark"], row["at_entry"] = settings.trigger == "mark", terms.maintenance_at == "entry"
    row["interval_h"] = float(terms.funding_interval_h)
    fee = Fraction(rules.taker_fee_bps + terms.liquidation_fee_bps) / 10_000
    row["liquidated_units"] = float(Fraction(rules.tick_size) * Fraction(rules.lot_size) * fee / unit)
    row["tiers"], most = len(terms.tiers), Fraction(0)
    for number, tier in enumerate(terms.tiers):
        row["up_to"][number] = (float("inf"), 0.0) if tier.up_to is None else two_parts(Fraction(tier.up_to))
        row["kept_rate"][number] = two_parts(Fraction(tier.maintenance_rate))
        row["kept_amount"][number] = two_parts(Fraction(tier.maintenance_amount))
    for tier in terms.tiers:
        if tier.max_leverage < settings.leverage:
            row["bounded"] = 1
            break
        if tier.up_to is None:
            break
        most = Fraction(tier.up_to)
    else:
        row["bounded"] = 1
    row["most"] = two_parts(most)
