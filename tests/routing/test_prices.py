from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.usage import Usage
from isthmus.routing.prices import MAX_REMEMBERED, Price, PriceTable, cost_nano_usd, parse_rows

SHIPPED = PriceTable.shipped()
TABLE: dict[str, Any] = json.loads((resources.files("isthmus.routing") / "prices.json").read_text("utf-8"))
OPUS = Price.parse(
    {
        "input": 5,
        "output": 25,
        "cache_read": 0.5,
        "cache_write_5m": 6.25,
        "cache_write_1h": 10,
        "web_search": 10,
    }
)
TIERED = Price.parse(
    {
        "input": 1,
        "output": 5,
        "above": [
            {"tokens": 32_000, "input": 2, "output": 10},
            {"tokens": 128_000, "input": 3, "output": 15},
        ],
    }
)


def test_an_answer_costs_the_sum_of_its_parts() -> None:
    usage = Usage(
        input_tokens=1000,
        cache_read_tokens=20_000,
        cache_write_tokens=3000,
        cache_write_1h_tokens=1000,
        output_tokens=400,
        reasoning_tokens=300,
        web_searches=2,
    )
    dollars = (1000 * 5 + 20_000 * 0.5 + 2000 * 6.25 + 1000 * 10 + 400 * 25) / 1e6 + 2 * 10 / 1000
    assert cost_nano_usd(OPUS, usage) == round(dollars * 1e9)


def test_reasoning_is_part_of_the_output_and_an_estimate_costs_as_a_measure_does() -> None:
    plain = Usage(input_tokens=10, output_tokens=50)
    assert cost_nano_usd(
        OPUS, Usage(input_tokens=10, output_tokens=50, reasoning_tokens=40)
    ) == cost_nano_usd(OPUS, plain)
    assert cost_nano_usd(OPUS, Usage(10, output_tokens=50, output_estimated=True)) == cost_nano_usd(
        OPUS, plain
    )


@pytest.mark.parametrize(
    ("usage", "nano_usd"),
    [
        (Usage(input_tokens=32_000), 32_000_000),
        (Usage(input_tokens=32_001), 64_002_000),
        (Usage(input_tokens=1, cache_read_tokens=127_999), 256_000_000),
        (Usage(input_tokens=1, cache_read_tokens=128_000, output_tokens=1), 384_003_000 + 15_000),
    ],
)
def test_a_long_prompt_makes_the_whole_request_dearer(usage: Usage, nano_usd: int) -> None:
    assert cost_nano_usd(TIERED, usage) == nano_usd


def test_a_search_costs_the_same_whatever_the_prompt() -> None:
    haiku = SHIPPED.of("anthropic", "claude-haiku-5-5")
    assert haiku is not None
    for tokens in (1, 200_000):
        without = cost_nano_usd(haiku, Usage(input_tokens=tokens))
        assert cost_nano_usd(haiku, Usage(input_tokens=tokens, web_searches=3)) - without == 30_000_000


def test_what_is_not_priced_apart_costs_what_it_would_without_a_cache() -> None:
    plain = Price.parse({"input": "0.15", "output": "0.60"})
    assert (plain.cache_read, plain.cache_write_5m, plain.cache_write_1h) == (150_000, 150_000, 150_000)
    assert Price.parse({"input": 1, "output": 2, "cache_write_5m": 3}).cache_write_1h == 3_000_000
    assert cost_nano_usd(plain, Usage(web_searches=5)) == 0


prices = st.builds(Price, *[st.integers(0, 100_000_000)] * 5, web_search=st.integers(0, 50_000_000))
usages = st.builds(Usage, *[st.integers(0, 10**7)] * 7)


@given(prices, usages)
def test_a_cost_is_exact_to_half_a_nano_dollar(price: Price, usage: Usage) -> None:
    hour = min(usage.cache_write_1h_tokens, usage.cache_write_tokens)
    exact = Fraction(
        usage.input_tokens * price.input
        + usage.cache_read_tokens * price.cache_read
        + (usage.cache_write_tokens - hour) * price.cache_write_5m
        + hour * price.cache_write_1h
        + usage.output_tokens * price.output,
        1000,
    ) + Fraction(usage.web_searches * price.web_search)
    assert abs(cost_nano_usd(price, usage) - exact) <= Fraction(1, 2)


