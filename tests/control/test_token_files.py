"""Logins of token files become accounts, and each is told what became of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desk import ANNA, Desk, set_up
from isthmus.control.account_adding import Fate
from isthmus.control.account_input import MAX_BATCH
from isthmus.control.failures import Invalid
from isthmus.control.providers import ProviderInput
from isthmus.control.token_files import TokenFiles
from isthmus.migrate.amazon_q_lists import Found, found_in_value
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault

ONE, TWO = "aorAAAAAmade-up-refresh-1", "aorAAAAAmade-up-refresh-2"
LIST = [
    {
        "label": "team",
        "refreshToken": ONE,
        "clientId": "made-up-client",
        "clientSecret": "made-up-secret",
        "accessToken": "made-up-access",
        "expiresAt": 1_795_255_200,
        "priority": 2,
        "proxyUrl": "http://127.0.0.1:7890",
    },
    {"email": "two@example.com", "refreshToken": TWO, "enabled": False},
    {"refreshToken": "aor...zzz"},
    {"label": "odd", "refreshToken": "aorAAAAAmade-up-refresh-3", "proxyUrl": "ftp://nowhere"},
    {"refreshToken": "aorAAAAAmade-up-refresh-4", "region": "nowhere/else"},
]


@pytest.fixture
def desk(sqlite: Database, vault: Vault) -> Desk:
    return set_up(sqlite, vault)


@pytest.fixture
def files(desk: Desk) -> TokenFiles:
    return TokenFiles(desk.accounts, desk.providers)


async def test_each_login_is_told_what_became_of_it(desk: Desk, files: TokenFiles) -> None:
    imported = await files.take(ANNA, found_in_value(LIST))
    assert (imported.provider, imported.is_new) == ("amazon-q", True)
    fates = [(each.at, each.kind, each.added.fate) for each in imported.taken]
    assert fates == [
        ("[0]", "builder_id", Fate.ADDED),
        ("[1]", "social", Fate.ADDED),
        ("[2]", None, Fate.INVALID),
        ("[3]", "social", Fate.INVALID),
        ("[4]", "social", Fate.INVALID),
    ]
    problems = [[it.field for it in each.added.problems] for each in imported.taken]
    assert problems == [[], [], [""], ["proxy"], ["details.auth_region"]]
    assert [each.added.index for each in imported.taken] == [0, 1, 2, 3, 4]
    assert "made-up" not in str(imported)
    two, one = sorted(await desk.accounts.accounts.load_all(), key=lambda each: each.enabled)
    assert (one.label, one.kind, one.priority, one.enabled) == ("team", "builder_id", 2, True)
    assert one.credential["access_token"].reveal() == "made-up-access"
    assert one.details["expires_at"] == "2026-11-21T10:00:00Z"
    assert one.proxy is not None
    assert (two.label, two.enabled, two.off_reason) == (
        "two@example.com",
        False,
        "switched off where it came from",
    )
    assert ("account.import_tokens", "", "amazon-q: 2 added, 3 invalid") in desk.notes


async def test_a_second_import_finds_them_here(desk: Desk, files: TokenFiles) -> None:
    await files.take(ANNA, found_in_value(LIST[:2]))
    imported = await files.take(ANNA, found_in_value([*LIST[:2], LIST[0]]))
    assert not imported.is_new
    assert [each.added.fate for each in imported.taken] == [Fate.HERE] * 3
    assert len(await desk.accounts.accounts.load_all()) == 2


async def test_a_dry_run_changes_nothing(desk: Desk, files: TokenFiles) -> None:
    imported = await files.take(ANNA, found_in_value(LIST[:3]), dry_run=True)
    assert imported.is_new
    assert [each.added.fate for each in imported.taken] == [Fate.ADDED, Fate.ADDED, Fate.INVALID]
    assert (await desk.accounts.accounts.load_all(), desk.notes) == ([], [])
    assert await desk.providers.providers.find("amazon-q") is None


async def test_no_provider_is_made_for_nothing(desk: Desk, files: TokenFiles) -> None:
    imported = await files.take(ANNA, [Found("line 1", problem="is masked: give the real token")])
    assert not imported.is_new
    assert await desk.providers.providers.find("amazon-q") is None


async def test_they_belong_to_the_provider_that_is_named(desk: Desk, files: TokenFiles) -> None:
    for name in ("east", "west"):
        await desk.providers.create(ANNA, ProviderInput(name=name, type="amazon-q"))
    await files.take(ANNA, found_in_value([ONE]), "west")
    [account] = await desk.accounts.accounts.load_all()
    assert account.provider == "west"
    with pytest.raises(Invalid, match="east, west"):
        await files.take(ANNA, found_in_value([ONE]))


async def test_files_that_were_sent_are_read(files: TokenFiles) -> None:
    token: dict[str, Any] = {"refreshToken": ONE, "clientIdHash": "00ff00ff"}
    sent = {
        "": TWO.encode(),
        "token.json": json.dumps(token).encode(),
        "00ff00ff.json": b'{"clientId": "a", "clientSecret": "b"}',
    }
    imported = await files.take_files(ANNA, sent)
    assert [(each.at, each.kind) for each in imported.taken] == [
        ("line 1", "social"),
        ("token.json", "builder_id"),
    ]


async def test_there_is_an_end_to_what_is_taken_at_once(files: TokenFiles) -> None:
    with pytest.raises(Invalid, match=str(MAX_BATCH)):
        await files.take(ANNA, [Found("x", problem="x")] * (MAX_BATCH + 1))
