"""What is stored of a key can be kept by every engine and every part of the gateway."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.control.failures import Invalid
from isthmus.control.key_input import MAX_NAMES, KeyInput, check_secret, checked
from isthmus.core.secret import Secret
from isthmus.routing.permissions import KeyTerms, allows_address, limits_of


def fields_of(written: KeyInput) -> list[str]:
    with pytest.raises(Invalid) as caught:
        checked(written)
    return [each.field for each in caught.value.fields]


def test_texts_are_trimmed_and_networks_spelled_one_way() -> None:
    terms = KeyTerms(
        providers=(" openai ", "openai"), models=("gpt-5*",), ips=("10.1.2.3/8", "::ffff:10.0.0.0/104", "::1")
    )
    assert checked(KeyInput(name=" anna ", note="  ", terms=terms)) == KeyInput(
        name="anna",
        note=None,
        terms=KeyTerms(providers=("openai",), models=("gpt-5*",), ips=("10.0.0.0/8", "::1/128")),
    )


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        ({"providers": ()}, ["providers"]),
        ({"models": ("a", "", "b\n", "c" * 201)}, ["models.1", "models.2", "models.3"]),
        ({"models": ("\ud800",)}, ["models.0"]),
        ({"models": ("m",) * (MAX_NAMES + 1)}, ["models"]),
        ({"models": tuple("\U0001f600" * 190 + str(at) for at in range(90))}, ["models"]),
        ({"ips": ("10.0.0.0/8", "home")}, ["ips.1"]),
        ({"mcp": ("files", ":", "x" * 201)}, ["mcp.1", "mcp.2"]),
        ({"requests_per_minute": 0}, ["requests_per_minute"]),
        ({"tokens_per_month": 2**53 + 1}, ["tokens_per_month"]),
        ({"max_concurrency": 2**31}, ["max_concurrency"]),
        ({"nano_usd_per_day": -1}, ["usd_per_day"]),
        ({"nano_usd_per_month": 2**62}, ["usd_per_month"]),
    ],
)
def test_terms_that_cannot_be_kept_are_refused(terms: dict[str, Any], fields: list[str]) -> None:
    assert fields_of(KeyInput(name="anna", terms=KeyTerms(**terms))) == fields


def test_an_empty_list_is_a_choice_for_servers_alone() -> None:
    terms = checked(KeyInput(name="anna", terms=KeyTerms(mcp=()))).terms
    assert terms.mcp == ()
    assert checked(KeyInput(name="anna", terms=KeyTerms(mcp=(" files ", "files")))).terms.mcp == ("files",)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"note": "a\x00"}, "note"),
        ({"note": "a" * 2001}, "note"),
        ({"expires_ms": -1}, "expires_at"),
        ({"expires_ms": 2**60}, "expires_at"),
    ],
)
def test_what_no_table_can_hold_is_refused(change: dict[str, Any], field: str) -> None:
    assert fields_of(replace(KeyInput(name="anna"), **change)) == [field]


def test_every_problem_is_told_at_once() -> None:
    assert fields_of(KeyInput(name="", note="\x00", terms=KeyTerms(ips=("x",), max_concurrency=0))) == [
        "name",
        "note",
        "max_concurrency",
        "ips.0",
    ]


NAMES = st.none() | st.lists(st.text("aB*/ ", min_size=1, max_size=5), min_size=1, max_size=3).map(tuple)
TERMS = st.builds(
    KeyTerms,
    models=NAMES,
    providers=NAMES,
    ips=st.none() | st.lists(st.ip_addresses().map(str), min_size=1, max_size=3).map(tuple),
    requests_per_minute=st.none() | st.integers(0, 2**54),
    max_concurrency=st.none() | st.integers(0, 2**54),
    nano_usd_per_day=st.none() | st.integers(0, 2**61),
)


@given(TERMS)
def test_what_is_accepted_stays_as_it_is_and_can_be_kept(terms: KeyTerms) -> None:
    try:
        accepted = checked(KeyInput(name="anna", terms=terms))
    except Invalid:
        return
    assert checked(accepted) == accepted
    assert all(1 <= limit.maximum < 2**63 for limit in limits_of(accepted.terms))
    assert all(allows_address(accepted.terms, address) for address in terms.ips or ())


@pytest.mark.parametrize("secret", ["", "short", "with space", "ümläut-key", "line\nbreak", "x" * 513])
def test_a_secret_that_cannot_be_sent_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_secret(Secret(secret))
    assert not secret or secret not in str(caught.value)


def test_a_short_secret_is_taken_with_a_warning() -> None:
    assert "12 characters" in check_secret(Secret("sk-123456789"))[0]
    assert check_secret(Secret("sk-12345678901234567890")) == []
