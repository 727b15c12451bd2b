"""For each alert rule: series in which it fires, and series in which it must not. Values are in promtool's notation."""

from typing import NamedTuple

INTERVAL_MIN = 1
"""Between two values of a series [min]."""
FOR_EVER = "x15000"
"""Goes on as long as any rule looks back."""
_AT = 'instance="bot:8420",job="tribunal"'


class Case(NamedTuple):
    """Series by name and labels. `at`: when the rule is looked at; `alone`: without the series of a session that runs."""

    fires: dict[str, str]
    silent: dict[str, str]
    at: str = "3h"
    alone: bool = False


def of(name: str, values: str, **labels: str) -> dict[str, str]:
    """One series of the target. `values`: one number for all times, or promtool's notation."""
    given = "".join(f',{label}="{value}"' for label, value in labels.items())
    return {f"{name}{{{_AT}{given}}}": values if "x" in values or " " in values else f"{values}x15000"}


def moved(name: str, before: str, after: str, minutes: int, **labels: str) -> dict[str, str]:
    """A series that has one value, and another from a minute on."""
    return of(name, f"{before}x{minutes - 1} {after}x15000", **labels)


BASE = {
    **of("up", "1"),
    **of("tribunal_session_on_the_clock", "1"),
    **of("tribunal_session_phase", "1", phase="running"),
    **of("tribunal_session_phase", "0", phase="interrupted"),
    **of("tribunal_bar_length_seconds", "3600"),
}
"""A session of hourly bars that runs by the clock."""

_CLOSE, _BAR, _FEED = (
    "tribunal_last_close_timestamp_seconds",
    "tribunal_last_bar_timestamp_seconds",
    "tribunal_feed_last_timestamp_seconds",
)
_USED, _LIMIT = "tribunal_limit_used_ratio", "tribunal_limit_ratio"
_BREAKER, _ENDED = "tribunal_breaker_latched", "tribunal_orders_ended_total"
_OPEN, _ALERTS = "tribunal_orders_open", "tribunal_alerts_total"
_ACK, _LATENCY = "tribunal_order_acknowledgement_seconds_bucket", "tribunal_llm_latency_seconds_bucket"
_AHEAD, _RATE = "tribunal_exchange_clock_ahead_seconds", "tribunal_exchange_rate_limit_used_ratio"
_ASKED, _COMMIT = "tribunal_exchange_requests_total", "tribunal_journal_commit_seconds_bucket"
_REQUESTS, _DAY, _DAY_LIMIT = "tribunal_llm_requests_total", "tribunal_llm_day_cost_usd", "tribunal_llm_day_limit_usd"


def _requests(*, failed: int, answered: int) -> dict[str, str]:
    """So many requests to the exchange each minute."""
    of_each = {"failed": failed, "answered": answered}
    return {
        name: values
        for result, each in of_each.items()
        for name, values in of(_ASKED, f"0+{each}x15000", exchange="binance", result=result).items()
    }


def _near(limit: str, used: str) -> dict[str, str]:
    return {**of(_USED, used, limit=limit), **of(_LIMIT, "0.1", limit=limit)}


def _buckets(name: str, *, slow: bool, **labels: str) -> dict[str, str]:
    """Requests once a minute: all above 60 s, or all below 1 s."""
    rises = "0+1x15000"
    return {
        **of(name, "0" if slow else rises, le="1.0", **labels),
        **of(name, "0" if slow else rises, le="60.0", **labels),
        **of(name, rises, le="300.0", **labels),
        **of(name, rises, le="+Inf", **labels),
    }


