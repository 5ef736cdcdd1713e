"""Every request gets a token that is good, and the database is asked for it as rarely as can be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from behind import running
from isthmus.config import ProviderSettings
from isthmus.control import keeper as keeping
from isthmus.control.account_views import configured_account
from isthmus.control.keeper import AccessKeeper
from isthmus.core.commands import Keep
from isthmus.core.errors import Kind, Scope, UpstreamError
from isthmus.core.logins import ACCESS_TOKEN
from isthmus.core.secret import Secret
from isthmus.core.survey import Quota, Survey
from isthmus.storage.accounts import API_KEY, SESSION_KEY, Account, AccountStore
from isthmus.storage.database import Database
from isthmus.storage.errors import StorageError
from isthmus.storage.leases import LeaseStore
from isthmus.storage.vault import Vault
from token_service import Clock, TokenService


class Desk:
    """A keeper of some accounts, and what it keeps them with."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.service = TokenService(Clock())
        self.clock = self.service.clock
        self.accounts = AccountStore(database, vault)
        self.declared: dict[str, Account] = {}
        """What the configuration file says."""
        reach = self.service.reach(configured=self.declared.get)
        self.keeper = AccessKeeper(self.accounts, LeaseStore(database), reach, self.service.clock)

    async def stock(self, *accounts: Account) -> None:
        await self.accounts.add_all(accounts)
        await self.look()

    async def look(self) -> None:
        """As a gateway does when accounts have changed."""
        self.keeper.seed(await self.accounts.load_all())

    async def declare(self, key: str) -> None:
        account = configured_account("web", ProviderSettings(type="claude-web", api_key=Secret(key)))
        self.declared[account.id] = account
        await self.look()

    async def token(self, id: str = "acc_1", refused: str | None = None) -> str:
        grant = await self.keeper.grant(id, None if refused is None else Secret(refused))
        return grant.token.reveal()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        try:
            async with running(self.keeper.run()):
                yield
        finally:
            await self.keeper.close()


@pytest.fixture
def desk(sqlite: Database, vault: Vault) -> Desk:
    return Desk(sqlite, vault)


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_good_token_costs_no_look_at_the_database(desk: Desk, sqlite: Database) -> None:
    await desk.stock(desk.service.account())
    statements: list[Any] = []
    for engine in (sqlite._engines.reading, sqlite._engines.writing):
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *said: statements.append(said))
    desk.keeper.survey_of = lambda account: Survey(plan=f"of {account}")
    grant = await desk.keeper.grant("acc_1", None)
    assert statements == []
    assert (grant.kind, grant.token, grant.survey) == (
        "builder_id",
        Secret("access acc_1 0"),
        Survey(plan="of acc_1"),
    )
    assert grant.details["region"] == "us-east-1"


@pytest.mark.parametrize("expires_in_s", [60, 5, -5])
async def test_one_that_is_about_to_end_is_renewed_first(desk: Desk, expires_in_s: float) -> None:
    await desk.stock(desk.service.account(expires_in_s=expires_in_s))
    assert await desk.token() == "access acc_1 1"
    assert await desk.token() == "access acc_1 1"
    assert len(desk.service.asked) == 1


async def test_one_that_was_refused_is_renewed_whatever_it_says(desk: Desk) -> None:
    await desk.stock(desk.service.account(expires_in_s=None))
    assert await desk.token() == "access acc_1 0", "nobody knows when it ends"
    assert await desk.token(refused="access acc_1 0") == "access acc_1 1"
    assert await desk.token(refused="access acc_1 0") == "access acc_1 1", "there is another already"
    assert len(desk.service.asked) == 1


async def test_an_account_without_a_token_gets_one(desk: Desk) -> None:
    account = desk.service.account(expires_in_s=None)
    refresh = {name: each for name, each in account.credential.items() if name != ACCESS_TOKEN}
    await desk.stock(replace(account, credential=refresh))
    assert await desk.token() == "access acc_1 1"


async def test_all_who_wait_share_one_renewal_and_may_leave_it(desk: Desk) -> None:
    await desk.stock(desk.service.account(expires_in_s=5))
    desk.service.gate.clear()
    waiting = [asyncio.create_task(desk.token()) for _ in range(5)]
    await until(lambda: desk.service.asked)
    waiting[0].cancel()
    waiting[3].cancel()
    await asyncio.sleep(0)
    desk.service.gate.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [each for each in told if isinstance(each, str)] == ["access acc_1 1"] * 3
    assert len(desk.service.asked) == 1


