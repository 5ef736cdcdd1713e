"""What operators can do with accounts, what they are refused, and what the audit log says of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from desk import ANNA, KEY, LATER, Desk, account_input, set_up, written
from isthmus.config import ProviderSettings
from isthmus.control.account_adding import Fate
from isthmus.control.account_file import AccountFile
from isthmus.control.account_input import AccountPatch
from isthmus.control.account_listing import AccountQuery
from isthmus.control.accounts import Action
from isthmus.control.clock import now_ms
from isthmus.control.failures import Conflict, Invalid, NotFound, OperationFailed, Outdated
from isthmus.control.providers import ProviderInput
from isthmus.core.secret import Secret
from isthmus.routing.account import AccountId
from isthmus.routing.exhausted import State
from isthmus.routing.slot import Standing
from isthmus.storage.accounts import Account
from isthmus.storage.cooldowns import CooldownRow
from isthmus.storage.database import Database
from isthmus.storage.providers import StoredProvider
from isthmus.storage.vault import Vault


@pytest.fixture
async def desk(sqlite: Database, vault: Vault) -> Desk:
    return set_up(sqlite, vault)


async def create(desk: Desk, key: str = KEY, **fields: object) -> str:
    return (await desk.accounts.create(ANNA, account_input(key, **fields))).account.id


async def rest(desk: Desk, id: str, until_ms: int | None = None) -> None:
    row = CooldownRow(id, None, until_ms or now_ms() + 60_000, "quota", "out of credit")
    await desk.accounts.cooldowns.save([row])


def patch(**changes: object) -> AccountPatch:
    return AccountPatch.model_validate(changes)


async def test_accounts_of_the_configuration_are_among_the_others(desk: Desk) -> None:
    id = await create(desk)
    page = await desk.accounts.page(AccountQuery(), None, 10)
    assert [each.account.id for each in page.items] == ["config:openai", "config:play", id]
    assert [each.read_only for each in page.items] == [True, True, False]
    assert [each.hint for each in page.items] == ["…9876", None, "…1234"]
    assert page.items[0].proxy == "http://proxy:3128"
    assert (await desk.accounts.get("config:play")).account.provider == "play"


async def test_a_provider_of_the_file_without_a_key_is_no_account_beside_stored_ones(desk: Desk) -> None:
    local = {"local": ProviderSettings(base_url="http://127.0.0.1:9/v1")}
    accounts = replace(desk.accounts, configured=lambda: local)
    assert await accounts.ids_of(None) == ["config:local"]
    stored = await accounts.create(ANNA, account_input(provider="local"))
    assert await accounts.ids_of(None) == [stored.account.id]
    assert [each.account.id for each in await accounts.try_provider(None)] == [stored.account.id]


async def test_a_created_account_is_noted_without_its_key(desk: Desk) -> None:
    id = await create(desk, label="team")
    assert desk.notes == [("account.create", id, "openai: team")]
    assert KEY not in str(desk.notes)


async def test_a_credential_is_here_once(desk: Desk) -> None:
    id = await create(desk)
    with pytest.raises(Conflict, match=id) as refused:
        await create(desk)
    assert [each.field for each in refused.value.fields] == ["credential"]


async def test_a_provider_must_be_there(desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        await create(desk, provider="nobody")
    assert [each.field for each in refused.value.fields] == ["provider"]


async def test_which_kinds_a_provider_takes(desk: Desk) -> None:
    assert await desk.accounts.kinds("openai") == ("api_key",)
    assert await desk.accounts.kinds("nobody") == ()


async def test_the_state_is_the_rows_word_until_a_gateway_has_one(desk: Desk) -> None:
    id = await create(desk)
    assert (await desk.accounts.get(id)).live.state is State.HEALTHY
    await rest(desk, id)
    assert (await desk.accounts.get(id)).live.state is State.COOLING
    assert (await desk.accounts.count_states())["openai"] == {"healthy": 1, "cooling": 1}
    desk.standings[AccountId(id)] = Standing(AccountId(id), State.BUSY, 4, (), None)
    view = await desk.accounts.get(id)
    assert (view.live.state, view.live.in_flight, view.live.coolings) == (State.BUSY, 4, ())
    found = await desk.accounts.page(AccountQuery(state=State.BUSY), None, 10)
    assert [each.account.id for each in found.items] == [id]


async def test_the_accounts_of_a_provider_that_is_off_are_off(desk: Desk) -> None:
    stores = desk.accounts.providers
    await stores.add(StoredProvider("vendor", "openai-compatible", {"vendor": "openai"}, 1, 1))
    id = await create(desk, provider="vendor")
    assert (await desk.accounts.get(id)).live.state is State.HEALTHY
    await stores.change("vendor", lambda old: replace(old, enabled=False))
    view = await desk.accounts.get(id)
    assert (view.live.state, view.account.enabled) == (State.DISABLED, True)
    assert (await desk.accounts.count_states())["vendor"] == {State.DISABLED: 1}


async def test_a_rest_that_is_over_counts_no_more(desk: Desk) -> None:
    id = await create(desk)
    await rest(desk, id, until_ms=now_ms() - 1)
    assert (await desk.accounts.get(id)).live.state is State.HEALTHY


async def test_an_edit_changes_what_was_written_alone(desk: Desk) -> None:
    id = await create(desk, weight=2, proxy="http://user:pass@proxy:1")
    view = await desk.accounts.edit(ANNA, id, patch(label="new", max_concurrency=3))
    account = view.account
    assert (account.label, account.weight, account.max_concurrency) == ("new", 2, 3)
    assert account.proxy == Secret("http://user:pass@proxy:1")
    assert desk.notes[-1] == ("account.edit", id, "label, max_concurrency")
    await desk.accounts.edit(ANNA, id, patch(proxy=None, max_concurrency=None))
    account = (await desk.accounts.get(id)).account
    assert (account.proxy, account.max_concurrency) == (None, None)


async def test_claude_code_has_no_socks_proxy(desk: Desk) -> None:
    await desk.accounts.providers.add(StoredProvider("code", "claude-code", {}, 1, 1))
    key, socks = "sk-ant-api03-made-up-made-up", "socks5://user:pass@proxy:1"
    with pytest.raises(Invalid) as refused:
        await create(desk, key, provider="code", proxy=socks)
    assert [each.field for each in refused.value.fields] == ["proxy"]
    id = await create(desk, key, provider="code", proxy="http://proxy:1")
    with pytest.raises(Invalid) as refused:
        await desk.accounts.edit(ANNA, id, patch(proxy=socks))
    assert [each.field for each in refused.value.fields] == ["proxy"]
    assert (await desk.accounts.get(id)).account.proxy == Secret("http://proxy:1")
    [told] = await desk.accounts.feed(ANNA, [written(key, provider="code", proxy=socks)])
    assert told.fate is Fate.INVALID


async def test_a_proxy_that_a_provider_of_another_type_cannot_use_is_shown(desk: Desk) -> None:
    socks = {"proxy": "socks5://user:pass@proxy:1"}
    id = await create(desk, provider="openai", **socks)
    code = {"openai": ProviderSettings(type="claude-code")}
    moved = replace(desk.accounts, configured=lambda: code)
    [shown] = [each for each in (await moved.page(AccountQuery(), None, 10)).items if each.account.id == id]
    assert shown == await moved.get(id)
    assert (shown.live.state, shown.account.enabled) == (State.DISABLED, True)
    assert "proxy: Claude Code speaks with no SOCKS proxy" in str(shown.account.off_reason)
    assert (await desk.accounts.get(id)).account.off_reason is None, "nothing of it is stored"
    await desk.accounts.bulk(ANNA, Action.DISABLE, [id])
    assert (await moved.get(id)).account.off_reason is None, "the operator's own wish counts for more"


async def test_new_details_do_not_forget_when_the_access_ends(desk: Desk) -> None:
    ends = "2026-11-21T12:00:00Z"
    id = await create(desk, details={"expires_at": ends, "plan": "pro"})
    view = await desk.accounts.edit(ANNA, id, patch(details={"region": "eu"}))
    assert view.account.details == {"region": "eu", "expires_at": ends}
    # With another credential, its end is another.
    view = await desk.accounts.edit(ANNA, id, patch(details={}, credential={"api_key": "sk-2"}))
    assert view.account.details == {}


async def test_a_credential_is_replaced_and_never_noted(desk: Desk) -> None:
    first, second = await create(desk, "sk-1"), await create(desk, "sk-2")
    await desk.accounts.edit(ANNA, first, patch(credential={"api_key": "sk-canary"}))
    stored = await desk.accounts.accounts.find(first)
    assert stored is not None
    assert stored.credential == {"api_key": Secret("sk-canary")}
    assert "canary" not in str(desk.notes)
    with pytest.raises(Conflict):
        await desk.accounts.edit(ANNA, first, patch(credential={"api_key": "sk-2"}))
    with pytest.raises(Invalid):
        await desk.accounts.edit(ANNA, second, patch(credential={"session_key": "s"}))


async def test_switching_on_forgets_why_it_was_off(desk: Desk) -> None:
    id = await create(desk)
    await desk.accounts.accounts.switch_off(id, "401 invalid key", now_ms())
    assert (await desk.accounts.get(id)).account.off_reason == "401 invalid key"
    await desk.accounts.edit(ANNA, id, patch(label="still off"))
    assert (await desk.accounts.get(id)).account.off_reason == "401 invalid key"
    account = (await desk.accounts.edit(ANNA, id, patch(enabled=True))).account
    assert (account.enabled, account.off_reason) == (True, None)


async def test_what_cannot_be_served_stays_off(desk: Desk) -> None:
    await desk.adder.providers.add(LATER)
    await desk.accounts.feed(
        ANNA, [{"provider": "web", "kind": "session", "credential": {"session_key": "s"}}]
    )
    [account] = await desk.accounts.accounts.load_all()
    with pytest.raises(Conflict, match="of-later"):
        await desk.accounts.edit(ANNA, account.id, patch(enabled=True))
    [done] = await desk.accounts.bulk(ANNA, Action.ENABLE, [account.id])
    assert not done.ok
    assert "of-later" in str(done.message)
    assert await desk.accounts.accounts.load_all() == [account]


REFUSED: list[Callable[[Desk, str], Awaitable[object]]] = [
    lambda desk, account: desk.accounts.edit(ANNA, account, patch(weight=2)),
    lambda desk, account: desk.accounts.remove(ANNA, account),
]


@pytest.mark.parametrize("ask", REFUSED)
@pytest.mark.parametrize(
    ("id", "failure", "text"),
    [
        ("config:openai", Conflict, "change providers.openai in the configuration file"),
        ("config:nobody", NotFound, "config:nobody"),
        ("acc_nobody", NotFound, "acc_nobody"),
    ],
)
async def test_the_configuration_file_has_the_last_word(
    desk: Desk,
    ask: Callable[[Desk, str], Awaitable[object]],
    id: str,
    failure: type[OperationFailed],
    text: str,
) -> None:
    with pytest.raises(failure, match=text):
        await ask(desk, id)
    assert desk.notes == []


async def test_a_removed_account_is_gone(desk: Desk) -> None:
    id = await create(desk)
    await desk.accounts.remove(ANNA, id)
    assert desk.notes[-1] == ("account.delete", id, "")
    with pytest.raises(NotFound):
        await desk.accounts.get(id)


async def test_rests_end_when_an_operator_says_so(desk: Desk) -> None:
    id = await create(desk)
    for each in (id, "config:openai"):
        await rest(desk, each)
        assert (await desk.accounts.clear_cooldown(ANNA, each)).live.state is State.HEALTHY
        assert desk.notes[-1] == ("account.clear_cooldown", each, "")
    with pytest.raises(NotFound):
        await desk.accounts.clear_cooldown(ANNA, "acc_nobody")


async def test_bulk_actions_answer_for_each_and_are_noted_once(desk: Desk) -> None:
    first, second = await create(desk, "sk-1"), await create(desk, "sk-2")
    noted = len(desk.notes)
    ids = [second, "acc_nobody", "config:play", first, first]
    done = await desk.accounts.bulk(ANNA, Action.DISABLE, ids)
    assert [(each.id, each.ok) for each in done] == [
        (second, True),
        ("acc_nobody", False),
        ("config:play", False),
        (first, True),
    ]
    assert desk.notes[noted:] == [("account.disable", "", f"2: {second}, {first}")]
    assert [each.enabled for each in await desk.accounts.accounts.load_all()] == [False, False]
    await desk.accounts.bulk(ANNA, Action.ENABLE, [first])
    await desk.accounts.bulk(ANNA, Action.DELETE, [second, "acc_nobody"])
    [left] = await desk.accounts.accounts.load_all()
    assert (left.id, left.enabled) == (first, True)
    assert await desk.accounts.bulk(ANNA, Action.DELETE, []) == []


async def test_testing_asks_the_upstream_and_changes_nothing(desk: Desk) -> None:
    good, bad = await create(desk, "sk-1"), await create(desk, "sk-2", label="dead")
    noted, before = list(desk.notes), await desk.accounts.accounts.load_all()
    assert (await desk.accounts.test(good)).result.ok
    assert (await desk.accounts.test("config:play")).result.ok
    with pytest.raises(NotFound):
        await desk.accounts.test("acc_nobody")
    done = await desk.accounts.bulk(ANNA, Action.TEST, [bad, good, "acc_nobody"])
    assert [(each.id, each.ok) for each in done] == [(bad, False), (good, True), ("acc_nobody", False)]
    assert done[0].message == "401 invalid key"
    everybody = await desk.accounts.try_provider(None)
    assert {each.account.id for each in everybody} == {good, bad, "config:openai", "config:play"}
    assert {each.account.id for each in await desk.accounts.try_provider("play")} == {"config:play"}
    assert (desk.notes, await desk.accounts.accounts.load_all()) == (noted, before)


async def test_a_feed_adds_what_is_right_and_says_what_is_not(desk: Desk) -> None:
    added = await desk.accounts.feed(ANNA, [written("sk-1"), {}, written("sk-1")])
    assert [each.fate for each in added] == [Fate.ADDED, Fate.INVALID, Fate.HERE]
    assert desk.notes == [("account.feed", "", "1 added, 1 already here, 1 invalid")]


async def test_a_dry_run_is_neither_stored_nor_noted(desk: Desk) -> None:
    some = [written("sk-1"), written(weight=0)]
    dry = await desk.accounts.feed(ANNA, some, dry_run=True)
    assert [each.fate for each in dry] == [Fate.ADDED, Fate.INVALID]
    file = AccountFile.model_validate({"accounts": some})
    assert await desk.accounts.import_file(ANNA, file, overwrite=True, dry_run=True) == dry
    assert (await desk.accounts.accounts.load_all(), desk.notes) == ([], [])


async def test_a_change_of_what_somebody_else_changed_is_refused(desk: Desk) -> None:
    id = await create(desk)
    read = (await desk.accounts.get(id)).account.updated_ms
    edited = await desk.accounts.edit(ANNA, id, patch(weight=2), read_ms=read)
    assert edited.account.updated_ms > read
    with pytest.raises(Outdated, match=id):
        await desk.accounts.edit(ANNA, id, patch(weight=3), read_ms=read)
    assert (await desk.accounts.get(id)).account.weight == 2
    await desk.accounts.edit(ANNA, id, patch(weight=3), read_ms=edited.account.updated_ms)
    await desk.accounts.edit(ANNA, id, patch(weight=4))
    assert (await desk.accounts.get(id)).account.weight == 4


async def test_an_export_is_noted_and_comes_in_elsewhere(desk: Desk, sqlite: Database, vault: Vault) -> None:
    await create(desk, label="team", weight=3, details={"plan": "pro"})
    safe = await desk.accounts.export(ANNA, with_secrets=False)
    assert KEY not in json.dumps(safe)
    assert desk.notes[-1] == ("account.export", "", "1 accounts without credentials")
    text = json.dumps(await desk.accounts.export(ANNA, with_secrets=True))
    assert desk.notes[-1] == ("account.export", "", "1 accounts with their credentials")
    before = await desk.accounts.accounts.load_all()
    await desk.accounts.bulk(ANNA, Action.DELETE, [before[0].id])
    file = AccountFile.model_validate_json(text)
    for fate in (Fate.ADDED, Fate.HERE):
        [added] = await desk.accounts.import_file(ANNA, file, overwrite=False)
        assert added.fate is fate
    [after] = await desk.accounts.accounts.load_all()
    assert _kept(after) == _kept(before[0])


def _kept(account: Account) -> dict[str, object]:
    changing = {"id", "created_ms", "updated_ms"}
    return {name: getattr(account, name) for name in account.__dataclass_fields__ if name not in changing}


async def test_an_account_that_signs_in_keeps_what_its_kind_needs(desk: Desk) -> None:
    await desk.providers.create(ANNA, ProviderInput(name="q", type="amazon-q"))
    id = await create(desk, provider="q", kind="social", credential={"refresh_token": "made-up-refresh"})
    for change, field in (
        ({"credential": {"api_key": "sk-1"}}, "credential.refresh_token"),
        ({"details": {"api_region": "nowhere/else"}}, "details.api_region"),
    ):
        with pytest.raises(Invalid) as refused:
            await desk.accounts.edit(ANNA, id, patch(**change))
        assert field in [each.field for each in refused.value.fields]
    view = await desk.accounts.edit(ANNA, id, patch(details={"api_region": "eu-central-1"}, label="b"))
    assert (view.account.details, view.account.enabled) == ({"api_region": "eu-central-1"}, True)
    # An export without credentials brings details, too.
    exported = await desk.accounts.export(ANNA, with_secrets=False)
    exported["accounts"][0]["details"] = {"chat_url": "http://elsewhere.example"}
    [told] = await desk.accounts.import_file(ANNA, AccountFile.model_validate(exported), overwrite=True)
    assert (told.fate, [each.field for each in told.problems]) == (Fate.INVALID, ["details.chat_url"])
