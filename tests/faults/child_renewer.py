"""A gateway's keeper of accounts in a process of its own, to be killed: `python child_renewer.py SETTINGS`.

Begins to work in a fork for every line `POINT` that it reads, and prints the id of the fork, so that the next one is there at once.
The fork renews every account over and over, and uses what it got, until it is killed or kills itself at `POINT`. For a line
`= ID TOKEN` the process itself gives the account's access instead, `TOKEN` being refused, and prints it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from isthmus.cli import keeping as kept_by
from isthmus.cli.compose import open_hands
from isthmus.cli.keeping import Keeping, keeping
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control import renewing
from isthmus.control.surveys import ask_for_survey
from isthmus.core.secret import Secret
from isthmus.storage.accounts import AccountStore

ANYWHERE: Final = "anywhere"
BEFORE_ASKING: Final = "before-asking"
BEFORE_COMMIT: Final = "before-commit"
AFTER_COMMIT: Final = "after-commit"
BEFORE_USE: Final = "before-use"
POINTS: Final = (BEFORE_ASKING, BEFORE_COMMIT, AFTER_COMMIT, BEFORE_USE)


def die_at(point: str) -> None:
    """The process kills itself there, at one of the first renewals."""
    left = random.randrange(4)

    def passing(here: str) -> None:
        nonlocal left
        if here != point:
            return
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(name: str, work: Callable[..., Awaitable[Any]], after: str = "") -> Callable[..., Any]:
        async def watched(*arguments: Any, **named: Any) -> Any:
            passing(name)
            done = await work(*arguments, **named)
            passing(after)
            return done

        return watched

    setattr(AccountStore, "renew", before(BEFORE_COMMIT, AccountStore.renew, AFTER_COMMIT))  # noqa: B010
    ask = kept_by._World.ask

    async def watched_ask(world: Any, account: Any, call: Any) -> Any:
        passing(BEFORE_ASKING if call.url.endswith("/token") else BEFORE_USE)
        return await ask(world, account, call)

    setattr(kept_by._World, "ask", watched_ask)  # noqa: B010


async def open_keeping(settings: Settings, work: Callable[[Keeping, AccountStore], Awaitable[None]]) -> None:
    async with open_stores(settings) as stores, open_hands(settings.images) as hands:
        accounts = AccountStore(stores.database, stores.vault)
        kept = keeping(stores, hands.http, lambda: settings)
        kept.keeper.seed(await accounts.load_all())
        await work(kept, accounts)


async def renew_for_ever(kept: Keeping, accounts: AccountStore) -> None:
    async def renew(id: str) -> None:
        while True:
            held = await kept.keeper.grant(id, None)
            await kept.keeper.grant(id, held.token)
            account = await accounts.find(id)
            assert account is not None
            logins = kept.reach.logins(account.provider)
            assert logins is not None
            await ask_for_survey(account, logins, kept.keeper, kept.reach)

    await asyncio.gather(*(renew(each.id) for each in await accounts.load_all()))


async def give_as_told(kept: Keeping, accounts: AccountStore) -> None:
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        _, id, token = line.split()
        print((await kept.keeper.grant(id, Secret(token))).token.reveal(), flush=True)


def main() -> None:
    settings = Settings.model_validate_json(sys.argv[1])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    renewing.LEASE_S = 0.5  # A fork that was killed keeps its leases so long.
    if sys.argv[2:] == ["as-told"]:
        asyncio.run(open_keeping(settings, give_as_told))
        return
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while point := sys.stdin.readline().strip():
        if (fork := os.fork()) == 0:
            die_at(point)
            asyncio.run(open_keeping(settings, renew_for_ever))
        print(fork, flush=True)


if __name__ == "__main__":
    main()
