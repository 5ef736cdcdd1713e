"""Accounts are kept signed in over the real database and network, as their provider is set up at that moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import claude_web_accounts
from amazon_accounts import signed_in
from isthmus.cli.compose import open_hands
from isthmus.cli.keeping import Keeping, keeping
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control.failures import Conflict, NotFound, Unavailable
from isthmus.core.commands import Call
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.observability.redaction import MASK, Redaction
from isthmus.simulators.amazon_q import Simulator
from isthmus.simulators.claude_web import Simulator as WebSimulator
from isthmus.simulators.claude_web.plans import Plan
from isthmus.storage.accounts import AccountStore


@dataclass
class Kept:
    kept: Keeping
    accounts: AccountStore
    redaction: Redaction


@asynccontextmanager
async def kept_at(folder: Path, simulator: Simulator, **provider: object) -> AsyncIterator[Kept]:
    settings = Settings.model_validate(
        {
            "storage": {"data_dir": str(folder)},
            "providers": {
                "amazon": {"type": "amazon-q", "amazon_q": simulator.settings, **provider},
                "vendor": {"base_url": "http://127.0.0.1:9/v1"},
            },
        }
    )
    redaction = Redaction()
    async with open_stores(settings) as stores, open_hands(settings.images) as hands:
        yield Kept(
            keeping(stores, hands.http, lambda: settings, redaction),
            AccountStore(stores.database, stores.vault),
            redaction,
        )


async def test_an_account_is_renewed_and_surveyed(tmp_path: Path) -> None:
    async with Simulator() as simulator, kept_at(tmp_path, simulator) as desk:
        account = signed_in(simulator)
        await desk.accounts.add_all([account])
        desk.kept.keeper.seed(await desk.accounts.load_all())
        former = (await desk.kept.keeper.grant(account.id, None)).token
        token = (await desk.kept.keeper.grant(account.id, former)).token
        assert simulator.people.of_access_token(token.reveal()) is not None
        assert desk.redaction.text(f"with {token.reveal()}") == f"with {MASK}"
        kept = await desk.kept.surveys.read_now(account.id)
        assert kept.survey.models
        assert (await desk.kept.keeper.grant(account.id, None)).survey == kept.survey


async def test_the_account_of_a_provider_in_the_file_is_surveyed(tmp_path: Path) -> None:
    async with WebSimulator() as simulator:
        anna = simulator.add_account("anna", Plan.PRO)
        values = claude_web_accounts.configuration(simulator, storage={"data_dir": str(tmp_path)})
        values["providers"]["web"]["api_key"] = anna.key
        values["providers"]["near"] = {"type": "dummy"}
        settings = Settings.model_validate(values)
        async with open_stores(settings) as stores, open_hands(settings.images) as hands:
            kept = keeping(stores, hands.http, lambda: settings)
            assert (await kept.surveys.read_now("config:web")).survey.plan == "pro"
            granted = await kept.keeper.grant("config:web", None)
            assert granted.token == Secret(anna.key)
            assert granted.survey is not None and granted.survey.plan == "pro"
            with pytest.raises(Conflict, match="tells nothing"):
                await kept.surveys.last("config:near")
            with pytest.raises(NotFound):
                await kept.surveys.last("config:gone")


@pytest.mark.parametrize("by_account", [True, False])
async def test_the_proxy_is_used(tmp_path: Path, by_account: bool) -> None:
    nowhere = "http://127.0.0.1:9"
    provider = {} if by_account else {"proxy": nowhere}
    async with Simulator() as simulator, kept_at(tmp_path, simulator, **provider) as desk:
        account = signed_in(simulator, proxy=Secret(nowhere) if by_account else None)
        with pytest.raises(UpstreamError, match="connection failed"):
            await desk.kept.reach.ask(account, Call("GET", f"{simulator.q_url}/getUsageLimits"))
        assert list(simulator.log) == []


@asynccontextmanager
async def web_kept(folder: Path, simulator: WebSimulator) -> AsyncIterator[Kept]:
    """With the account `anna`."""
    settings = Settings.model_validate(
        claude_web_accounts.configuration(simulator, storage={"data_dir": str(folder)})
    )
    anna = simulator.add_account("anna", Plan.PRO)
    redaction = Redaction()
    async with open_stores(settings) as stores, open_hands(settings.images) as hands:
        accounts = AccountStore(stores.database, stores.vault)
        await accounts.add_all([claude_web_accounts.session(anna)])
        yield Kept(keeping(stores, hands.http, lambda: settings, redaction), accounts, redaction)


async def test_a_session_that_is_not_signed_in_is_switched_off_by_a_survey(tmp_path: Path) -> None:
    async with WebSimulator() as simulator, web_kept(tmp_path, simulator) as desk:
        simulator.accounts["anna"].script("F4")
        with pytest.raises(Unavailable, match="the bootstrap has no account"):
            await desk.kept.surveys.read_now("anna")
        account = await desk.accounts.find("anna")
        assert account is not None and not account.enabled
        assert account.off_reason == "session invalid: the bootstrap has no account"


async def test_a_session_key_that_comes_with_a_survey_is_stored(tmp_path: Path) -> None:
    async with WebSimulator() as simulator, web_kept(tmp_path, simulator) as desk:
        anna = simulator.accounts["anna"]
        anna.script("F26 new-key", "usage")
        kept = await desk.kept.surveys.read_now("anna")
        assert kept.survey.plan == "pro"
        await desk.kept.keeper.close()
        account = await desk.accounts.find("anna")
        assert account is not None and anna.next_key is not None
        assert account.credential == {"session_key": Secret(anna.next_key)}
        assert (await desk.kept.keeper.grant("anna", None)).token == Secret(anna.next_key)


async def test_providers_without_sign_ins_and_those_that_are_gone(tmp_path: Path) -> None:
    async with Simulator() as simulator, kept_at(tmp_path, simulator) as desk:
        reach = desk.kept.reach
        assert reach.logins("amazon") is not None
        assert [reach.logins(name) for name in ("vendor", "gone")] == [None, None]
        with pytest.raises(UpstreamError, match="'gone'"):
            await reach.ask(signed_in(simulator, provider="gone"), Call("GET", simulator.q_url))
