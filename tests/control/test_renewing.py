"""One refresh per account however many gateways want it, and no refresh token is lost on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from isthmus.control import renewing
from isthmus.control.access import AccessNow
from isthmus.control.renewing import Held, Renewer
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import ACCESS_TOKEN, EXPIRES_AT, REFRESH_TOKEN
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.database import Database
from isthmus.storage.errors import StorageError, Uncertain
from isthmus.storage.leases import LeaseStore
from isthmus.storage.vault import Vault
from token_service import Clock, TokenService


class Gateway:
    """One of several on a database."""

    def __init__(self, database: Database, vault: Vault, service: TokenService) -> None:
        self.accounts = AccountStore(database, vault)
        self.leases = LeaseStore(database)
        self.known: list[Secret] = []
        reach = service.reach(know=self.known.extend)
        self.renewer = Renewer(self.accounts, self.leases, reach, service.clock)


@pytest.fixture
def service() -> TokenService:
    return TokenService(Clock())


@pytest.fixture
def gateway(database: Database, vault: Vault, service: TokenService) -> Gateway:
    return Gateway(database, vault, service)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewing, "LOOK_AGAIN_S", 0.01)


def held_of(account: Account) -> Held:
    return Held(account, AccessNow.of(account), renewable=True, forget=lambda _: None)


def tokens(account: Account | None) -> tuple[str, str]:
    assert account is not None
    return account.credential[ACCESS_TOKEN].reveal(), account.credential[REFRESH_TOKEN].reveal()


async def test_the_row_has_the_new_tokens_before_anybody_else(
    gateway: Gateway, service: TokenService
) -> None:
    account = service.account()
    await gateway.accounts.add_all([account])
    held = held_of(account)
    await gateway.renewer.renew(held)
    assert held.trouble is None
    assert tokens(held.account) == tokens(await gateway.accounts.find("acc_1"))
    assert tokens(held.account) == ("access acc_1 1", "refresh acc_1 1")
    assert held.access.token == Secret("access acc_1 1")
    assert set(gateway.known) == {*held.account.credential.values()}
    assert await gateway.leases.acquire("renew:acc_1", "another", 1, 0), "the lease was given back"


async def test_many_gateways_ask_once(
    database: Database, vault: Vault, service: TokenService, quickly: None
) -> None:
    account = service.account()
    gateways = [Gateway(database, vault, service) for _ in range(6)]
    await gateways[0].accounts.add_all([account])
    service.gate.clear()
    held = [held_of(account) for _ in gateways]
    renewals = [
        asyncio.create_task(each.renewer.renew(mine)) for each, mine in zip(gateways, held, strict=True)
    ]
    while not service.asked:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    service.gate.set()
    await asyncio.gather(*renewals)
    assert service.asked == ["refresh acc_1 0"]
    assert {tokens(each.account) for each in held} == {("access acc_1 1", "refresh acc_1 1")}


async def test_what_another_gateway_renewed_is_taken_over(gateway: Gateway, service: TokenService) -> None:
    account = service.account(expires_in_s=30)
    await gateway.accounts.add_all([account])
    await gateway.renewer.renew(held_of(account))
    late = held_of(account)
    await gateway.renewer.renew(late)
    assert (late.trouble, tokens(late.account)) == (None, ("access acc_1 1", "refresh acc_1 1"))
    assert len(service.asked) == 1


@pytest.mark.parametrize("known_end", [None, "2026-12-24T10:00:00Z"])
async def test_it_is_taken_over_whatever_is_said_of_ends(
    gateway: Gateway, service: TokenService, known_end: str | None
) -> None:
    """Many lists of logins do not say when access tokens end, and a service may give shorter lives than before."""
    account = replace(service.account(), details={EXPIRES_AT: known_end} if known_end else {})
    await gateway.accounts.add_all([account])
    await gateway.renewer.renew(held_of(account))
    late = held_of(account)
    late.refused = Secret("access acc_1 0")
    await gateway.renewer.renew(late)
    assert (late.trouble, tokens(late.account)) == (None, ("access acc_1 1", "refresh acc_1 1"))
    assert len(service.asked) == 1, "the old refresh token is dead by now"


async def test_what_another_gateway_renewed_and_was_refused_is_renewed_again(
    gateway: Gateway, service: TokenService
) -> None:
    account = service.account()
    await gateway.accounts.add_all([account])
    await gateway.renewer.renew(held_of(account))
    late = held_of(account)
    late.refused = Secret("access acc_1 1")
    await gateway.renewer.renew(late)
    assert tokens(late.account) == ("access acc_1 2", "refresh acc_1 2")


async def test_the_lease_of_a_gateway_that_died_is_waited_out(
    gateway: Gateway, service: TokenService, quickly: None
) -> None:
    account = service.account()
    await gateway.accounts.add_all([account])
    now_ms = round(service.clock() * 1000)
    assert await gateway.leases.acquire("renew:acc_1", "died", 60_000, now_ms)
    held = held_of(account)
    renewal = asyncio.create_task(gateway.renewer.renew(held))
    await asyncio.sleep(0.1)
    assert service.asked == []
    service.clock.now_s += 61
    await renewal
    assert (held.trouble, len(service.asked)) == (None, 1)


async def test_the_lease_lasts_as_long_as_the_service_takes(
    database: Database, vault: Vault, service: TokenService, quickly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "LEASE_S", 0.3)
    first, second = (Gateway(database, vault, service) for _ in range(2))
    account = service.account()
    await first.accounts.add_all([account])
    service.gate.clear()
    held = [held_of(account), held_of(account)]
    renewals = [
        asyncio.create_task(each.renewer.renew(mine))
        for each, mine in zip((first, second), held, strict=True)
    ]
    for _ in range(12):
        await asyncio.sleep(0.05)
        service.clock.now_s += 0.05
    service.gate.set()
    await asyncio.gather(*renewals)
    assert len(service.asked) == 1


async def test_a_refused_refresh_token_with_a_successor_is_no_loss(
    gateway: Gateway, service: TokenService
) -> None:
    """Somebody signed in again while the old token was shown to the service."""
    account = service.account()
    await gateway.accounts.add_all([account])
    held = held_of(account)
    service.gate.clear()
    renewal = asyncio.create_task(gateway.renewer.renew(held))
    while not service.asked:
        await asyncio.sleep(0.01)
    anew = service.grant_anew()
    await gateway.accounts.change("acc_1", lambda it: replace(it, credential=anew, updated_ms=2))
    service.gate.set()
    await renewal
    assert held.trouble is None
    assert held.account.credential == anew == (await gateway.accounts.find_all(["acc_1"]))[0].credential
    assert len(service.asked) == 1


async def test_a_successor_without_access_is_tried(gateway: Gateway, service: TokenService) -> None:
    account = service.account()
    await gateway.accounts.add_all([account])
    held = held_of(account)
    service.gate.clear()
    renewal = asyncio.create_task(gateway.renewer.renew(held))
    while not service.asked:
        await asyncio.sleep(0.01)
    refresh = {REFRESH_TOKEN: service.grant_anew()[REFRESH_TOKEN]}
    await gateway.accounts.change("acc_1", lambda it: replace(it, credential=refresh, updated_ms=2))
    service.gate.set()
    await renewal
    assert (held.trouble, service.asked) == (None, ["refresh acc_1 0", "refresh acc_1 100"])


@pytest.mark.parametrize("status", [400, 401, 410])
async def test_a_refused_refresh_token_without_a_successor_is_a_loss(
    gateway: Gateway, service: TokenService, status: int
) -> None:
    account = service.account()
    await gateway.accounts.add_all([account])
    service.ahead.append(status)
    held = held_of(account)
    await gateway.renewer.renew(held)
    assert held.trouble is not None
    assert held.trouble.lost
    assert held.trouble.off_reason == "needs sign-in: the service said as told"
    assert len(service.asked) == 1
    assert await gateway.accounts.find("acc_1") == account, "nothing was changed"


@pytest.mark.parametrize(
    ("ahead", "problem", "lost", "at_fault"),
    [
        (503, "the service said", False, False),
        (403, "the service said", False, True),
        (UpstreamError("cannot be reached", detail="no route"), "no route", False, False),
        (RuntimeError("a bug"), "gateway's own", False, False),
    ],
)
async def test_what_may_pass_is_tried_again_later(
    sqlite: Database,
    vault: Vault,
    service: TokenService,
    ahead: Any,
    problem: str,
    lost: bool,
    at_fault: bool,
) -> None:
    gateway, account = Gateway(sqlite, vault, service), service.account()
    await gateway.accounts.add_all([account])
    held = held_of(account)
    waits = []
    for _ in range(4):
        service.ahead.append(ahead)
        await gateway.renewer.renew(held)
        assert held.trouble is not None
        assert problem in held.trouble.reason
        assert (held.trouble.lost, held.trouble.at_fault) == (lost, at_fault)
        waits.append(held.trouble.until_s - service.clock())
    assert waits == sorted(waits)
    assert waits[0] >= renewing.FIRST_WAIT_S
    await gateway.renewer.renew(held)
    assert (held.trouble, held.strikes) == (None, 0)


class Away(AccountStore):
    """The database goes away when there is something to keep."""

    failures: list[Exception]
    saves_first = False

    async def renew(self, *arguments: Any) -> Account | None:
        if not self.failures:
            return await super().renew(*arguments)
        if self.saves_first:
            await super().renew(*arguments)
        raise self.failures.pop()


@pytest.mark.parametrize(
    ("failure", "saves_first"), [(StorageError("gone"), False), (Uncertain("perhaps"), True)]
)
async def test_new_tokens_wait_for_a_database_that_is_away(
    sqlite: Database, vault: Vault, service: TokenService, failure: Exception, saves_first: bool
) -> None:
    away = Away(sqlite, vault)
    away.failures, away.saves_first = [failure], saves_first
    account = service.account()
    await away.add_all([account])
    held = held_of(account)
    renewer = Renewer(away, LeaseStore(sqlite), service.reach(), service.clock)
    renewal = asyncio.create_task(renewer.renew(held))
    while away.failures:
        await asyncio.sleep(0.01)
    assert held.access.token == account.credential[ACCESS_TOKEN], "not used before it is saved"
    await renewal
    assert (held.trouble, len(service.asked)) == (None, 1)
    assert tokens(await away.find("acc_1")) == tokens(held.account) == ("access acc_1 1", "refresh acc_1 1")


async def test_an_account_that_was_removed_is_not_asked_for(gateway: Gateway, service: TokenService) -> None:
    held = held_of(service.account())
    await gateway.renewer.renew(held)
    assert held.trouble is not None
    assert "removed" in held.trouble.reason
    assert service.asked == []


async def test_an_account_whose_provider_has_none_that_sign_in_says_so(
    gateway: Gateway, service: TokenService
) -> None:
    account = service.account(provider="other")
    await gateway.accounts.add_all([account])
    held = held_of(account)
    await gateway.renewer.renew(held)
    assert held.trouble is not None
    assert "'other'" in held.trouble.reason


def test_tokens_of_long_ago_are_forgotten(service: TokenService) -> None:
    forgotten: list[Secret] = []
    account = service.account()
    held = Held(account, AccessNow.of(account), renewable=True, forget=forgotten.extend)
    for number in range(1, 5):
        credential = {ACCESS_TOKEN: Secret(f"{number}")}
        row = replace(account, credential=credential)
        held.use(row, AccessNow.of(row))
    assert set(forgotten) == {*account.credential.values(), Secret("1")}