async def test_who_started_a_renewal_and_left_has_not_stopped_it(desk: Desk) -> None:
    await desk.stock(desk.service.account(expires_in_s=5))
    desk.service.gate.clear()
    alone = asyncio.create_task(desk.token())
    await until(lambda: desk.service.asked)
    alone.cancel()
    await asyncio.sleep(0)
    desk.service.gate.set()
    await desk.keeper.close()
    found = await desk.accounts.find("acc_1")
    assert found is not None
    assert found.credential[ACCESS_TOKEN] == Secret("access acc_1 1")


async def test_who_was_refused_the_very_token_that_comes_gets_the_next(desk: Desk) -> None:
    """It asks while the renewal is under way in which that token comes."""
    await desk.stock(desk.service.account(expires_in_s=5))
    desk.service.gate.clear()
    first = asyncio.create_task(desk.token())
    await until(lambda: desk.service.asked)
    second = asyncio.create_task(desk.token(refused="access acc_1 1"))
    await asyncio.sleep(0)
    desk.service.gate.set()
    assert await asyncio.gather(first, second) == ["access acc_1 1", "access acc_1 2"]


async def test_what_is_valid_for_a_moment_is_used_while_the_service_is_sick(desk: Desk) -> None:
    await desk.stock(desk.service.account(expires_in_s=30))
    desk.service.ahead += [503, 503]
    assert await desk.token() == "access acc_1 0"
    assert await desk.token() == "access acc_1 0", "and the service is left alone"
    assert len(desk.service.asked) == 1
    desk.clock.now_s += 40
    with pytest.raises(UpstreamError) as told:
        await desk.token()
    assert (told.value.kind, told.value.scope) == (Kind.OVERLOADED, Scope.MODEL)
    assert told.value.retry_after_s
    desk.clock.now_s += told.value.retry_after_s
    assert await desk.token() == "access acc_1 3"


async def test_a_refused_token_is_not_used_again_while_the_service_is_sick(desk: Desk) -> None:
    await desk.stock(desk.service.account())
    desk.service.ahead.append(503)
    with pytest.raises(UpstreamError, match="at present"):
        await desk.token(refused="access acc_1 0")
    assert await desk.token() == "access acc_1 0", "others have not been refused"


async def test_a_lost_account_is_told_without_asking_again_until_somebody_signs_in(desk: Desk) -> None:
    await desk.stock(desk.service.account(expires_in_s=30))
    desk.service.revoke()
    for _ in range(3):
        with pytest.raises(UpstreamError) as told:
            await desk.token()
        assert (told.value.status, told.value.scope) == (401, Scope.CREDENTIAL)
        assert told.value.detail.startswith("needs sign-in: ")
    assert len(desk.service.asked) == 1
    anew = desk.service.grant_anew()
    await desk.accounts.change("acc_1", lambda it: replace(it, credential=anew, updated_ms=2))
    await desk.look()
    assert await desk.token() == "access acc_1 2"


@pytest.mark.parametrize("provider", ["amazon", "other"])
async def test_a_key_is_what_it_is(desk: Desk, provider: str) -> None:
    await desk.stock(
        Account("acc_1", provider, API_KEY, "key", {API_KEY: Secret("ksk_1")}, 1, 1),
        Account("acc_2", provider, API_KEY, "none", {API_KEY: Secret("")}, 1, 1),
    )
    assert await desk.token() == "ksk_1"
    for id, refused in (("acc_1", "ksk_1"), ("acc_2", None)):
        with pytest.raises(UpstreamError) as told:
            await desk.token(id, refused)
        assert told.value.scope is Scope.CREDENTIAL
    assert desk.service.asked == []


def session(**fields: Any) -> Account:
    return Account("acc_1", "web", SESSION_KEY, "mine", {SESSION_KEY: Secret("key-0")}, 1, 1, **fields)


