"""Operators see an account, and nobody its secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import CONFIGURED
from isthmus.config import ProviderSettings
from isthmus.control.account_views import (
    brings_account,
    configured_account,
    hint,
    is_configured,
    live_of,
    shown_proxy,
    stored_state,
)
from isthmus.core.secret import Secret
from isthmus.routing.account import AccountId
from isthmus.routing.cooldown import Cooling, CoolingReason
from isthmus.routing.exhausted import State
from isthmus.routing.slot import Standing
from isthmus.storage.cooldowns import CooldownRow

REST = CooldownRow("acc_1", "model", 2_000, "rate_limit", "slow down", 2)


@pytest.mark.parametrize(
    ("credential", "shown"),
    [
        ({"api_key": "sk-0123456789abcd"}, "…abcd"),
        ({"api_key": "sk-0123456789ab"}, "…"),  # 15 characters.
        ({"api_key": ""}, None),
        ({"client_id": "an-id-of-a-client", "refresh_token": "r-0123456789-wxyz"}, "…wxyz"),
        ({"zone": "", "access": "a-0123456789-last"}, "…last"),
        ({}, None),
    ],
)
def test_a_credential_is_recognised_by_its_end(credential: dict[str, str], shown: str | None) -> None:
    assert hint({name: Secret(value) for name, value in credential.items()}) == shown


@given(st.text(min_size=1))
def test_a_hint_never_tells_more_than_a_quarter(value: str) -> None:
    shown = hint({"api_key": Secret(value)})
    assert shown is not None
    assert (len(shown) - 1) * 4 <= len(value)


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://user:pass@proxy:3128", "http://proxy:3128"),
        ("socks5://token@[::1]:1080/path?key=x", "socks5://[::1]:1080"),
        ("http://proxy", "http://proxy"),
    ],
)
def test_a_proxy_shows_its_host_alone(proxy: str, shown: str) -> None:
    assert shown_proxy(Secret(proxy)) == shown


def test_a_provider_of_the_configuration_is_an_account() -> None:
    account = configured_account("openai", CONFIGURED["openai"])
    assert is_configured(account.id)
    assert (account.provider, account.label) == ("openai", "configuration file")
    assert account.credential["api_key"] == CONFIGURED["openai"].api_key


@pytest.mark.parametrize("others", [True, False])
def test_a_provider_whose_accounts_sign_in_is_one_only_with_a_key(others: bool) -> None:
    plain = ProviderSettings(type="amazon-q")
    assert not brings_account(plain, others=others)
    assert brings_account(plain.model_copy(update={"api_key": Secret("ksk_1")}), others=others)


def test_a_running_gateway_is_believed_except_for_rests_that_are_over() -> None:
    cooling = Cooling(AccountId("acc_1"), "model", 2.0, CoolingReason.RATE_LIMIT, "slow down", 2)
    standing = Standing(AccountId("acc_1"), State.COOLING, 3, (cooling,), None)
    assert live_of(standing, 1_999).coolings == (REST,)
    assert live_of(standing, 2_000).coolings == ()
    assert (live_of(standing, 0).state, live_of(standing, 0).in_flight) == (State.COOLING, 3)


def test_a_model_that_an_account_lacks_does_not_make_it_rest() -> None:
    lacking = CooldownRow("acc_1", "no-such-model", 2000, CoolingReason.NO_MODEL, "")
    assert stored_state(enabled=True, rests=[lacking]).state is State.HEALTHY


def test_without_a_gateway_the_rows_tell_the_state() -> None:
    assert stored_state(enabled=True, rests=[]).state is State.HEALTHY
    assert stored_state(enabled=True, rests=[REST]).state is State.COOLING
    assert stored_state(enabled=False, rests=[REST]).state is State.DISABLED
