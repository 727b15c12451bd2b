"""Costs are exact, never negative, and never zero by ignorance."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_provider import request

from agents.llm.attempt import Usage
from agents.llm.budget.prices import cost_usd, worst_case_usd
from config.sections.minds import ProviderSettings

AT = datetime(2026, 11, 1, tzinfo=UTC)
HAIKU = ProviderSettings(kind="anthropic", model="claude-haiku-5-5")
PRICED = (
    HAIKU,
    ProviderSettings(kind="openai", model="gpt-6-luna"),
    ProviderSettings(kind="openai", model="never-heard-of"),
    ProviderSettings(kind="compatible", model="claude-haiku-5-5"),
)
FREE = ProviderSettings(kind="local", model="local", worst_input_usd=Decimal(0), worst_output_usd=Decimal(0))


def test_a_listed_model_costs_what_its_list_says() -> None:
    assert cost_usd(HAIKU, Usage(input_tokens=1000, output_tokens=700), AT) == Decimal("0.00045")


def test_tokens_read_from_a_cache_are_cheaper_and_tokens_written_dearer() -> None:
    plain = cost_usd(HAIKU, Usage(input_tokens=1000, output_tokens=0), AT)
    read = cost_usd(HAIKU, Usage(input_tokens=1000, cache_read_tokens=900, output_tokens=0), AT)
    written = cost_usd(HAIKU, Usage(input_tokens=1000, cache_write_tokens=900, output_tokens=0), AT)
    assert 0 < read < plain < written


@pytest.mark.parametrize("kind", ["anthropic", "openai"])
def test_an_unknown_model_is_charged_at_the_worst_rates_of_the_profile(kind: str) -> None:
    unknown = ProviderSettings.model_validate({"kind": kind, "model": "never-heard-of"})
    assert cost_usd(unknown, Usage(input_tokens=1_000_000, output_tokens=1_000_000), AT) == Decimal(15 + 75)


def test_a_compatible_endpoint_is_charged_at_the_profiles_rates_whatever_its_model_is_called() -> None:
    other = ProviderSettings(
        kind="compatible", model="claude-haiku-5-5", worst_input_usd=Decimal(2), worst_output_usd=Decimal(4)
    )
    assert cost_usd(other, Usage(input_tokens=500_000, output_tokens=250_000), AT) == Decimal(2)


def test_usage_that_cannot_be_is_charged_at_the_worst_rates() -> None:
    more_cached_than_sent = Usage(input_tokens=10, cache_read_tokens=900, output_tokens=1)
    assert cost_usd(HAIKU, more_cached_than_sent, AT) == Decimal("0.000225")


def test_a_model_that_the_profile_calls_free_costs_nothing() -> None:
    assert worst_case_usd(FREE, request(), AT) == 0


@given(st.sampled_from(PRICED), st.text(max_size=400), st.integers(1, 8192))
def test_the_worst_case_of_a_priced_model_is_above_zero_and_bounds_what_its_tokens_cost(
    provider: ProviderSettings, user: str, max_tokens: int
) -> None:
    asked = request(user).model_copy(update={"max_tokens": max_tokens})
    worst = worst_case_usd(provider, asked, AT)
    tokens = -(-len((asked.system + user + asked.json_schema).encode()) // 2)
    for written in (0, tokens):
        usage = Usage(input_tokens=tokens, cache_write_tokens=written, output_tokens=max_tokens)
        assert 0 < cost_usd(provider, usage, AT) <= worst


@given(
    st.sampled_from((*PRICED, FREE)),
    st.integers(0, 400_000),
    st.integers(0, 400_000),
    st.integers(0, 400_000),
    st.integers(0, 9000),
)
def test_no_usage_costs_less_than_nothing(
    provider: ProviderSettings, sent: int, read: int, written: int, out: int
) -> None:
    usage = Usage(input_tokens=sent, cache_read_tokens=read, cache_write_tokens=written, output_tokens=out)
    cost = cost_usd(provider, usage, AT)
    assert cost >= 0
    assert cost.is_finite()
    if provider is not FREE and sent + out > 0:
        assert cost > 0