async def test_what_an_upstream_exchanged_is_stored_and_used_from_then_on(desk: Desk) -> None:
    await desk.stock(session())
    assert await desk.token() == "key-0"
    desk.keeper.keep("acc_1", Keep({SESSION_KEY: Secret("key-1")}, used=Secret("key-0")))
    assert await desk.token(refused="key-0") == "key-1", "whoever meets the change waits for it"
    assert await desk.token() == "key-1"
    stored = await desk.accounts.find("acc_1")
    assert stored is not None
    assert stored.credential == {SESSION_KEY: Secret("key-1")}
    desk.keeper.keep("acc_1", Keep({SESSION_KEY: Secret("key-late")}, used=Secret("key-0")))
    await desk.keeper.close()
    assert await desk.token() == "key-1", "an answer to the former one comes too late"


async def test_an_account_of_the_configuration_goes_on_with_what_was_exchanged(desk: Desk) -> None:
    """And its operator is told, as nobody else can write the file."""
    await desk.declare("key-0")
    assert await desk.token("config:web") == "key-0"
    with capture_logs() as logged:
        desk.keeper.keep("config:web", Keep({SESSION_KEY: Secret("key-1")}, used=Secret("key-0")))
        assert await desk.token("config:web", refused="key-0") == "key-1"
    assert [(each["log_level"], each["account"]) for each in logged] == [("warning", "config:web")]
    assert "key-" not in str(logged)
    await desk.look()
    assert await desk.token("config:web") == "key-1", "a reload of something else"
    desk.keeper.keep("config:web", Keep({SESSION_KEY: Secret("key-late")}, used=Secret("key-0")))
    await desk.keeper.close()
    assert await desk.token("config:web") == "key-1"
    await desk.declare("key-2")
    assert await desk.token("config:web") == "key-2", "the operator's own word"
    del desk.declared["config:web"]
    await desk.look()
    with pytest.raises(UpstreamError):
        await desk.token("config:web")


async def test_what_comes_again_and_again_is_written_once(desk: Desk, sqlite: Database) -> None:
    await desk.stock(session())
    statements: list[Any] = []
    event.listen(
        sqlite._engines.writing.sync_engine, "before_cursor_execute", lambda *said: statements.append(said)
    )
    desk.keeper.keep("acc_1", Keep({SESSION_KEY: Secret("key-0")}, used=Secret("key-0")))
    desk.keeper.keep("acc_9", Keep({SESSION_KEY: Secret("key-1")}, used=Secret("key-0")))
    await desk.keeper.close()
    assert statements == []


async def test_what_another_gateway_exchanged_is_found_when_the_former_is_refused(desk: Desk) -> None:
    await desk.stock(session())
    await desk.accounts.keep("acc_1", Secret("key-0"), {SESSION_KEY: Secret("key-1")})
    assert await desk.token() == "key-0"
    assert await desk.token(refused="key-0") == "key-1"
    with pytest.raises(UpstreamError):
        await desk.token(refused="key-1")