@given(prices, usages, usages)
def test_more_usage_never_costs_less(price: Price, less: Usage, more: Usage) -> None:
    both = Usage(
        less.input_tokens + more.input_tokens,
        less.cache_read_tokens + more.cache_read_tokens,
        less.cache_write_tokens + more.cache_write_tokens,
        less.output_tokens + more.output_tokens,
        web_searches=less.web_searches + more.web_searches,
    )
    alone = Usage(
        less.input_tokens,
        less.cache_read_tokens,
        less.cache_write_tokens,
        less.output_tokens,
        web_searches=less.web_searches,
    )
    assert cost_nano_usd(price, alone) <= cost_nano_usd(price, both)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"input": 1}, "output: missing"),
        ({"input": 1, "output": 2, "cached": 1}, "unknown field 'cached'"),
        ({"input": -1, "output": 2}, "input: -1 is no price"),
        ({"input": 1, "output": "much"}, "output: 'much' is no price"),
        ({"input": True, "output": 2}, "input: True is no price"),
        ({"input": float("nan"), "output": 2}, "input: nan is no price"),
        ({"input": 0.0000001, "output": 2}, "six decimals at most"),
        ({"input": 1, "output": 2, "above": [{"input": 1, "output": 2}]}, "above: None tokens"),
        (
            {"input": 1, "output": 2, "above": [{"tokens": 5, "input": 1, "output": 2, "above": []}]},
            "above: above does not depend",
        ),
        (
            {"input": 1, "output": 2, "above": [{"tokens": 5, "input": 1, "output": 2, "web_search": 1}]},
            "above: web_search does not depend",
        ),
    ],
)
def test_a_row_that_is_no_price_is_refused_by_name(row: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"^price of my-model: .*{says}"):
        parse_rows({"my-model": row})


@pytest.mark.parametrize(
    ("provider", "model", "vendor", "input_usd"),
    [
        ("anthropic", "claude-opus-4-5-20251101", "", "5"),  # dated
        ("anthropic", "claude-opus-4-1-20250805", "", "15"),
        ("anthropic", "claude-opus-4-20250514", "", "15"),
        ("my-relay", "claude-sonnet-5-5", "generic", "2"),
        ("anthropic", "claude-haiku-4-5[1m]", "", "1"),
        ("kiro", "claude-sonnet-4.5", "", "3"),
        ("kiro", "claude-sonnet-4.5-1m", "", "3"),
        ("kiro", "claude-opus-4.5-20251101", "", "5"),
        ("kiro", "claude-3.5-haiku", "", "0.8"),
        ("kiro", "claude-sonnet-9.5", "", None),
        ("openai", "gpt-4o-2024-08-06", "openai", "2.5"),
        ("fast", "openai/gpt-oss-120b", "groq", "0.15"),
        ("groq", "openai/gpt-oss-120b", "", "0.15"),
        ("mistral", "codestral-latest", "mistral", "0.3"),
        ("home", "openai/gpt-oss-120b", "vllm", None),  # an open model on one's own machine has no list price
        ("deepseek", "deepseek-flash", "deepseek", "0.3"),
        ("ollama", "deepseek-flash", "ollama", None),
        ("anthropic", "claude-opus-9", "", None),
        ("openai", "gpt-4o-audio-preview", "openai", None),
    ],
)
def test_a_model_meets_its_row(provider: str, model: str, vendor: str, input_usd: str | None) -> None:
    price = SHIPPED.of(provider, model, vendor)
    assert (price.input if price else None) == (
        None if input_usd is None else int(Decimal(input_usd) * 10**6)
    )


