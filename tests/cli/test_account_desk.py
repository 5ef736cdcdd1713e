"""An account is asked as the gateway would ask with it, and its failure is told without its key."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from amazon_accounts import configuration, signed_in
from claude_web_accounts import configuration as sessions
from claude_web_accounts import session
from isthmus.cli.account_desk import probe_account, with_stored
from isthmus.cli.compose import open_hands
from isthmus.cli.keeping import keeping
from isthmus.cli.stores import open_stores
from isthmus.config import ImageSettings, ProviderSettings, Settings
from isthmus.control.account_probing import ProbeResult
from isthmus.control.account_views import configured_account
from isthmus.core.secret import Secret
from isthmus.simulators.amazon_q import Simulator
from isthmus.simulators.claude_web import Account as Person
from isthmus.simulators.claude_web import Simulator as Website
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.providers import StoredProvider
from simulators.openai_vendor import OpenAIVendor

KEY = "sk-canary-that-is-long"
ACCOUNT = Account("acc_1", "vendor", "api_key", "team", {"api_key": Secret(KEY)}, 1, 1)


async def test_the_key_of_the_account_is_used() -> None:
    async with OpenAIVendor(keys=[KEY]) as vendor, open_hands(ImageSettings()) as hands:
        provider = ProviderSettings(
            base_url=vendor.base_url, api_key=Secret("sk-of-the-file"), default_model="sim-text"
        )
        settings = Settings(providers={"vendor": provider})
        good = await probe_account(ACCOUNT, settings, hands)
        refused = await probe_account(configured_account("vendor", provider), settings, hands)
    assert good.ok, good
    assert not refused.ok
    assert "401" in str(refused.error)
    assert "sk-of-the-file" not in str(refused.error)


async def test_an_upstream_that_repeats_the_key_does_not_print_it() -> None:
    async with open_hands(ImageSettings()) as hands:
        nowhere = Settings(providers={"vendor": ProviderSettings(base_url=f"http://127.0.0.1:9/{KEY}")})
        failed = await probe_account(ACCOUNT, nowhere, hands)
        assert not failed.ok
        assert KEY not in str(failed.error)
        orphan = await probe_account(replace(ACCOUNT, provider="gone"), nowhere, hands)
    assert "'gone'" in str(orphan.error)


@asynccontextmanager
async def surveyed(folder: Path, simulator: Simulator, **fields: Any) -> AsyncIterator[ProbeResult]:
    """What came of asking about a new account."""
    settings = Settings.model_validate(configuration(simulator, storage={"data_dir": str(folder)}))
    account = signed_in(simulator, **fields)
    async with open_stores(settings) as stores, open_hands(ImageSettings()) as hands:
        await AccountStore(stores.database, stores.vault).add_all([account])
        yield await probe_account(account, settings, hands, keeping(stores, hands.http, lambda: settings))


async def test_an_upstream_that_tells_of_the_account_is_sent_no_message(tmp_path: Path) -> None:
    async with Simulator() as simulator, surveyed(tmp_path, simulator) as result:
        assert result.ok, result
        assert simulator.chats() == []


async def test_access_that_has_ended_is_renewed_before_the_account_is_judged(tmp_path: Path) -> None:
    async with Simulator(access_ttl_s=1) as simulator:
        async with surveyed(tmp_path, simulator) as result:
            assert result.ok, result
        assert sum(each.counts["refreshes"] for each in simulator.people.accounts.values()) >= 1


async def test_an_account_that_must_sign_in_again_is_told(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        spoilt = {
            "refresh_token": Secret("aor-nobodys"),
            "client_id": Secret("c"),
            "client_secret": Secret("s"),
        }
        async with surveyed(tmp_path, simulator, credential=spoilt) as result:
            assert not result.ok
            assert "needs sign-in" in str(result.error)


@pytest.mark.parametrize("told", ["used up", "nothing"])
async def test_where_nothing_is_told_the_account_is_asked_as_requests_ask(tmp_path: Path, told: str) -> None:
    async with Simulator() as simulator:
        account = signed_in(simulator)
        [person] = simulator.people.accounts.values()
        if told == "used up":
            person.quota.base.used = person.quota.base.limit
        else:
            person.control_fault = "500"
        values = configuration(simulator, storage={"data_dir": str(tmp_path)})
        values["providers"]["amazon"]["default_model"] = "claude-sonnet-4.5"
        settings = Settings.model_validate(values)
        async with open_stores(settings) as stores, open_hands(ImageSettings()) as hands:
            await AccountStore(stores.database, stores.vault).add_all([account])
            result = await probe_account(
                account, settings, hands, keeping(stores, hands.http, lambda: settings)
            )
        assert result.ok == (told == "nothing"), result
        assert simulator.chats()


def spend(person: Person) -> None:
    for window in person.quota.windows.values():
        window.charge(time.time(), window.allowance)


@pytest.mark.parametrize(
    ("fault", "spent", "problem"),
    [
        (None, False, None),
        (None, True, "used up"),
        ("F2", False, "session"),
        ("F24 header", False, "network path blocked"),
    ],
)
async def test_a_session_is_tested_without_spending_a_message(
    tmp_path: Path, fault: str | None, spent: bool, problem: str | None
) -> None:
    async with Website() as website:
        anna = website.add_account("anna")
        if spent:
            spend(anna)
        if fault is not None:
            anna.script(fault)
        settings = Settings.model_validate(sessions(website, storage={"data_dir": str(tmp_path)}))
        account = session(anna)
        async with open_stores(settings) as stores, open_hands(ImageSettings()) as hands:
            await AccountStore(stores.database, stores.vault).add_all([account])
            result = await probe_account(
                account, settings, hands, keeping(stores, hands.http, lambda: settings)
            )
        assert result.ok == (problem is None), result
        assert (problem or "") in str(result.error)
        assert anna.key not in str(result)
        assert website.journal.of("completion") == website.journal.of("create") == []


def test_stored_providers_stand_beside_those_of_the_file() -> None:
    file = Settings(providers={"play": ProviderSettings(type="dummy")})
    stored = [
        StoredProvider("play", "anthropic", {}, 1, 1),
        StoredProvider("vendor", "openai-compatible", {"vendor": "openai"}, 1, 1),
        StoredProvider("later", "of-later", {}, 1, 1),
        StoredProvider("old", "openai-compatible", {"no_longer": "known"}, 1, 1),
    ]
    whole = with_stored(file, stored)
    assert {name: each.type for name, each in whole.providers.items()} == {
        "play": "dummy",
        "vendor": "openai-compatible",
    }


async def test_a_session_in_the_file_is_tested_without_spending_a_message(tmp_path: Path) -> None:
    async with Website() as website:
        values = sessions(website, storage={"data_dir": str(tmp_path)})
        values["providers"]["web"]["api_key"] = website.add_account("anna").key
        settings = Settings.model_validate(values)
        declared = configured_account("web", settings.providers["web"])
        async with open_stores(settings) as stores, open_hands(ImageSettings()) as hands:
            result = await probe_account(
                declared, settings, hands, keeping(stores, hands.http, lambda: settings)
            )
        assert result.ok, result
        assert website.journal.of("completion") == website.journal.of("create") == []