CASES = {
    "TribunalDown": Case(of("up", "0"), of("up", "0 1x15000")),
    "TribunalAbsent": Case({}, of("up", "0"), alone=True),
    "SessionInterrupted": Case(of("tribunal_session_phase", "1", phase="interrupted"), {}),
    "BarsStale": Case(of(_CLOSE, "0"), of(_CLOSE, "0+60x15000")),
    "MarketStale": Case(of(_BAR, "0", symbol="ETH/USDT"), of(_BAR, "0+60x15000", symbol="ETH/USDT"), at="5h"),
    "FeedDistrusted": Case(
        of("tribunal_feed_distrusted", "1", feed="BTC/USDT"),
        of("tribunal_feed_distrusted", "0x170 1x15000", feed="BTC/USDT"),
    ),
    "NewsStale": Case(of(_FEED, "0", feed="news BTC/USDT"), of(_FEED, "0", feed="BTC/USDT"), at="7h"),
    "WindowReads": Case(
        of("tribunal_session_phase", "1", phase="reading"),
        of("tribunal_session_phase", "1x10 0x15000", phase="reading"),
    ),
    "JournalUnfollowed": Case(of("tribunal_journal_unfollowed", "1"), of("tribunal_journal_unfollowed", "0")),
    "EventsMissed": Case(of("tribunal_journal_missed_events", "3"), of("tribunal_journal_missed_events", "0")),
    "KillSwitchOn": Case(of("tribunal_kill_switch", "1"), of("tribunal_kill_switch", "0")),
    "DrawdownBreaker": Case(of(_BREAKER, "1", breaker="drawdown"), of(_BREAKER, "1", breaker="turbulence")),
    "BreakerLatched": Case(of(_BREAKER, "1", breaker="daily_loss"), of(_BREAKER, "1", breaker="drawdown")),
    "DrawdownNearLimit": Case(_near("drawdown", "0.09"), _near("drawdown", "0.07")),
    "LossNearLimit": Case(_near("day_loss", "0.09"), _near("day_loss", "0.07")),
    "RiskAboveLimit": Case(_near("var_1d", "0.11"), _near("var_1d", "0.1")),
    "EquityFellFast": Case(
        moved("tribunal_equity_quote", "10000", "9600", 150), moved("tribunal_equity_quote", "10000", "9800", 150)
    ),
    "PositionWithoutStop": Case(
        of("tribunal_positions_without_stop", "1"),
        {**of("tribunal_positions_without_stop", "1"), **of("tribunal_session_phase", "0", phase="running")},
    ),
    "FewTradesWin": Case(
        {
            **of("tribunal_win_ratio", "0.1"),
            **of("tribunal_trades_total", "18", result="lost"),
            **of("tribunal_trades_total", "2", result="won"),
        },
        {
            **of("tribunal_win_ratio", "0.1"),
            **of("tribunal_trades_total", "9", result="lost"),
            **of("tribunal_trades_total", "1", result="won"),
        },
    ),
    "CriticalInJournal": Case(
        moved(_ALERTS, "0", "1", 175, code="liquidated", severity="critical"),
        moved(_ALERTS, "0", "1", 175, code="outage_began", severity="warning"),
    ),
    "OrderUnknown": Case(of(_OPEN, "1", status="unknown"), of(_OPEN, "1", status="accepted")),
    "OrdersRejected": Case(of(_ENDED, "0+1x15000", status="rejected"), of(_ENDED, "0+1x15000", status="filled")),
    "OrderRateHigh": Case(
        of("tribunal_orders_sent_total", "0+10x15000", purpose="entry", kind="limit"),
        of("tribunal_orders_sent_total", "0+2x15000", purpose="entry", kind="limit"),
    ),
    "AcknowledgementSlow": Case(_buckets(_ACK, slow=True), _buckets(_ACK, slow=False)),
    "AccountDiffers": Case(of("tribunal_account_differences", "1"), of("tribunal_account_differences", "0")),
    "MarketCloseOnly": Case(of("tribunal_markets_close_only", "1"), of("tribunal_markets_close_only", "0")),
    "ClockOff": Case(of(_AHEAD, "-1.5", exchange="binance"), of(_AHEAD, "0.8", exchange="binance")),
    "RateLimitNear": Case(of(_RATE, "0.85", exchange="binance"), of(_RATE, "0.75", exchange="binance")),
    "ExchangeRequestsFail": Case(_requests(failed=1, answered=3), _requests(failed=1, answered=9)),
    "JournalSlow": Case(_buckets(_COMMIT, slow=True), _buckets(_COMMIT, slow=False)),
    "ModelsFail": Case(
        {**of(_REQUESTS, "0+1x15000", outcome="ok"), **of(_REQUESTS, "0+2x15000", outcome="timeout")},
        {**of(_REQUESTS, "0+2x15000", outcome="ok"), **of(_REQUESTS, "0+1x15000", outcome="timeout")},
    ),
    "ModelSlow": Case(
        _buckets(_LATENCY, slow=True, model="m", role="analyst"),
        _buckets(_LATENCY, slow=False, model="m", role="analyst"),
    ),
    "ModelBudgetNear": Case({**of(_DAY, "9"), **of(_DAY_LIMIT, "10")}, {**of(_DAY, "10"), **of(_DAY_LIMIT, "10")}),
    "ModelBudgetUsedUp": Case({**of(_DAY, "10"), **of(_DAY_LIMIT, "10")}, {**of(_DAY, "9.9"), **of(_DAY_LIMIT, "10")}),
    "RoleAbstains": Case(
        moved("tribunal_abstentions_total", "0", "6", 60, role="analyst"),
        moved("tribunal_abstentions_total", "0", "1", 60, role="analyst"),
    ),
    "ModelOutage": Case(
        moved(_ALERTS, "0", "1", 175, code="outage_began", severity="warning"),
        moved(_ALERTS, "0", "1", 175, code="budget_near", severity="warning"),
    ),
    "PolicyDemoted": Case(
        moved("tribunal_policy_demotions_total", "0", "1", 150), of("tribunal_policy_demotions_total", "1")
    ),
    "PolicyFallsBack": Case(
        moved("tribunal_policy_fallbacks_total", "0", "9", 60), moved("tribunal_policy_fallbacks_total", "0", "1", 60)
    ),
    "GateError": Case(
        moved("tribunal_gate_refusals_total", "0", "1", 150, rule="gate_error"),
        moved("tribunal_gate_refusals_total", "0", "1", 150, rule="ruling"),
    ),
    "NothingDecided": Case(
        of("tribunal_last_decision_timestamp_seconds", "0"),
        of("tribunal_last_decision_timestamp_seconds", "0+60x15000"),
        at="170h",
    ),
    "MemoryHigh": Case(of("process_resident_memory_bytes", "3e9"), of("process_resident_memory_bytes", "4e8")),
    "FileHandlesNearLimit": Case(
        {**of("process_open_fds", "900"), **of("process_max_fds", "1024")},
        {**of("process_open_fds", "90"), **of("process_max_fds", "1024")},
    ),
    "Restarts": Case(
        of("process_start_time_seconds", "0x130 10x9 20x9 30x9 40x15000"),
        of("process_start_time_seconds", "0x130 10x15000"),
    ),
    "ScrapeSlow": Case(of("scrape_duration_seconds", "8"), of("scrape_duration_seconds", "0.05")),
}
