"""What changes in the database takes effect in the running gateway, and what is wrong there does not stop it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from amazon_accounts import configuration, signed_in
from asgi import Reply, ask
from cli.gateways import gateway
from isthmus.cli import live as live_module
from isthmus.cli.live import Live
from isthmus.cli.stores import Stores
from isthmus.config.sections.provider import ProviderSettings
from isthmus.control.clock import now_ms
from isthmus.control.people import Role
from isthmus.core.errors import Kind, Next, UpstreamError
from isthmus.core.secret import Secret
from isthmus.core.usage import Usage
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.routing.pool import AccountId, Lease, State
from isthmus.simulators.amazon_q import Simulator
from isthmus.storage.accounts import API_KEY, Account
from isthmus.storage.cooldowns import CooldownRow
from isthmus.storage.database import touch
from isthmus.storage.errors import StorageError
from isthmus.storage.ips import BlockedNetwork
from isthmus.storage.key_usage import Used, UsedOnDay, day_of
from isthmus.storage.keys import ApiKey
from isthmus.storage.prices import StoredPrice
from isthmus.storage.providers import StoredProvider
from isthmus.storage.schema import api_keys
from isthmus.storage.users import StoredUser, UserChange

HELLO = {"model": "dummy", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
KEY = "sk-isthmus-" + "k" * 30


@pytest.fixture
async def both(tmp_path: Path, database_url: str) -> AsyncIterator[tuple[Live, Stores]]:
    """On each engine in turn."""
    async with gateway(tmp_path, database=database_url) as (running, stores):
        yield running.live, stores


async def hello(live: Live, key: str = "", **body: Any) -> Reply:
    headers = {"x-api-key": key} if key else {}
    return await ask(live.gateway, "POST", "/v1/messages", HELLO | body, headers)


def account(id: str, provider: str = "dummy", **fields: Any) -> Account:
    now = now_ms()
    return Account(id, provider, API_KEY, id, {API_KEY: Secret(f"key of {id}")}, now, now, **fields)


def key(**fields: Any) -> ApiKey:
    known = {
        "id": "key_1",
        "name": "team",
        "hash": key_hash(KEY),
        "prefix": "sk",
        "created_ms": 1,
        "updated_ms": 1,
    }
    return ApiKey(**known | fields)


async def test_a_first_key_closes_the_gateway_and_opens_it_for_its_holder(both: tuple[Live, Stores]) -> None:
    live, _ = both
    assert (await hello(live)).status == 200
    await live.tables.keys.add(key())
    await live.look()
    assert [(await hello(live)).status, (await hello(live, KEY)).status] == [401, 200]
    await live.tables.keys.remove("key_1")
    await live.look()
    assert (await hello(live)).status == 200


async def test_a_key_is_as_good_as_the_user_whose_it_is(both: tuple[Live, Stores]) -> None:
    live, _ = both
    anna = StoredUser("usr_1", "anna", Role.HOLDER, None, True, 1, 1)
    await live.tables.users.add(anna)
    await live.tables.keys.add(key(user_id="usr_1"))
    await live.look()
    assert (await hello(live, KEY)).status == 200
    await live.tables.users.change("usr_1", UserChange(enabled=False), now_ms())
    await live.look()
    refused = await hello(live, KEY)
    assert (refused.status, "switched off" in refused.json["error"]["message"]) == (401, True)


async def test_budgets_outlive_a_restart(tmp_path: Path, database_url: str) -> None:
    async with gateway(tmp_path, database=database_url) as (running, _):
        tables = running.live.tables
        await tables.keys.add(key(terms=KeyTerms(tokens_per_day=1000)))
        await tables.key_usage.add([UsedOnDay("key_1", day_of(now_ms()), Used(5, 0, 900, 100))])
    async with gateway(tmp_path, database=database_url) as (running, _):
        assert (await hello(running.live, KEY)).status == 402


async def test_accounts_come_go_and_are_switched_off(both: tuple[Live, Stores]) -> None:
    live, _ = both
    assert list(live.standings()) == ["config:dummy"]
    await live.tables.accounts.add_all([account("acc_1"), account("acc_2", enabled=False)])
    await live.look()
    states = {id: standing.state for id, standing in live.standings().items()}
    assert states == {"acc_1": State.HEALTHY, "acc_2": State.DISABLED}
    await live.tables.accounts.remove(["acc_1", "acc_2"])
    await live.look()
    assert list(live.standings()) == ["config:dummy"]


async def test_an_account_that_its_provider_cannot_use_is_said_and_left_alone(tmp_path: Path) -> None:
    """The service refuses such an account, but cannot know that its provider will be of another type in a file."""
    settings = {"cli_path": str(tmp_path / "no-such-program")}
    async with gateway(tmp_path) as (running, _):
        live = running.live
        await live.tables.providers.add(
            StoredProvider("code", "claude-code", {"claude_code": settings}, 1, 1)
        )
        socks = account("acc_s", "code", proxy=Secret("socks5://u:made-up@127.0.0.1:1"))
        await live.tables.accounts.add_all([account("acc_1", "code"), socks])
        with capture_logs() as logged:
            await live.look()
            await live.tables.accounts.change("acc_1", lambda it: replace(it, label="new"))
            await live.look()
        [said] = [each for each in logged if each["event"] == "an account cannot be used with its provider"]
        assert (said["log_level"], said["account"], said["provider"]) == ("warning", "acc_s", "code")
        assert "SOCKS" in said["problem"] and "made-up" not in str(said)
        states = {id: each.state for id, each in live.standings().items()}
        assert (states[AccountId("acc_1")], states[AccountId("acc_s")]) == (State.HEALTHY, State.DISABLED)
        stored = await live.tables.accounts.find("acc_s")
        assert stored is not None and stored.enabled, "another gateway's file may fit"
        await live.tables.accounts.change("acc_s", lambda it: replace(it, proxy=None))
        await live.look()
        assert live.standings()[AccountId("acc_s")].state is State.HEALTHY


async def test_what_runs_keeps_its_place_while_accounts_change(both: tuple[Live, Stores]) -> None:
    live, _ = both
    await live.tables.accounts.add_all([account("acc_1")])
    await live.look()
    supplier = live.gateway.endpoints.offer.suppliers["dummy"]
    lease = await supplier.lease("m", None, 0, ())
    assert isinstance(lease, Lease)
    await live.tables.accounts.add_all([account("acc_2")])
    await live.look()
    assert live.standings()[AccountId("acc_1")].in_flight == 1
    supplier.release(lease, None)
    assert live.standings()[AccountId("acc_1")].in_flight == 0


async def test_rests_outlive_a_restart_and_end_when_an_operator_says_so(
    tmp_path: Path, database_url: str
) -> None:
    async with gateway(tmp_path, database=database_url) as (running, _):
        live = running.live
        await live.tables.accounts.add_all([account("acc_1"), account("acc_2")])
        await live.look()
        supplier = live.gateway.endpoints.offer.suppliers["dummy"]
        lease = await supplier.lease("m", None, 0, ())
        assert isinstance(lease, Lease)
        limited = UpstreamError("slow down", kind=Kind.RATE_LIMIT, status=429, cooldown_s=500.0)
        supplier.release(lease, limited)
        rested = lease.account
    async with gateway(tmp_path, database=database_url) as (running, _):
        live = running.live
        assert live.standings()[rested].state is State.COOLING
        await live.tables.cooldowns.save(
            [CooldownRow("acc_other", None, now_ms() + 9000, "quota", "not of this gateway")]
        )
        await live.tables.cooldowns.clear([rested])
        await live.look()
        assert live.standings()[rested].state is State.HEALTHY


async def test_a_new_credential_starts_afresh(both: tuple[Live, Stores]) -> None:
    live, _ = both
    await live.tables.accounts.add_all([account("acc_1"), account("acc_2")])
    await live.look()
    supplier = live.gateway.endpoints.offer.suppliers["dummy"]
    lease = await supplier.lease("m", None, 0, [AccountId("acc_2")])
    assert isinstance(lease, Lease)
    supplier.release(lease, UpstreamError("x", kind=Kind.RATE_LIMIT, status=429, cooldown_s=500.0))
    assert live.standings()[AccountId("acc_1")].state is State.COOLING

    def renew(known: Account) -> Account:
        return Account(
            known.id, known.provider, known.kind, known.label, {API_KEY: Secret("another")}, 1, now_ms()
        )

    await live.tables.accounts.change("acc_1", renew)
    await live.look()
    assert live.standings()[AccountId("acc_1")].state is State.HEALTHY


async def test_stored_providers_are_served_and_unfit_ones_said(both: tuple[Live, Stores]) -> None:
    live, _ = both
    now = now_ms()
    for name, type, settings in (
        ("second", "dummy", {}),
        ("odd", "dummy", {"no_such": 1}),
        ("later", "amazon-q", {"region": "us-east-1"}),
        ("dummy", "dummy", {"models": {"hidden": "dummy"}}),
    ):
        await live.tables.providers.add(StoredProvider(name, type, settings, now, now))
    await live.look()
    assert (await hello(live, model="second/dummy")).status == 200
    assert set(live.gateway.endpoints.offer.suppliers) == {"dummy", "second"}
    assert set(live.refused) == {"provider odd", "provider later"}
    assert (await hello(live, model="hidden")).status == 404 or "hidden" not in live.settings.providers[
        "dummy"
    ].models


async def test_a_guessed_default_gives_way_to_what_is_stored(tmp_path: Path) -> None:
    async with gateway(tmp_path, default_is_guessed=True) as (running, _):
        assert running.live.gateway.endpoints.offer.directory.default_provider == "dummy"
        now = now_ms()
        await running.live.tables.providers.add(StoredProvider("mine", "dummy", {}, now, now))
        await running.live.look()
        assert running.live.gateway.endpoints.offer.directory.default_provider == "mine"


async def test_settings_are_applied_and_taken_back(both: tuple[Live, Stores]) -> None:
    live, _ = both
    store = live.tables.settings
    await store.save(
        {
            "ip_limit.enabled": True,
            "ip_limit.max_requests": 1,
            "aliases": {"fast": "dummy/dummy-text"},
            "server.cors_origins": ["https://chat.example.com"],
            "request_log.retention_days": "never",
        },
        now_ms(),
    )
    await live.look()
    assert set(live.refused) == {"request_log.retention_days"}
    assert [(await hello(live, model="fast")).status for _ in range(2)] == [200, 429]
    live.gateway.guard.check_origin({"origin": "https://chat.example.com"})
    await store.save({"ip_limit.enabled": None, "aliases": None}, now_ms())
    await live.look()
    assert (await hello(live)).status == 200


async def test_settings_that_do_not_fit_together_leave_all_as_it_was(both: tuple[Live, Stores]) -> None:
    live, _ = both
    await live.tables.settings.save({"aliases": {"a": "b", "b": "c", "c": "a"}}, now_ms())
    await live.look()
    assert (await hello(live)).status == 200


async def test_blocked_addresses_are_refused(both: tuple[Live, Stores]) -> None:
    live, _ = both
    await live.tables.blocks.put([BlockedNetwork("127.0.0.0/8", "too loud", now_ms())])
    await live.look()
    assert (await hello(live)).status == 403
    await live.tables.blocks.remove("127.0.0.0/8")
    await live.look()
    assert (await hello(live)).status == 200


async def test_prices_make_costs(both: tuple[Live, Stores]) -> None:
    live, _ = both
    assert live.price_of("dummy", "dummy") is None
    assert live.price_of("dummy", "claude-sonnet-4-5") is None  # It answers to the name and costs nothing.
    assert live.price_of("elsewhere", "claude-sonnet-4-5") is not None
    await live.tables.prices.put([StoredPrice("dummy", {"input": 1, "output": 2}, now_ms())])
    await live.look()
    await hello(live)
    (use,) = [live.gateway.admission.cost_of("dummy", "dummy", Usage(1000, output_tokens=10))]
    assert use == 1_020_000


async def test_the_price_of_a_model_that_is_paid_otherwise_is_its_worth(
    both: tuple[Live, Stores], monkeypatch: pytest.MonkeyPatch
) -> None:
    live, _ = both
    await live.tables.prices.put([StoredPrice("kiro/claude-opus-4.5", {"input": 1, "output": 2}, now_ms())])
    await live.look()
    kiro = ProviderSettings.model_validate({"type": "amazon-q"})
    monkeypatch.setitem(live.settings.providers, "kiro", kiro)
    worth = {
        ("kiro", "claude-opus-4.6"): True,
        ("kiro", "claude-opus-4.5"): False,  # the operator's own price
        ("kiro", "auto"): False,  # no price at all
        ("dummy", "claude-opus-4.6"): False,
    }
    assert {asked: live.is_worth(*asked) for asked in worth} == worth


async def test_a_row_that_cannot_be_read_is_complained_of_once(
    both: tuple[Live, Stores], monkeypatch: pytest.MonkeyPatch
) -> None:
    live, stores = both
    monkeypatch.setattr(live_module, "LOOK_EVERY_S", 0.01)
    await live.tables.keys.add(key())
    await live.look()

    async def spoil(connection: AsyncConnection) -> None:
        await connection.execute(update(api_keys).values(models="no JSON"))
        await touch(connection, "keys")

    await stores.database.write(spoil)
    with capture_logs() as logged:
        following = asyncio.create_task(live.follow())
        await asyncio.sleep(0.5)
        following.cancel()
    said = [entry["event"] for entry in logged]
    # Fifty looks, each of which fails. The gateway follows its database by itself, too, and may have come by once.
    assert 1 <= said.count("a change in the database could not be applied") <= 2
    assert (await hello(live, KEY)).status == 200


async def test_a_bug_behind_an_absent_database_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "LOOK_EVERY_S", 0.001)
    async with gateway(tmp_path) as (running, _):
        live = running.live
        ahead: list[Exception] = [StorageError("away")] * 3 + [KeyError("bug")] * 3 + [OSError("gone")]
        follower = asyncio.current_task()

        async def look() -> None:
            if asyncio.current_task() is not follower:
                return  # The gateway follows its database by itself, too.
            if ahead:
                raise ahead.pop(0)
            raise asyncio.CancelledError

        monkeypatch.setattr(live, "look", look)
        with capture_logs() as logged, pytest.raises(asyncio.CancelledError):
            await live.follow()
    told = [(each["log_level"], "exc_info" in each) for each in logged if "database" in each["event"]]
    assert told == [("warning", False), ("error", True), ("warning", False)]


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def test_accounts_that_sign_in_are_renewed_and_surveyed_beside_requests(
    tmp_path: Path, database_url: str
) -> None:
    async with Simulator() as simulator:
        async with gateway(tmp_path, configuration(simulator), database=database_url) as (running, _):
            live = running.live
            account = signed_in(simulator)
            ends = datetime.fromtimestamp(time.time() + 250, UTC).isoformat()
            account = replace(account, details={**account.details, "expires_at": ends})
            former = account.credential["access_token"]
            [person] = simulator.people.accounts.values()
            await live.tables.accounts.add_all([account])
            await live.look()
            await until(lambda: person.counts["refreshes"])
            grant = live.kept.keeper.grant
            async with asyncio.timeout(20):
                while (held := await grant(account.id, None)).token == former or held.survey is None:
                    await asyncio.sleep(0.02)
            assert held.survey.models
        async with gateway(tmp_path, configuration(simulator), database=database_url) as (running, _):
            again = await running.live.kept.keeper.grant(account.id, None)
            assert (again.token, again.survey) == (held.token, held.survey), "it is known from the start"
    assert person.counts["refreshes"] == 1


async def test_a_lack_of_a_model_is_heard_of(both: tuple[Live, Stores]) -> None:
    live, _ = both
    await live.tables.accounts.add_all([account("acc_1")])
    await live.look()
    heard: list[Any] = []
    live._ledger.listeners.append(lambda *said: heard.append(said))
    supplier = live.gateway.endpoints.offer.suppliers["dummy"]
    lease = await supplier.lease("m", None, 0, ())
    assert isinstance(lease, Lease)
    supplier.release(lease, UpstreamError("no", kind=Kind.MODEL_NOT_FOUND, next=Next.OTHER_ACCOUNT))
    [(provider, id, change)] = heard
    assert (provider, id, change.cooling.reason) == ("dummy", "acc_1", "no_model")
    assert live.kept.surveys.changed in live._ledger.listeners
