"""What the dashboards show: each panel with its queries. `$i` stands for the chosen session, `$r` for the span of a rate."""

from typing import Literal, NamedTuple

Shown = Literal["timeseries", "stat", "bargauge", "table"]


class Query(NamedTuple):
    """A query in PromQL, and how its series are called."""

    expr: str
    legend: str = ""


class Panel(NamedTuple):
    """A panel. `unit`: in Grafana's words; `width`: of 24 columns."""

    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    shown: Shown = "timeseries"
    width: int = 8


class Board(NamedTuple):
    """A dashboard. `name`: of its file, and end of its uid."""

    name: str
    title: str
    panels: tuple[Panel, ...]


def _q(expr: str, legend: str = "") -> tuple[Query, ...]:
    return (Query(expr, legend),)


def _p95(name: str, *by: str) -> str:
    return f"histogram_quantile(0.95, sum by ({', '.join(('le', *by))}) (rate({name}_bucket{{$i}}[$r])))"


OVERVIEW = Board(
    "overview",
    "Tribunal: overview",
    (
        Panel("Portfolio", _q("tribunal_equity_quote{$i}"), "short", "stat", 4),
        Panel("Today", _q('tribunal_pnl_ratio{$i,span="day"}'), "percentunit", "stat", 4),
        Panel("Drawdown", _q('tribunal_limit_used_ratio{$i,limit="drawdown"}'), "percentunit", "stat", 4),
        Panel("Kill switch", _q("tribunal_kill_switch{$i}"), "bool_on_off", "stat", 4),
        Panel("Last bar", _q("time() - tribunal_last_close_timestamp_seconds{$i}"), "s", "stat", 4),
        Panel("Unknown orders", _q('tribunal_orders_open{$i,status="unknown"}'), "short", "stat", 4),
        Panel("Value of the portfolio [quote]", _q("tribunal_equity_quote{$i}", "equity"), "short", "timeseries", 12),
        Panel("Profit and loss", _q("tribunal_pnl_ratio{$i}", "{{span}}"), "percentunit", "timeseries", 12),
        Panel(
            "Used of each limit",
            _q("tribunal_limit_used_ratio{$i} / tribunal_limit_ratio{$i}", "{{limit}}"),
            "percentunit",
            "bargauge",
        ),
        Panel("Exposure", _q("tribunal_exposure_ratio{$i}", "{{exposure}}"), "percentunit"),
        Panel(
            "Drawdown",
            (
                Query('tribunal_limit_used_ratio{$i,limit="drawdown"}', "now"),
                Query('tribunal_limit_ratio{$i,limit="drawdown"}', "limit"),
            ),
            "percentunit",
        ),
        Panel(
            "VaR and expected shortfall of a day",
            (
                Query('tribunal_limit_used_ratio{$i,limit=~"var_1d|es_1d"}', "{{limit}}"),
                Query('tribunal_limit_ratio{$i,limit=~"var_1d|es_1d"}', "{{limit}} limit"),
            ),
            "percentunit",
        ),
        Panel("Positions [quote]", _q("tribunal_position_notional_quote{$i}", "{{symbol}} {{side}}")),
        Panel("Unrealised [quote]", _q("tribunal_position_unrealised_quote{$i}", "{{symbol}} {{side}}")),
        Panel("Closed trades", _q("tribunal_trades_total{$i}", "{{result}}")),
        Panel("Trades won", _q("tribunal_win_ratio{$i}", "share"), "percentunit"),
        Panel(
            "Costs [quote]",
            (Query("tribunal_fees_quote{$i}", "fees"), Query("tribunal_funding_quote{$i}", "funding")),
        ),
        Panel("What stops new risk", _q("tribunal_breaker_latched{$i}", "{{breaker}}"), "short", "bargauge"),
        Panel(
            "Alerts of the session",
            _q("sum by (code, severity) (tribunal_alerts_total{$i}) > 0", "{{code}} {{severity}}"),
            "short",
            "table",
            16,
        ),
    ),
)

COURT = Board(
    "court",
    "Tribunal: court",
    (
        Panel("Rulings a day", _q("increase(tribunal_decisions_total{$i}[1d])", "{{ruling}}")),
        Panel("Verdicts of the gate a day", _q("increase(tribunal_gate_verdicts_total{$i}[1d])", "{{verdict}}")),
        Panel(
            "What the gate refused by",
            _q("topk(10, increase(tribunal_gate_refusals_total{$i}[1d]))", "{{rule}}"),
            "short",
            "bargauge",
        ),
        Panel("Votes a day", _q("increase(tribunal_votes_total{$i}[1d])", "{{voter}} {{direction}}")),
        Panel("Cuts by rule a day", _q("increase(tribunal_gate_cuts_total{$i}[1d])", "{{rule}} {{reaction}}")),
        Panel("Proposals that were no case", _q("increase(tribunal_unheard_proposals_total{$i}[1d])", "{{rule}}")),
        Panel(
            "What was stated, mean",
            _q(
                "increase(tribunal_stated_ratio_sum{$i}[1d]) / increase(tribunal_stated_ratio_count{$i}[1d])",
                "{{speaker}}",
            ),
            "percentunit",
        ),
        Panel("Cases in which a role was silent", _q("increase(tribunal_abstentions_total{$i}[1d])", "{{role}}")),
        Panel("Evidence that was struck", _q("increase(tribunal_struck_evidence_total{$i}[1d])", "{{role}}")),
        Panel(
            "Policy: last size",
            (
                Query("tribunal_size_adjustment_ratio{$i}", "scale"),
                Query("increase(tribunal_policy_fallbacks_total{$i}[1d])", "fallbacks a day"),
            ),
        ),
        Panel("Held positions reviewed a day", _q("increase(tribunal_reviews_total{$i}[1d])", "reviews")),
        Panel("Answers of humans a day", _q("increase(tribunal_approvals_total{$i}[1d])", "{{answer}}")),
        Panel(
            "Requests to models",
            _q("sum by (model, outcome) (rate(tribunal_llm_requests_total{$i}[$r]))", "{{model}} {{outcome}}"),
            "reqps",
        ),
        Panel(
            "Time of models, 95%", _q(_p95("tribunal_llm_latency_seconds", "role", "model"), "{{role}} {{model}}"), "s"
        ),
        Panel("Tokens", _q("sum by (model, token) (rate(tribunal_llm_tokens_total{$i}[$r]))", "{{model}} {{token}}")),
        Panel(
            "Cost of models today",
            (Query("tribunal_llm_day_cost_usd{$i}", "spent"), Query("tribunal_llm_day_limit_usd{$i}", "limit")),
            "currencyUSD",
            "timeseries",
            12,
        ),
        Panel(
            "Cost by role a day",
            _q("sum by (role, model) (increase(tribunal_llm_cost_usd_total{$i}[1d]))", "{{role}} {{model}}"),
            "currencyUSD",
            "timeseries",
            12,
        ),
    ),
)

