"""Accounts added in numbers: every one gets its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from desk import LATER, Desk, set_up, written
from isthmus.control.account_adding import Fate, summary
from isthmus.control.account_file import account_file
from isthmus.control.account_input import AccountRecord
from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault

NOW_MS = 1_790_000_000_000


@pytest.fixture
async def desk(sqlite: Database, vault: Vault) -> Desk:
    desk = set_up(sqlite, vault)
    await desk.adder.providers.add(LATER)
    return desk


async def add(desk: Desk, *some: Any, **how: Any) -> list[Any]:
    return await desk.adder.add(some, NOW_MS, **how)


async def test_each_is_added_here_already_or_wrong(desk: Desk) -> None:
    await add(desk, written("sk-old"))
    added = await add(
        desk, written("sk-new"), written("sk-old"), {"provider": "openai"}, written("sk-new"), 5
    )
    fates = [Fate.ADDED, Fate.HERE, Fate.INVALID, Fate.HERE, Fate.INVALID]
    assert [(each.index, each.fate) for each in added] == list(enumerate(fates))
    assert [each.field for each in added[2].problems] == ["credential"]
    assert added[0].id == added[3].id, "the second of one batch is the first"
    assert summary(added) == "1 added, 2 already here, 2 invalid"
    assert len(await desk.adder.accounts.load_all()) == 2


async def test_a_label_is_made_up_that_can_be_recognised(desk: Desk) -> None:
    [plain, named] = await add(desk, written(), written("sk-2", label="  team "))
    assert (plain.label, named.label) == ("openai …1234", "team")


async def test_what_cannot_be_served_yet_is_stored_switched_off(desk: Desk) -> None:
    session = {"provider": "web", "kind": "session", "credential": {"session_key": "s-1"}}
    await add(desk, session)
    [account] = await desk.adder.accounts.load_all()
    assert not account.enabled
    assert "of-later" in str(account.off_reason)
    await add(desk, session | {"enabled": True}, overwrite=True)
    [account] = await desk.adder.accounts.load_all()
    assert not account.enabled


async def test_what_was_off_anyway_waits_for_no_later_version(desk: Desk) -> None:
    session = {"provider": "web", "kind": "session", "enabled": False}
    suspended = session | {"credential": {"session_key": "s-1"}, "off_reason": "suspended", "label": "1"}
    await add(
        desk, suspended, session | {"credential": {"session_key": "s-2"}, "label": "2"}, shape=AccountRecord
    )
    accounts = sorted(await desk.adder.accounts.load_all(), key=lambda each: each.label)
    assert [(each.enabled, each.off_reason) for each in accounts] == [(False, "suspended"), (False, None)]


async def test_a_reason_from_elsewhere_is_one_that_can_be_kept(desk: Desk) -> None:
    await add(desk, written(enabled=False, off_reason="no\0 credit"), shape=AccountRecord)
    [account] = await desk.adder.accounts.load_all()
    assert account.off_reason == "no\ufffd credit"


async def test_overwriting_takes_what_was_written_and_no_more(desk: Desk) -> None:
    await add(desk, written(label="mine", weight=5, requests_per_minute=60))
    [same] = await add(desk, written(label="theirs", weight=2))
    assert same.fate is Fate.HERE
    [account] = await desk.adder.accounts.load_all()
    assert (account.label, account.weight) == ("mine", 5)
    [replaced] = await add(desk, written(label="theirs", enabled=False), overwrite=True)
    assert (replaced.fate, replaced.id) == (Fate.REPLACED, account.id)
    [account] = await desk.adder.accounts.load_all()
    assert (account.label, account.weight, account.requests_per_minute) == ("theirs", 5, 60)
    assert not account.enabled


async def test_a_dry_run_says_the_same_and_changes_nothing(desk: Desk) -> None:
    await add(desk, written("sk-old", label="mine"))
    some = (written("sk-old", label="theirs"), written("sk-new"), written("sk-new"), {})
    for overwrite in (False, True):
        dry = await add(desk, *some, overwrite=overwrite, dry_run=True)
        assert [each.label for each in await desk.adder.accounts.load_all()] == ["mine"]
        kept = [(each.index, each.fate, each.label, each.problems) for each in dry]
        assert kept[0][1] is (Fate.REPLACED if overwrite else Fate.HERE)
    wet = await add(desk, *some, overwrite=True)
    assert [(each.index, each.fate, each.label, each.problems) for each in wet] == kept


async def test_it_is_said_which_account_is_here_and_which_entry_is_the_same(desk: Desk) -> None:
    [old] = await add(desk, written("sk-old", label="mine"))
    some = (written("sk-new"), written("sk-old", label="theirs"), {}, written("sk-new"), written("sk-old"))
    for dry_run in (True, False):
        added = await add(desk, *some, overwrite=True, dry_run=dry_run)
        told = [(each.index, each.here_as, each.same_as) for each in added]
        assert told == [(0, None, None), (1, "mine", None), (2, None, None), (3, None, 0), (4, "mine", None)]
        new = None if dry_run else added[0].id
        assert [each.id for each in added] == [new, old.id, None, new, old.id]
        assert dry_run or new is not None


async def test_providers_that_are_still_to_come_count(desk: Desk) -> None:
    [refused] = await add(desk, written(provider="coming"))
    [awaited] = await add(desk, written(provider="coming"), coming={"coming": "anthropic"}, dry_run=True)
    assert (refused.fate, awaited.fate) == (Fate.INVALID, Fate.ADDED)


async def test_an_account_that_rested_goes_on_resting(desk: Desk) -> None:
    rested = {"cooled_until_ms": NOW_MS + 5, "cooled_reason": "out of credit", "successes": 7}
    over = {"cooled_until_ms": NOW_MS, "cooled_reason": "long ago"}
    await add(desk, written("sk-1", **rested), written("sk-2", **over), shape=AccountRecord)
    [first] = [each for each in await desk.adder.accounts.load_all() if each.successes == 7]
    rests = await desk.adder.cooldowns.current(0)
    assert [(row.account_id, row.until_ms, row.text) for [row] in rests.values()] == [
        (first.id, NOW_MS + 5, "out of credit")
    ]


async def test_an_export_comes_in_again_with_and_without_secrets(desk: Desk) -> None:
    proxy = "http://user:pass@proxy:1"
    await add(desk, written(weight=5, proxy=proxy, requests_per_day=None), written("sk-2", enabled=False))
    accounts = await desk.adder.accounts.load_all()
    [limited] = [each for each in accounts if each.weight == 5]
    for with_secrets in (True, False):
        entries = account_file(accounts, with_secrets=with_secrets)["accounts"]
        assert [each.fate for each in await add(desk, *entries, shape=AccountRecord)] == [Fate.HERE] * 2
        await desk.adder.accounts.change(accounts[0].id, lambda it: replace(it, weight=1, requests_per_day=9))
        again = await add(desk, *entries, shape=AccountRecord, overwrite=True)
        assert [each.fate for each in again] == [Fate.REPLACED] * 2
        restored = await desk.adder.accounts.find(limited.id)
        assert restored is not None
        assert (restored.weight, restored.requests_per_day, restored.proxy) == (5, None, Secret(proxy))


async def test_without_a_credential_only_what_is_here_is_meant(desk: Desk) -> None:
    await add(desk, written())
    [account] = await desk.adder.accounts.load_all()
    for changes in ({"id": "acc_nobody"}, {"provider": "play"}, {"id": None}, {"id": "config:openai"}):
        entry = {"provider": "openai", "id": account.id, "label": "x"} | changes
        [refused] = await add(desk, entry, shape=AccountRecord, overwrite=True)
        assert refused.fate is Fate.INVALID
        assert "export it with secrets" in refused.problems[0].message
    assert await desk.adder.accounts.load_all() == [account]
