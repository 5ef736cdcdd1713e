"""Accounts come back as they went, on every engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.logins import ACCESS_TOKEN, EXPIRES_AT, REFRESH_TOKEN, Access
from isthmus.core.secret import Secret
from isthmus.storage.accounts import (
    SESSION_KEY,
    TOPIC,
    Account,
    AccountStore,
    AlreadyThere,
    Counts,
    fingerprint,
)
from isthmus.storage.cooldowns import CooldownRow, CooldownStore
from isthmus.storage.database import Database, open_database
from isthmus.storage.vault import Vault

MEMBERS = st.dictionaries(
    st.sampled_from(["api_key", "refresh_token", "session_key", "access_token", "region"]),
    st.text(min_size=1, max_size=20).map(Secret),
    min_size=1,
)


def account(number: int, **changes: Any) -> Account:
    fields: dict[str, Any] = {
        "id": f"acc_{number}",
        "provider": "openai",
        "kind": "api_key",
        "label": f"number {number}",
        "credential": {"api_key": Secret(f"sk-number-{number}")},
        "created_ms": 1_790_000_000_000 + number,
        "updated_ms": 1_790_000_000_000 + number,
    }
    return Account(**fields | changes)


EVERYTHING = account(
    1,
    kind="builder_id",
    label="Zoë's team ☂",
    credential={"refresh_token": Secret("r-1"), "client_secret": Secret("c-1")},
    enabled=False,
    off_reason="the upstream will not take it",
    priority=-3,
    weight=7,
    max_concurrency=2,
    requests_per_minute=60,
    tokens_per_minute=2**40,
    requests_per_day=1000,
    tokens_per_day=2**53,
    proxy=Secret("socks5://user:pass@proxy:1080"),
    details={"email": "zoe@example.com", "plans": ["a", None, 1.5]},
    successes=5,
    last_used_ms=1_790_000_000_001,
    last_error="429 slow down",
    last_error_ms=1_790_000_000_002,
)


@pytest.fixture
def store(database: Database, vault: Vault) -> AccountStore:
    return AccountStore(database, vault)


async def revision(database: Database) -> int:
    return (await database.revisions()).get(TOPIC, 0)


async def test_an_account_comes_back_as_it_went(store: AccountStore) -> None:
    plain = account(2)
    assert await store.add_all([EVERYTHING, plain]) == {}
    assert await store.load_all() == [EVERYTHING, plain]
    assert await store.find("acc_2") == plain
    assert await store.find("acc_3") is None
    assert await store.find_all(["acc_2", "acc_9", "acc_1", "acc_2"]) == [plain, EVERYTHING]
    assert await store.labels({"acc_1", "acc_9"}) == {"acc_1": EVERYTHING.label}
    [first, _] = sorted(await store.outlines(), key=lambda outline: outline.id)
    assert (first.label, first.enabled, first.last_used_ms) == ("Zoë's team ☂", False, 1_790_000_000_001)


async def test_hundreds_are_added_at_once_and_each_credential_once(
    store: AccountStore, database: Database
) -> None:
    many = [account(number) for number in range(1200)]
    again = replace(many[3], id="acc_again", label="the same key")
    elsewhere = replace(many[3], id="acc_elsewhere", provider="other")
    assert await store.add_all([*many, again, elsewhere]) == {"acc_again": "acc_3"}
    assert await revision(database) == 1
    assert await store.add_all([replace(each, id=f"new_{each.id}") for each in many]) == {
        f"new_{each.id}": each.id for each in many
    }
    assert await revision(database) == 1, "nothing was added, so there is nothing to notice"
    assert len(await store.outlines()) == 1201
    taken = await store.ids_by_fingerprint({many[3].fingerprint, "nobody's"})
    assert taken == {
        ("openai", many[3].fingerprint): "acc_3",
        ("other", many[3].fingerprint): "acc_elsewhere",
    }
    assert await store.remove([each.id for each in many]) == 1200


async def test_two_gateways_that_add_the_same_agree(database_url: str, vault: Vault) -> None:
    first, second = await open_database(database_url), await open_database(database_url)
    try:
        stores = [AccountStore(each, vault) for each in (first, second)]
        batches = [
            [account(number, id=f"acc_{name}_{number}") for number in range(20)] for name in ("a", "b")
        ]
        here = await asyncio.gather(
            *(store.add_all(batch) for store, batch in zip(stores, batches, strict=True))
        )
        stored = {each.id for each in await stores[0].load_all()}
        assert len(stored) == 20
        assert here[0].keys() | here[1].keys() == {each.id for some in batches for each in some} - stored
        assert {*here[0].values(), *here[1].values()} <= stored
    finally:
        await first.close()
        await second.close()


async def test_a_change_leaves_counters_alone(store: AccountStore, database: Database) -> None:
    await store.add_all([account(1), account(2)])
    seen = await store.find("acc_1")
    assert seen is not None
    await store.add_counts([Counts("acc_1", successes=1)])
    edited = replace(seen, weight=4, credential={"api_key": Secret("sk-new")}, fingerprint="", updated_ms=5)
    assert await store.change("acc_1", lambda _: edited) == edited
    assert await store.find("acc_1") == replace(edited, successes=1)
    assert await store.change("acc_9", lambda _: edited) is None
    assert await revision(database) == 2


async def test_a_credential_of_another_account_is_not_taken_over(
    store: AccountStore, database: Database
) -> None:
    await store.add_all([account(1), account(2)])
    with pytest.raises(AlreadyThere):
        await store.change("acc_2", lambda it: replace(it, credential=account(1).credential, label="x"))
    assert await store.find("acc_2") == account(2)
    assert await revision(database) == 1


async def test_a_refused_edit_changes_nothing(store: AccountStore) -> None:
    await store.add_all([account(1)])

    def refuse(_: Account) -> Account:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.change("acc_1", refuse)
    assert await store.load_all() == [account(1)]


async def test_accounts_are_switched_off_with_a_reason_and_on_without(
    store: AccountStore, database: Database
) -> None:
    await store.add_all([account(1), account(2)])
    await store.switch_off("acc_1", "401 invalid\0 key", 7)
    off = await store.find("acc_1")
    assert off == replace(account(1), enabled=False, off_reason="401 invalid\ufffd key", updated_ms=7)
    assert await store.switch(["acc_1", "acc_2", "acc_9"], on=True, reason=None, now_ms=8) == 2
    assert await store.load_all() == [replace(account(number), updated_ms=8) for number in (1, 2)]
    assert await store.switch(["acc_1"], on=True, reason=None, now_ms=8) == 1, "though nothing differs"
    assert await revision(database) == 4


async def test_counts_add_up_and_trouble_nobody(store: AccountStore, database: Database) -> None:
    await store.add_all([account(1), account(2)])
    await store.add_counts(
        [
            Counts("acc_1", 1, 0, 2**33, 5, 100),
            Counts("acc_1", 2, 1, 1, 1, 200, "503 " + "x" * 5000, 150),
            Counts("acc_2", 1),
            Counts("acc_gone", 1),
        ]
    )
    await store.add_counts([])
    first, second = await store.load_all()
    assert (first.successes, first.failures, first.input_tokens, first.output_tokens) == (3, 1, 2**33 + 1, 6)
    assert (first.last_used_ms, first.last_error_ms, second.last_used_ms) == (200, 150, None)
    assert first.last_error is not None
    assert (first.last_error[:5], len(first.last_error)) == ("503 x", 2000)
    assert await revision(database) == 1


async def test_a_removed_account_takes_its_rests_with_it(store: AccountStore, database: Database) -> None:
    await store.add_all([account(1), account(2)])
    cooldowns = CooldownStore(database)
    await cooldowns.save([CooldownRow(f"acc_{number}", None, 10, "sick", "503") for number in (1, 2)])
    assert await store.remove(["acc_1", "acc_9"]) == 1
    assert [row.account_id for row in await cooldowns.load(0)] == ["acc_2"]


SIGNED_IN = account(
    7,
    kind="builder_id",
    credential={
        REFRESH_TOKEN: Secret("r-0"),
        ACCESS_TOKEN: Secret("a-0"),
        "client_secret": Secret("c"),
    },
    details={"auth_region": "us-east-1", EXPIRES_AT: "2026-11-21T08:00:00Z"},
)


def access(number: int, **details: Any) -> Access:
    """With a new refresh token."""
    credential = {ACCESS_TOKEN: Secret(f"a-{number}"), REFRESH_TOKEN: Secret(f"r-{number}")}
    return Access(credential, {EXPIRES_AT: f"2026-11-21T{8 + number:02}:00:00Z", **details})


async def test_a_renewal_keeps_what_it_does_not_name(store: AccountStore, database: Database) -> None:
    await store.add_all([SIGNED_IN])
    seen = await revision(database)
    renewed = await store.renew("acc_7", Secret("r-0"), access(1))
    assert renewed is not None
    assert renewed.credential == {**SIGNED_IN.credential, **access(1).credential}
    assert renewed.details == {**SIGNED_IN.details, **access(1).details}
    assert await store.find("acc_7") == renewed
    assert replace(renewed, credential=SIGNED_IN.credential, details=SIGNED_IN.details) == SIGNED_IN
    assert await revision(database) == seen, "nobody need read it at once"
    await store.renew("acc_7", Secret("r-1"), Access({ACCESS_TOKEN: Secret("a-2")}, {"profile_arn": "arn"}))
    after = await store.find("acc_7")
    assert after is not None
    assert (after.credential[REFRESH_TOKEN], after.details["profile_arn"]) == (Secret("r-1"), "arn")
    assert await revision(database) == seen + 1, "requests go elsewhere from now on"


async def test_a_renewal_gives_way_to_another_refresh_token(store: AccountStore) -> None:
    await store.add_all([SIGNED_IN])
    first = await store.renew("acc_7", Secret("r-0"), access(1))
    assert await store.renew("acc_7", Secret("r-0"), access(2)) == first
    assert await store.find("acc_7") == first
    assert await store.renew("acc_9", Secret("r-0"), access(2)) is None


async def test_what_an_upstream_exchanged_is_kept_once(store: AccountStore, database: Database) -> None:
    await store.add_all([account(7, kind=SESSION_KEY, credential={SESSION_KEY: Secret("k-0")})])
    seen, before = await revision(database), await store.find("acc_7")
    assert before is not None
    kept = await store.keep("acc_7", Secret("k-0"), {SESSION_KEY: Secret("k-1")})
    assert kept == replace(before, credential={SESSION_KEY: Secret("k-1")})
    assert await revision(database) == seen + 1, "other gateways show the new one from now on"
    assert await store.keep("acc_7", Secret("k-0"), {SESSION_KEY: Secret("k-2")}) == kept
    assert await store.find("acc_7") == kept
    assert await store.keep("acc_9", Secret("k-0"), {SESSION_KEY: Secret("k-2")}) is None
    again = account(8, kind=SESSION_KEY, credential={SESSION_KEY: Secret("k-0")})
    assert await store.add_all([again]) == {"acc_8": "acc_7"}, "the operator's list still says the former one"


async def test_of_many_renewals_at_once_one_is_kept(store: AccountStore) -> None:
    await store.add_all([SIGNED_IN])
    renewals = [store.renew("acc_7", Secret("r-0"), access(number)) for number in range(1, 9)]
    kept = await asyncio.gather(*renewals)
    assert {each.credential[REFRESH_TOKEN].reveal() for each in kept if each} == {
        (await store.find_all(["acc_7"]))[0].credential[REFRESH_TOKEN].reveal()
    }


async def test_a_renewed_account_is_recognised_by_either_token(store: AccountStore) -> None:
    await store.add_all([SIGNED_IN])
    await store.renew("acc_7", Secret("r-0"), access(1))
    from_the_file = replace(SIGNED_IN, id="acc_8")
    from_an_export = account(9, kind="builder_id", credential=access(1).credential)
    another = account(10, kind="builder_id", credential=access(2).credential)
    assert await store.add_all([from_the_file, from_an_export, another]) == {
        "acc_8": "acc_7",
        "acc_9": "acc_7",
    }


async def test_an_operator_s_new_credential_is_recognised_and_no_other_edit_changes_that(
    store: AccountStore,
) -> None:
    await store.add_all([SIGNED_IN])
    await store.renew("acc_7", Secret("r-0"), access(1))
    renamed = await store.change("acc_7", lambda it: replace(it, label="renamed"))
    assert renamed is not None
    assert renamed.fingerprint == SIGNED_IN.fingerprint
    signed_in_anew = await store.change("acc_7", lambda it: replace(it, credential=access(5).credential))
    assert signed_in_anew is not None
    assert signed_in_anew.fingerprint == fingerprint(access(5).credential) != SIGNED_IN.fingerprint
    assert await store.find("acc_7") == signed_in_anew


@given(MEMBERS)
def test_the_lasting_member_alone_tells_credentials_apart(credential: Mapping[str, Secret]) -> None:
    fetched_anew = {**credential, "access_token": Secret("another"), "expires": Secret("later")}
    if credential.keys() & {"api_key", "refresh_token", "session_key"}:
        assert fingerprint(fetched_anew) == fingerprint(credential)
    else:
        assert fingerprint(fetched_anew) != fingerprint(credential)
    assert fingerprint(dict(reversed(credential.items()))) == fingerprint(credential)