EXECUTION = Board(
    "execution",
    "Tribunal: execution",
    (
        Panel("Open orders", _q("tribunal_orders_open{$i}", "{{status}}")),
        Panel("Orders sent an hour", _q("increase(tribunal_orders_sent_total{$i}[1h])", "{{purpose}} {{kind}}")),
        Panel("How orders ended an hour", _q("increase(tribunal_orders_ended_total{$i}[1h])", "{{status}}")),
        Panel(
            "Time to the exchange's first word",
            (
                Query(_p95("tribunal_order_acknowledgement_seconds"), "95%"),
                Query(
                    "rate(tribunal_order_acknowledgement_seconds_sum{$i}[$r])"
                    " / rate(tribunal_order_acknowledgement_seconds_count{$i}[$r])",
                    "mean",
                ),
            ),
            "s",
        ),
        Panel("Fills an hour", _q("increase(tribunal_fills_total{$i}[1h])", "{{purpose}} {{liquidity}}")),
        Panel("Positions without a stop", _q("tribunal_positions_without_stop{$i}", "positions")),
        Panel("Differences to the exchange's account", _q("tribunal_account_differences{$i}", "differences")),
        Panel("Markets that are close-only", _q("tribunal_markets_close_only{$i}", "markets")),
        Panel("Clock ahead of the exchange's", _q("tribunal_exchange_clock_ahead_seconds{$i}", "{{exchange}}"), "s"),
        Panel(
            "Requests to the exchange",
            _q("rate(tribunal_exchange_requests_total{$i}[$r])", "{{exchange}} {{result}}"),
            "reqps",
        ),
        Panel("Rate limit used", _q("tribunal_exchange_rate_limit_used_ratio{$i}", "{{exchange}}"), "percentunit"),
        Panel("Ramp of real money", _q("tribunal_ramp_ratio{$i}", "usable"), "percentunit"),
        Panel("Fees [quote]", _q("tribunal_fees_quote{$i}", "fees"), "short", "timeseries", 12),
        Panel(
            "Profit of what is closed [quote]",
            (
                Query("tribunal_trade_pnl_quote{$i}", "closed trades, after fees"),
                Query("tribunal_realised_pnl_quote{$i}", "before fees"),
            ),
            "short",
            "timeseries",
            12,
        ),
    ),
)

SYSTEM = Board(
    "system",
    "Tribunal: system",
    (
        Panel("Answers", _q("up{$i}"), "bool_yes_no", "stat", 6),
        Panel("Program", _q("tribunal_build_info{$i}", "{{version}} on Python {{python}}"), "short", "table", 6),
        Panel("Session", _q("tribunal_session_info{$i}", "{{run}} {{mode}} {{profile}}"), "short", "table", 6),
        Panel("Phase", _q("tribunal_session_phase{$i} == 1", "{{phase}}"), "short", "stat", 6),
        Panel("Age of each source", _q("time() - tribunal_feed_last_timestamp_seconds{$i}", "{{feed}}"), "s"),
        Panel("Sources that are not believed", _q("tribunal_feed_distrusted{$i}", "{{feed}}")),
        Panel("Bars an hour", _q("increase(tribunal_bars_total{$i}[1h])", "bars")),
        Panel("Events", _q("rate(tribunal_journal_events_total{$i}[$r])", "events a second")),
        Panel("Time of a commit, 95%", _q(_p95("tribunal_journal_commit_seconds"), "95%"), "s"),
        Panel(
            "Events that are missing",
            (
                Query("tribunal_journal_missed_events{$i}", "missed"),
                Query("tribunal_journal_unfollowed{$i}", "cannot be followed"),
            ),
        ),
        Panel("Memory", _q("process_resident_memory_bytes{$i}", "resident"), "bytes"),
        Panel(
            "File handles",
            (Query("process_open_fds{$i}", "open"), Query("process_max_fds{$i}", "limit")),
        ),
        Panel("Processor", _q("rate(process_cpu_seconds_total{$i}[$r])", "cores")),
        Panel("Kill switch", _q("increase(tribunal_kill_switch_changes_total{$i}[1d])", "{{change}}")),
        Panel("Time of a scrape", _q("scrape_duration_seconds{$i}", "seconds"), "s"),
        Panel("Breakers a day", _q("increase(tribunal_breaker_changes_total{$i}[1d])", "{{breaker}} {{move}}")),
    ),
)

BOARDS = (OVERVIEW, COURT, EXECUTION, SYSTEM)
