"""An account is asked as the gateway would ask with it, and its failure is told without its key."""

from __future__ import annotations

from dataclasses import replace

from isthmus.cli.account_desk import probe_account, with_stored
from isthmus.config import ProviderSettings, Settings
from isthmus.control.account_views import configured_account
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account
from isthmus.storage.providers import StoredProvider
from isthmus.transport.http import Http
from simulators.openai_vendor import OpenAIVendor

KEY = "sk-canary-that-is-long"
ACCOUNT = Account("acc_1", "vendor", "api_key", "team", {"api_key": Secret(KEY)}, 1, 1)


async def test_the_key_of_the_account_is_used() -> None:
    async with OpenAIVendor(keys=[KEY]) as vendor, Http() as http:
        provider = ProviderSettings(
            base_url=vendor.base_url, api_key=Secret("sk-of-the-file"), default_model="sim-text"
        )
        settings = Settings(providers={"vendor": provider})
        good = await probe_account(ACCOUNT, settings, http)
        refused = await probe_account(configured_account("vendor", provider), settings, http)
    assert good.ok, good
    assert not refused.ok
    assert "401" in str(refused.error)
    assert "sk-of-the-file" not in str(refused.error)


async def test_an_upstream_that_repeats_the_key_does_not_print_it() -> None:
    async with Http() as http:
        nowhere = Settings(providers={"vendor": ProviderSettings(base_url=f"http://127.0.0.1:9/{KEY}")})
        failed = await probe_account(ACCOUNT, nowhere, http)
        assert not failed.ok
        assert KEY not in str(failed.error)
        orphan = await probe_account(replace(ACCOUNT, provider="gone"), nowhere, http)
    assert "'gone'" in str(orphan.error)


def test_stored_providers_stand_beside_those_of_the_file() -> None:
    file = Settings(providers={"play": ProviderSettings(type="dummy")})
    stored = [
        StoredProvider("play", "anthropic", {}, 1, 1),
        StoredProvider("vendor", "openai-compatible", {"vendor": "openai"}, 1, 1),
        StoredProvider("web", "claude-web", {}, 1, 1),
        StoredProvider("old", "openai-compatible", {"no_longer": "known"}, 1, 1),
    ]
    whole = with_stored(file, stored)
    assert {name: each.type for name, each in whole.providers.items()} == {
        "play": "dummy",
        "vendor": "openai-compatible",
    }
