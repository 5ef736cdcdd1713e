"""What another program had is put into the store once, and never over what is here unless that is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from desk import Desk, set_up
from isthmus.control.carrying import Carrier, Outcome, Result
from isthmus.core.secret import Secret
from isthmus.migrate.haul import Haul, NewAccount, NewBlock, NewKey, NewPrice, NewProvider
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault

CANARY = "sk-canary-that-is-long-0001"


class Elsewhere:
    """Stands for the keys, settings, blocks, prices and log of the store: remembers what it was handed."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bool, bool]] = []

    async def carry_key(self, key: NewKey, *, replace: bool, dry_run: bool) -> Outcome:
        return self._took("key", key.name, replace, dry_run)

    async def carry_settings(
        self, settings: Mapping[str, Any], *, replace: bool, dry_run: bool
    ) -> Sequence[Outcome]:
        return [self._took("setting", name, replace, dry_run) for name in settings]

    async def carry_aliases(
        self, aliases: Mapping[str, str], *, replace: bool, dry_run: bool
    ) -> Sequence[Outcome]:
        return [self._took("alias", name, replace, dry_run) for name in aliases]

    async def carry_blocks(
        self, blocks: Sequence[NewBlock], *, replace: bool, dry_run: bool
    ) -> Sequence[Outcome]:
        return [self._took("block", each.network, replace, dry_run) for each in blocks]

    async def carry_prices(
        self, prices: Sequence[NewPrice], *, replace: bool, dry_run: bool
    ) -> Sequence[Outcome]:
        return [self._took("price", each.pattern, replace, dry_run) for each in prices]

    async def carry_log_rows(self, rows: Iterable[Mapping[str, Any]], *, dry_run: bool) -> Outcome:
        return self._took("log", f"{len(list(rows))} rows", False, dry_run)

    def _took(self, what: str, name: str, replace: bool, dry_run: bool) -> Outcome:
        self.got.append((name, replace, dry_run))
        return Outcome(what, name, Result.MADE)


def haul() -> Haul:
    url = "https://vendor.example/v1"
    return Haul(
        "another",
        providers=[
            NewProvider("vendor", "openai-compatible", {"base_url": url, "headers": {"x": Secret(CANARY)}}),
            NewProvider(
                "web", "claude-web", {"claude_web": {"locale": "de-DE"}}, enabled=False, reason="comes later"
            ),
            NewProvider("openai", "openai-compatible", {"vendor": "openai"}),
            NewProvider("v1", "openai-compatible", {"base_url": url}),
            NewProvider(
                "broken", "openai-compatible", {"base_url": "ftp://vendor", "headers": {"x": Secret(CANARY)}}
            ),
        ],
        accounts=[
            NewAccount("vendor", "api_key", {"api_key": Secret(CANARY)}, "one", weight=3, successes=4),
            NewAccount("vendor", "api_key", {"api_key": Secret(CANARY)}, "again"),
            NewAccount(
                "web",
                "session_key",
                {"session_key": Secret(f"sk-ant-sid01-{CANARY}")},
                "two",
                enabled=False,
                off_reason="comes later",
                details={"plan": "pro"},
            ),
            NewAccount("broken", "api_key", {"api_key": Secret(CANARY)}, "orphan"),
        ],
        keys=[NewKey("team", None)],
        settings={"request_log.retention_days": 7},
        aliases={"fast": "vendor/small"},
        blocks=[NewBlock("10.0.0.0/8")],
        prices=[NewPrice("small", {"input": 1.0})],
        log_rows=[{"status": 200}],
    )


@pytest.fixture
async def desk(sqlite: Database, vault: Vault) -> Desk:
    return set_up(sqlite, vault)


def carrier(desk: Desk, elsewhere: Elsewhere | None = None) -> Carrier:
    other = elsewhere or Elsewhere()
    return Carrier(desk.providers, desk.adder, other, other, other, other, other)


def results(outcomes: Sequence[Outcome]) -> list[tuple[str, Result]]:
    return [(each.name, each.result) for each in outcomes if each.what in {"provider", "account"}]


FIRST_TIME = [
    ("vendor", Result.MADE),
    ("web", Result.MADE),
    ("openai", Result.HERE),
    ("v1", Result.REFUSED),
    ("broken", Result.REFUSED),
    ("vendor: one", Result.MADE),
    ("vendor: again", Result.HERE),
    ("web: two", Result.MADE),
    ("broken: orphan", Result.REFUSED),
]


async def test_everything_is_carried_and_nothing_twice(desk: Desk) -> None:
    outcomes = await carrier(desk).carry(haul())
    assert results(outcomes) == FIRST_TIME
    assert CANARY not in str(outcomes)
    before = await desk.adder.accounts.load_all(), await desk.adder.providers.load_all()
    again = results(await carrier(desk).carry(haul()))
    assert Result.MADE not in dict(again).values()
    assert (await desk.adder.accounts.load_all(), await desk.adder.providers.load_all()) == before


async def test_what_was_carried_is_whole(desk: Desk) -> None:
    outcomes = await carrier(desk).carry(haul())
    one, two = sorted(await desk.adder.accounts.load_all(), key=lambda account: account.label)
    assert (one.weight, one.successes, one.enabled) == (3, 4, True)
    assert (two.enabled, two.details) == (False, {"plan": "pro"})
    assert two.off_reason == "comes later"
    vendor = await desk.adder.providers.find("vendor")
    assert vendor is not None
    assert vendor.settings["headers"] == {"x": Secret(CANARY)}
    assert next(each.text for each in outcomes if each.name == "web") == "comes later"


async def test_a_dry_run_foretells_and_changes_nothing(desk: Desk) -> None:
    outcomes = await carrier(desk).carry(haul(), dry_run=True)
    assert results(outcomes) == FIRST_TIME
    assert await desk.adder.accounts.load_all() == []
    assert await desk.adder.providers.load_all() == []


async def test_what_is_here_gives_way_only_when_that_is_wanted(desk: Desk) -> None:
    await carrier(desk).carry(haul())
    changed = haul()
    changed.providers = [NewProvider("vendor", "openai-compatible", {"vendor": "openai"})]
    changed.accounts = [NewAccount("vendor", "api_key", {"api_key": Secret(CANARY)}, "renamed")]
    assert results(await carrier(desk).carry(changed)) == [
        ("vendor", Result.HERE),
        ("vendor: renamed", Result.HERE),
    ]
    assert results(await carrier(desk).carry(changed, replace=True)) == [
        ("vendor", Result.REPLACED),
        ("vendor: renamed", Result.REPLACED),
    ]
    vendor = await desk.adder.providers.find("vendor")
    assert vendor is not None
    assert vendor.settings == {"vendor": "openai"}
    assert {each.label for each in await desk.adder.accounts.load_all()} == {"renamed", "two"}


@pytest.mark.parametrize(("replace", "dry_run"), [(False, True), (True, False)])
async def test_the_other_stores_get_theirs_in_order(desk: Desk, replace: bool, dry_run: bool) -> None:
    elsewhere = Elsewhere()
    outcomes = await carrier(desk, elsewhere).carry(haul(), replace=replace, dry_run=dry_run)
    names = ["team", "request_log.retention_days", "fast", "10.0.0.0/8", "small", "1 rows"]
    assert [each[0] for each in elsewhere.got] == names
    assert {each[1:] for each in elsewhere.got[:-1]} == {(replace, dry_run)}
    assert elsewhere.got[-1][2] is dry_run
    assert [each.what for each in outcomes[-6:]] == ["key", "setting", "alias", "block", "price", "log"]
