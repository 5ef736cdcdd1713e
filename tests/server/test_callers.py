"""A request is its key's: known, on, in time, from the right place, for the right model; or it does not pass."""

from __future__ import annotations

import pytest

from isthmus.core.errors import BadRequest, Kind
from isthmus.routing.limits import Unit
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.server.callers import NOBODY, Caller, Callers

ONE = Caller("key_1", "one")
TWO = Caller(
    "key_2",
    "two",
    expires_s=1000.0,
    terms=KeyTerms(providers=("near",), models=("claude-*",), ips=("10.0.0.0/8",), requests_per_minute=5),
)
OFF = Caller("key_3", "three", enabled=False)
CALLERS = Callers(
    {key_hash("key-one"): ONE, key_hash("key-two"): TWO, key_hash("key-three"): OFF}, required=True
)


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        ({"authorization": "Bearer key-one"}, ONE),
        ({"authorization": "bearer  key-two"}, TWO),
        ({"x-api-key": "key-one"}, ONE),
        ({"authorization": "Bearer wrong", "x-api-key": "key-two"}, TWO),
        ({"authorization": "Bearer key-one", "x-api-key": "wrong"}, ONE),
    ],
)
def test_a_key_is_taken_from_either_header(headers: dict[str, str], caller: Caller) -> None:
    assert CALLERS.find(headers, "10.1.2.3", 999.0) is caller


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Basic key-one"},
        {"authorization": "Bearer key-on"},
        {"x-api-key": "key-one-and-more"},
        {"x-api-key": "schl\u00fcssel"},
        {"x-api-key": key_hash("key-one")},
        {"x-api-key": "key-three"},
    ],
)
def test_without_a_good_key_nobody_comes_in(headers: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as caught:
        CALLERS.find(headers, "10.1.2.3", 0.0)
    assert caught.value.kind is Kind.AUTHENTICATION
    assert caught.value.should_retry is False
    assert "key-o" not in caught.value.message


def test_where_no_key_is_needed_none_is_asked_for() -> None:
    assert Callers().find({}, "", 0.0) is NOBODY
    assert Callers().find({"x-api-key": "any word will do"}, "", 0.0) is NOBODY


def test_a_gateway_without_keys_that_needs_one_says_how_to_make_it() -> None:
    with pytest.raises(BadRequest, match="isthmus keys create"):
        Callers(required=True).find({"x-api-key": "x"}, "", 0.0)


def test_a_key_expires() -> None:
    with pytest.raises(BadRequest, match="'two' has expired"):
        CALLERS.find({"x-api-key": "key-two"}, "10.1.2.3", 1000.0)


def test_a_key_may_be_bound_to_networks() -> None:
    with pytest.raises(BadRequest, match=r"may not be used from 192\.168\.0\.1") as caught:
        CALLERS.find({"x-api-key": "key-two"}, "192.168.0.1", 0.0)
    assert caught.value.kind is Kind.PERMISSION


def test_a_key_may_be_bound_to_providers_and_models() -> None:
    TWO.check_use("near", "claude-x", "claude-x")
    for provider, model in (("near", "gpt-x"), ("far", "claude-x")):
        with pytest.raises(BadRequest, match="may not use model") as caught:
            TWO.check_use(provider, model, model)
        assert caught.value.kind is Kind.PERMISSION


def test_limits_are_those_of_the_terms() -> None:
    assert [(limit.unit, limit.maximum) for limit in TWO.limits] == [(Unit.REQUESTS, 5)]
    assert ONE.limits == ()


def test_conversations_belong_to_the_key_and_not_to_its_place() -> None:
    assert Caller("key_1").owner == Caller("key_1", "renamed").owner != Caller("key_2").owner
    assert Caller("config:1", mark="hash:x").owner == Caller("config:2", mark="hash:x").owner == "hash:x"
    assert Caller().owner != Caller("key_1").owner
