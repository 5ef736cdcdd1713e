"""Providers and accounts of a haul can be used as they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.secret import Secret
from isthmus.migrate.haul import Haul
from isthmus.migrate.upstreams import (
    ANTHROPIC,
    MAX_WEIGHT,
    NOWHERE,
    OPENAI,
    add_api_key,
    add_provider,
    fit_weights,
    map_model,
    one_line,
    switch_off,
)

URL = "https://api.example.com/v1"


def added(settings: dict[str, Any], type: str = OPENAI, off: str | None = None) -> tuple[Haul, str | None]:
    haul = Haul("x")
    return haul, add_provider(haul, "at", "name", type, settings, off=off)


def test_a_provider_that_holds_is_carried() -> None:
    haul, name = added({"base_url": URL, "models": {"a": "b"}})
    assert name == "name"
    assert haul.providers[0].settings == {"base_url": URL, "models": {"a": "b"}}
    assert haul.report.carried[0].text == f"provider 'name' of type openai-compatible at {URL}"
    assert added({}, ANTHROPIC)[1] == "name"
    assert added({"vendor": "deepseek"})[1] == "name"


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://a.example", "https://u:secret@a.example", "https://a.example?k=secret"]
)
def test_without_a_good_address_there_is_no_provider(url: str) -> None:
    haul, name = added({"base_url": url})
    assert name is None
    assert haul.providers == []
    (line,) = haul.report.left_out
    assert line.text.startswith("base_url: ")
    assert "secret" not in line.text


def test_one_that_is_switched_off_may_lack_its_address() -> None:
    haul, name = added({}, off="no address")
    assert name == "name"
    assert (haul.providers[0].enabled, haul.providers[0].reason) == (False, "no address")
    assert haul.providers[0].settings == {"base_url": NOWHERE}


@pytest.mark.parametrize(
    ("settings", "kept", "place"),
    [
        ({"timeout_s": 0}, {}, "timeout_s"),
        ({"proxy": Secret("ftp://secret")}, {}, "proxy"),
        (
            {"headers": {"good": Secret("a"), "bad name": Secret("b")}},
            {"headers": {"good": Secret("a")}},
            "bad name",
        ),
        ({"models": {"a": "b", "": "c"}}, {"models": {"a": "b"}}, "models"),
        ({"capabilities": {"a": {"context_window": -1}}}, {"capabilities": {}}, "capabilities.a"),
        ({"no such setting": 1}, {}, "no such setting"),
    ],
)
def test_a_setting_that_does_not_hold_is_left_out_alone(
    settings: dict[str, Any], kept: dict[str, Any], place: str
) -> None:
    haul, name = added({"base_url": URL, **settings})
    assert name == "name"
    assert haul.providers[0].settings == {"base_url": URL, **kept}
    (line,) = haul.report.left_out
    assert place in line.what
    assert "secret" not in line.what + line.text


def test_later_providers_keep_their_settings_as_they_are() -> None:
    haul, _ = added({"anything": 1}, "claude-web", off="later")
    assert haul.providers[0].settings == {"anything": 1}


def test_a_name_that_is_taken_gets_a_number() -> None:
    haul, _ = added({"base_url": URL})
    assert add_provider(haul, "at", "Name", OPENAI, {"base_url": URL}) == "Name-2"
    assert "'Name' becomes provider 'Name-2'" in haul.report.changed[0].text


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("sk-vendor-key", "sk-vendor-key", "(sk-…, encrypted)"),
        (" sk-vendor-key\n", "sk-vendor-key", "encrypted"),
        ("none", "", "without a key"),
        ("", "", "without a key"),
        ("sk-a****", None, "is masked"),
        ("sk-your-key", None, "is a placeholder"),
    ],
)
def test_keys_of_vendors(text: str, key: str | None, said: str) -> None:
    haul = Haul("x")
    assert add_api_key(haul, "at", "name", text, "label") is (key is not None)
    assert [each.credential["api_key"].reveal() for each in haul.accounts] == ([] if key is None else [key])
    (line,) = haul.report.carried + haul.report.left_out
    assert said in line.text


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"weight": 0}, {"weight": 1}),
        ({"max_concurrency": 10**9}, {"max_concurrency": 10**6}),
        ({"priority": 10**9}, {"priority": 10**6}),
        ({"max_concurrency": 0}, {"max_concurrency": None}),
        ({"requests_per_day": 10**30}, {"requests_per_day": 2**53}),
        ({"priority": -5}, {"priority": -5}),
        ({"enabled": False, "off_reason": "a"}, {"enabled": False, "off_reason": "a"}),
    ],
)
def test_figures_are_in_range(fields: dict[str, Any], kept: dict[str, Any]) -> None:
    haul = Haul("x")
    add_api_key(haul, "at", "name", "sk-vendor-key", "label", **fields)
    assert {name: getattr(haul.accounts[0], name) for name in kept} == kept


def test_a_model_is_added_to_the_map_of_its_provider_alone() -> None:
    haul, _ = added({"base_url": URL, "models": {"a": "b"}})
    add_provider(haul, "at", "other", OPENAI, {"base_url": URL})
    map_model(haul, "name", "*", "c")
    assert [each.settings.get("models") for each in haul.providers] == [{"a": "b", "*": "c"}, None]


def test_switching_off_says_so_once() -> None:
    haul, _ = added({"base_url": URL})
    switch_off(haul, "at", "name", "no key")
    switch_off(haul, "at", "name", "another reason")
    assert (haul.providers[0].enabled, haul.providers[0].reason) == (False, "no key")
    assert [line.text for line in haul.report.changed] == ["provider 'name' is switched off: no key"]


def test_anthropic_always_wants_a_key() -> None:
    haul, _ = added({}, ANTHROPIC)
    assert not add_api_key(haul, "at", "name", "none", "label")
    assert "is empty" in haul.report.left_out[0].text


@given(st.lists(st.integers(1, 10**9), min_size=1))
def test_weights_fit_and_keep_their_proportion(weights: list[int]) -> None:
    haul = Haul("x")
    for weight in weights:
        add_api_key(haul, "at", "name", "sk-vendor-key", "label", weight=weight)
    fit_weights(haul)
    fitted = [each.weight for each in haul.accounts]
    assert all(1 <= weight <= MAX_WEIGHT for weight in fitted)
    order = sorted(range(len(weights)), key=weights.__getitem__)
    assert [fitted[at] for at in order] == sorted(fitted)
    if max(weights) <= MAX_WEIGHT:
        assert fitted == weights
    else:
        assert max(fitted) == MAX_WEIGHT


@given(st.text())
def test_labels_are_one_short_line(text: str) -> None:
    label = one_line(text)
    assert 1 <= len(label) <= 200
    assert label == label.strip()
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in label)
