"""A gateway that is killed (`kill -9`) while it renews accounts: no account is lost.

The simulated token service rotates refresh tokens in two ways. `confirmed`: a refresh token ends when its successor, or the
access token that came with it, is first used. There no kill at any moment may cost an account. `at-once`: it ends with the very
answer that holds its successor. A kill between that answer and our commit then loses both, whatever a client does: that one
moment is left out below, all others are not.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from amazon_accounts import configuration, signed_in
from faults.child_renewer import AFTER_COMMIT, ANYWHERE, BEFORE_ASKING, BEFORE_USE, POINTS
from isthmus.cli.compose import open_hands
from isthmus.cli.keeping import keeping
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control import renewing
from isthmus.control.surveys import ask_for_survey
from isthmus.simulators.amazon_q import Simulator
from isthmus.storage.accounts import AccountStore

CHILD: Final = Path(__file__).with_name("child_renewer.py")
KINDS: Final = ("builder_id", "idc", "social")
LONGEST_S: Final = 0.5
"""From the start of a process to its end: several renewals of each account."""


def settings_for(simulator: Simulator, folder: Path, url: str | None) -> Settings:
    storage = {"data_dir": str(folder), "url": url}
    return Settings.model_validate(configuration(simulator, storage=storage))


async def stock(simulator: Simulator, settings: Settings, kinds: Sequence[str] = KINDS) -> None:
    """An account of each kind, as an import would add it."""
    async with open_stores(settings) as stores:
        rows = [signed_in(simulator, kind) for kind in kinds]
        await AccountStore(stores.database, stores.vault).add_all(rows)


@asynccontextmanager
async def child(settings: Settings, *arguments: str) -> AsyncIterator[Process]:
    storage, provider = settings.storage, settings.providers["amazon"]
    section = provider.amazon_q.model_dump(mode="json", exclude_unset=True)
    written = {
        "storage": {
            "data_dir": str(storage.data_dir),
            "url": None if storage.url is None else storage.url.reveal(),
        },
        "providers": {"amazon": {"type": "amazon-q", "amazon_q": section}},
    }
    here = os.pathsep.join([str(CHILD.parents[1]), str(CHILD.parents[2])])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(CHILD),
        json.dumps(written),
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        env=os.environ | {"PYTHONPATH": here},
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def tell(process: Process, line: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n".encode())
    return (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()


async def killed(process: Process, point: str, after_s: float) -> None:
    """One life of a gateway."""
    pid = int(await tell(process, point))
    until_s = asyncio.get_running_loop().time() + (after_s if point == ANYWHERE else 30)
    while _is_alive(pid) and asyncio.get_running_loop().time() < until_s:
        await asyncio.sleep(0.01)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while _is_alive(pid):
        await asyncio.sleep(0.01)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def assert_none_is_lost(simulator: Simulator, settings: Settings) -> None:
    """Each account gets new access, and the service takes it."""
    async with open_stores(settings) as stores, open_hands(settings.images) as hands:
        accounts = AccountStore(stores.database, stores.vault)
        kept = keeping(stores, hands.http, lambda: settings)
        kept.keeper.seed(await accounts.load_all())
        for account in await accounts.load_all():
            assert account.enabled
            logins = kept.reach.logins(account.provider)
            assert logins is not None
            held = await kept.keeper.grant(account.id, None)
            renewed = await kept.keeper.grant(account.id, held.token)
            assert renewed.token != held.token
            survey = await ask_for_survey(account, logins, kept.keeper, kept.reach)
            assert survey.models
            assert simulator.people.of_access_token(renewed.token.reveal()) is not None


async def kill_again_and_again(simulator: Simulator, settings: Settings, points: Sequence[str]) -> None:
    """Every kill finds the accounts as the one before left them."""
    chance = random.Random(11)
    async with child(settings) as process:
        for point in points:
            await killed(process, point, chance.uniform(0, LONGEST_S))
    refreshes = sum(each.counts["refreshes"] for each in simulator.people.accounts.values())
    await assert_none_is_lost(simulator, settings)
    assert refreshes > len(points) // 4, "most kills came before anything was asked for"


@pytest.fixture(autouse=True)
def leases_end_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewing, "LEASE_S", 0.5)


async def test_fifty_kills_lose_no_account(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        settings = settings_for(simulator, tmp_path, None)
        await stock(simulator, settings)
        points = [*POINTS * 5, *[ANYWHERE] * 30]
        random.Random(4).shuffle(points)
        await kill_again_and_again(simulator, settings, points)


async def test_kills_lose_no_account_on_any_engine(tmp_path: Path, database_url: str) -> None:
    async with Simulator() as simulator:
        settings = settings_for(simulator, tmp_path, database_url)
        await stock(simulator, settings)
        await kill_again_and_again(simulator, settings, [*POINTS, *[ANYWHERE] * 4])


async def test_where_the_former_token_ends_at_once_a_kill_at_any_other_moment_loses_nothing(
    tmp_path: Path,
) -> None:
    """With one account: where several are renewed at once, the moment that is none for one of them may be that of another."""
    async with Simulator(rotation="at-once") as simulator:
        settings = settings_for(simulator, tmp_path, None)
        await stock(simulator, settings, KINDS[:1])
        await kill_again_and_again(simulator, settings, [BEFORE_ASKING, AFTER_COMMIT, BEFORE_USE] * 3)


async def test_two_gateways_refresh_an_account_once(tmp_path: Path, database_url: str) -> None:
    """Both are told at the same time that the token they have is not accepted."""
    rounds = 6
    async with Simulator() as simulator:
        settings = settings_for(simulator, tmp_path, database_url)
        await stock(simulator, settings)
        async with child(settings, "as-told") as first, child(settings, "as-told") as second:
            both = (first, second)
            for each in both:
                assert each.stdout is not None
                assert await each.stdout.readline() == b"ready\n"
            tokens = {id: account.access_token for id, account in simulator.people.accounts.items()}
            for _ in range(rounds):
                for id, token in tokens.items():
                    one, other = await asyncio.gather(*(tell(each, f"= {id} {token}") for each in both))
                    assert one == other != token
                    tokens[id] = one
        counts = {account.counts["refreshes"] for account in simulator.people.accounts.values()}
    assert counts == {rounds}