def test_an_operators_rows_go_before_the_shipped_ones() -> None:
    mine = PriceTable.shipped().with_overrides(
        parse_rows(
            {
                "claude-opus-*": {"input": 1, "output": 1},
                "work/claude-opus-5": {"input": 2, "output": 2},
                "home/*": {"input": 0, "output": 0},
            }
        )
    )
    assert [
        price.input // 10**6 if (price := mine.of(provider, model)) else None
        for provider, model in [
            ("anthropic", "claude-opus-5"),
            ("work", "claude-opus-5"),
            ("home", "anything-at-all"),
            ("anthropic", "claude-sonnet-5"),
            ("anthropic", "anything-at-all"),
        ]
    ] == [1, 2, 0, 2, None]
    assert mine.as_of == SHIPPED.as_of


def test_a_row_for_the_name_as_it_stands_goes_before_that_of_the_maker() -> None:
    rows = {
        "kiro/claude-opus-4.5": {"input": 1, "output": 1},
        "claude-opus-4-5": {"input": 2, "output": 2},
        "kiro/claude-haiku-*": {"input": 3, "output": 3},
    }
    mine = SHIPPED.with_overrides(parse_rows(rows))
    found = [
        mine.of(*asked)
        for asked in (
            ("kiro", "claude-opus-4.5"),
            ("other", "claude-opus-4.5"),
            ("kiro", "claude-haiku-4.5"),
        )
    ]
    assert [price.input // 10**6 if price else None for price in found] == [1, 2, 3]
    assert mine.own("other", "claude-opus-4.5") == found[1]
    assert mine.own("other", "claude-haiku-4.5") is None


def test_a_dot_in_other_names_is_theirs() -> None:
    mine = SHIPPED.with_overrides(parse_rows({"house-4-5": {"input": 1, "output": 1}}))
    assert mine.of("any", "house-4.5") is None


def test_new_overrides_take_the_place_of_earlier_ones() -> None:
    first = SHIPPED.with_overrides(parse_rows({"house-model": {"input": 1, "output": 1}}))
    second = first.with_overrides(parse_rows({"other-model": {"input": 1, "output": 1}}))
    assert first.of("any", "house-model") is not None
    assert second.of("any", "house-model") is None


def test_the_number_of_a_row_is_no_name() -> None:
    assert SHIPPED.of("anthropic", "row 0") is None


def test_names_are_remembered_within_bounds() -> None:
    table = PriceTable.shipped()
    for number in range(MAX_REMEMBERED * 3):
        table.of("anthropic", f"unheard-of-{number}")
    assert len(table._remembered) <= MAX_REMEMBERED
    assert table.of("anthropic", "claude-opus-5") is not None


def test_the_shipped_table_says_how_old_it_is_and_where_it_is_from() -> None:
    assert date(2026, 1, 1) < SHIPPED.as_of <= date.today()  # noqa: DTZ011 - a day, anywhere
    groups = [pattern for names in TABLE["sources"] for pattern in names.split(", ")]
    without = [
        name
        for name in TABLE["prices"]
        if not any(name == group or (group.endswith("*") and name.startswith(group[:-1])) for group in groups)
    ]
    assert without == []


@pytest.mark.parametrize("name", TABLE["prices"])
def test_a_shipped_price_is_plausible(name: str) -> None:
    """The slips one makes in such a table: columns swapped, a decimal point lost, cents for dollars."""
    price = parse_rows({name: TABLE["prices"][name]})[name]
    for step in [price, *(tier.price for tier in price.tiers)]:
        assert 0 < step.cache_read <= step.input < step.output < 100_000_000
        assert step.input <= step.cache_write_5m <= step.cache_write_1h <= 2 * step.input
    lengths = [tier.above_tokens for tier in price.tiers]
    assert lengths == sorted(lengths)
    dearness = [price.input, *(tier.price.input for tier in price.tiers)]
    assert dearness == sorted(set(dearness))


def test_an_operators_own_price_can_be_asked_for_alone() -> None:
    own = Price.parse({"input": 1, "output": 2})
    table = PriceTable.shipped().with_overrides({"mine/claude-*": own})
    assert table.own("mine", "claude-sonnet-4-5") == own
    assert table.own("other", "claude-sonnet-4-5") is None
    assert table.of("other", "claude-sonnet-4-5") is not None
