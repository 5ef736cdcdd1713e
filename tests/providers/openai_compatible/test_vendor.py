from __future__ import annotations

from dataclasses import fields

import pytest

from isthmus.providers.openai_compatible.vendor import (
    QUIRKS,
    Continuation,
    ModelRow,
    Vendor,
    checked_quirks,
)


def test_what_a_vendor_is_cannot_be_a_quirk_but_all_it_does_can() -> None:
    others = {each.name for each in fields(Vendor)} - set(QUIRKS)
    assert others == {"name", "base_url", "hosts", "port", "abilities", "models", "service_tiers"}


def test_quirks_become_field_values() -> None:
    quirks = {
        "include_usage": False,
        "continuation": "partial",
        "knobs": ["seed"],
        "max_tokens_field": "max_completion_tokens",
    }
    assert checked_quirks(quirks) == {
        "include_usage": False,
        "continuation": Continuation.PARTIAL,
        "knobs": ("seed",),
        "max_tokens_field": "max_completion_tokens",
    }


@pytest.mark.parametrize(
    ("quirk", "complaint"),
    [
        ({"include_usages": True}, r"unknown quirk 'include_usages'; did you mean 'include_usage'\? .*budget_field"),
        ({"base_url": "x"}, "unknown quirk 'base_url'"),
        ({"include_usage": "yes"}, "'include_usage' is true or false, not 'yes'"),
        ({"continuation": "prefixed"}, "'continuation' is one of none, prefix, partial"),
        ({"knobs": "seed"}, "'knobs' is a list of names"),
        ({"knobs": [1]}, "'knobs' is a list of names"),
        ({"system_role": True}, "'system_role' is a text"),
    ],
)  # fmt: skip
def test_a_wrong_quirk_is_refused_with_the_way_out(quirk: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        checked_quirks(quirk)


def test_later_rows_of_models_win_whatever_the_case() -> None:
    rows = (
        ModelRow("a*", quirks={"system_role": "developer", "strict_tools": False}),
        ModelRow("*/AB", quirks={"strict_tools": True}),
        ModelRow("ab", quirks={"strict_tools": True}),
    )
    vendor = Vendor("v", models=rows)
    assert vendor.for_model("x") is vendor
    assert vendor.for_model("AB").system_role == "developer"
    assert vendor.for_model("AB").strict_tools
    assert not vendor.for_model("abc").strict_tools