async def test_an_exchanged_credential_waits_for_the_database(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.stock(session())
    save, failures = desk.accounts.keep, iter([StorageError("away")])

    async def keep(*what: Any) -> Account | None:
        for failure in failures:
            raise failure
        return await save(*what)

    monkeypatch.setattr(desk.accounts, "keep", keep)
    desk.keeper.keep("acc_1", Keep({SESSION_KEY: Secret("key-1")}, used=Secret("key-0")))
    await desk.keeper.close()
    assert await desk.token() == "key-1"


async def test_allowances_that_came_with_an_answer_are_handed_on(desk: Desk) -> None:
    heard: list[Any] = []
    desk.keeper.heard = lambda account, quotas: heard.append((account, quotas))
    desk.keeper.keep("acc_1", Keep(quotas=(Quota("5h", 31, 100, "%"),)))
    desk.keeper.keep("acc_1", Keep())
    assert heard == [("acc_1", (Quota("5h", 31, 100, "%"),))]


async def test_an_account_that_was_just_added_is_found(desk: Desk) -> None:
    await desk.accounts.add_all([desk.service.account(expires_in_s=5)])
    assert await desk.token() == "access acc_1 1"
    with pytest.raises(UpstreamError, match="cannot be renewed"):
        await desk.token("acc_9")


async def test_a_service_that_gives_the_refused_token_again_is_not_asked_for_ever(desk: Desk) -> None:
    await desk.stock(desk.service.account())
    desk.service.life_s = 0
    with pytest.raises(UpstreamError) as told:
        await desk.token(refused="access acc_1 0")
    assert told.value.scope is Scope.CREDENTIAL
    assert len(desk.service.asked) == 2


async def test_a_row_that_was_read_before_a_renewal_does_not_bring_the_old_token_back(desk: Desk) -> None:
    await desk.stock(desk.service.account(expires_in_s=90))
    before = await desk.accounts.load_all()
    assert await desk.token(refused="access acc_1 0") == "access acc_1 1"
    desk.keeper.seed(before)
    assert await desk.token() == "access acc_1 1"


async def test_an_account_that_is_gone_is_forgotten(desk: Desk) -> None:
    await desk.stock(desk.service.account())
    await desk.accounts.remove(["acc_1"])
    await desk.look()
    with pytest.raises(UpstreamError):
        await desk.token()


async def test_the_background_is_there_before_anybody_waits(desk: Desk) -> None:
    names = [f"acc_{number}" for number in range(12)]
    await desk.stock(
        *(desk.service.account(name, expires_in_s=290) for name in names),
        desk.service.account("acc_fresh"),
        desk.service.account("acc_off", expires_in_s=290, enabled=False),
        desk.service.account("acc_unknown", expires_in_s=None),
        Account("acc_key", "amazon", API_KEY, "key", {API_KEY: Secret("ksk_1")}, 1, 1),
    )
    async with desk.running():
        await until(lambda: len(desk.service.asked) >= 12)
    assert sorted(desk.service.asked) == sorted(f"refresh {name} 0" for name in names)
    assert (await desk.token("acc_3")).startswith("access acc_3 ")
    assert len(desk.service.asked) == 12


async def test_the_background_sees_what_is_added_later(desk: Desk) -> None:
    async with desk.running():
        await asyncio.sleep(0.01)
        await desk.stock(desk.service.account(expires_in_s=100))
        await until(lambda: desk.service.asked)
    assert await desk.token() == "access acc_1 1"


async def test_the_background_switches_off_what_is_lost(desk: Desk) -> None:
    await desk.stock(desk.service.account(expires_in_s=100))
    desk.service.revoke()
    async with desk.running():
        await until(lambda: desk.service.asked)
        async with asyncio.timeout(20):
            while (found := await desk.accounts.find("acc_1")) is not None and found.enabled:
                await asyncio.sleep(0.01)
    assert found is not None
    assert (found.off_reason or "").startswith("needs sign-in: ")
    assert len(desk.service.asked) == 1


async def test_where_a_setting_is_wrong_what_is_held_is_used_to_its_end(desk: Desk) -> None:
    await desk.stock(desk.service.account(expires_in_s=100))
    desk.service.ahead.append(403)
    async with desk.running():
        await until(lambda: desk.service.asked)
        assert await desk.token() == "access acc_1 0"
    found = await desk.accounts.find("acc_1")
    assert found is not None
    assert found.enabled


async def test_a_request_does_not_wait_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PATIENCE_S", 0.05)
    monkeypatch.setattr(keeping, "CLOSE_WITHIN_S", 0.05)
    await desk.stock(desk.service.account(expires_in_s=-5))
    desk.service.gate.clear()
    with pytest.raises(UpstreamError, match="at present"):
        await desk.token()
    await desk.keeper.close()


class Gone(AccountStore):
    async def find(self, id: str) -> Account | None:
        raise StorageError("the database is away")


async def test_without_a_database_good_tokens_are_given_out_and_others_asked_elsewhere(
    desk: Desk, sqlite: Database, vault: Vault
) -> None:
    keeper = AccessKeeper(Gone(sqlite, vault), LeaseStore(sqlite), desk.service.reach(), desk.clock)
    keeper.seed([desk.service.account("acc_good", expires_in_s=30), desk.service.account(expires_in_s=-1)])
    assert (await keeper.grant("acc_good", None)).token == Secret("access acc_good 0")
    for id in ("acc_1", "acc_new"):
        with pytest.raises(UpstreamError) as told:
            await keeper.grant(id, None)
        assert (told.value.kind, told.value.scope) == (Kind.OVERLOADED, Scope.MODEL)
        assert "database" in told.value.detail
    assert desk.service.asked == []
