"""`isthmus demo NAME`: a gateway in front of a simulated upstream, to try the whole way without an account."""

from __future__ import annotations

import asyncio
import json
import secrets
import shlex
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from isthmus.cli.account_desk import open_desk
from isthmus.cli.failure import CommandFailed
from isthmus.cli.greeting import address
from isthmus.cli.listening import listen, port_of
from isthmus.cli.process import loop_factory
from isthmus.cli.serve import serve_gateway
from isthmus.cli.settings import load_settings
from isthmus.config import Settings
from isthmus.control.account_adding import Fate
from isthmus.control.people import OPERATOR
from isthmus.observability.logs import set_up
from isthmus.simulators.amazon_q import Simulator
from isthmus.simulators.claude_web import Simulator as Website
from isthmus.storage.accounts import SESSION_KEY
from isthmus.storage.data_dir import make_private
from isthmus.storage.errors import StorageError

app = typer.Typer(add_completion=False)
HOST: Final = "127.0.0.1"
CONFIG_FILE: Final = "isthmus.json"


@dataclass(frozen=True, slots=True)
class Scene:
    """A simulated upstream that runs."""

    provider: Mapping[str, Any]
    """Settings of the provider that stands for it."""
    accounts: Sequence[Mapping[str, Any]]
    """Those that are signed in already, as `POST /v2/accounts` takes them, `provider` apart."""
    where: str
    try_first: Sequence[str]
    """Commands; `{isthmus}` and `{url}` stand for how to call us, and where the gateway is."""


@asynccontextmanager
async def _amazon_q(*, signed_in: bool) -> AsyncIterator[Scene]:
    accounts = ("builder_id", "idc") if signed_in else ()
    # Each run has tokens of its own: those of an earlier one must not seem to be good.
    async with Simulator(accounts, seed=secrets.randbits(32)) as simulator:
        yield Scene(
            {"type": "amazon-q", "amazon_q": simulator.settings},
            [simulator.entry_of(each) for each in simulator.people.accounts.values()],
            simulator.url,
            (
                *(() if signed_in else ("isthmus login amazon-q --config {config}",)),
                "isthmus accounts list --config {config}",
                "isthmus claude --url {url} -p 'create a file hello.txt with the text \"it works\", then read hello.txt' "
                "--model claude-sonnet-4.5 --permission-mode acceptEdits",
            ),
        )


_QUESTION: Final = {
    "model": "claude-sonnet-4-6-think",
    "max_tokens": 300,
    "messages": [{"role": "user", "content": "[[sim: thinking]] [[sim: text It works.]]"}],
}
_LIMITED: Final = {"account": "anna", "fault": "F8"}


def _doubled(body: Mapping[str, Any]) -> str:
    """JSON within a text that is filled in later."""
    return json.dumps(body).replace("{", "{{").replace("}", "}}")


@asynccontextmanager
async def _claude_web(*, signed_in: bool) -> AsyncIterator[Scene]:
    """Nobody signs in through a gateway there: the sessions are always there."""
    async with Website(seed=secrets.randbits(32)) as website:
        people = [website.add_account("anna", "pro"), website.add_account("ben", "free")]
        yield Scene(
            {"type": "claude-web", "claude_web": {"base_url": website.url}},
            [
                {"kind": SESSION_KEY, "label": each.name, "credential": {SESSION_KEY: each.key}}
                for each in people
            ],
            website.url,
            (
                "isthmus accounts survey --all --config {config}",
                f"curl {{url}}/v1/messages -H 'content-type: application/json' -d '{_doubled(_QUESTION)}'",
                f"curl {website.url}/_sim/faults -d '{_doubled(_LIMITED)}'  # anna is limited: ask again, and ben answers",
                "isthmus accounts list --config {config}",
            ),
        )


DEMOS: Final[dict[str, Callable[..., AbstractAsyncContextManager[Scene]]]] = {
    "amazon-q": _amazon_q,
    "claude-web": _claude_web,
}


@app.command()
def demo(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"What to try: {', '.join(DEMOS)}.")],
    port: Annotated[
        int, typer.Option("--port", "-p", help="Port of the gateway; 0 takes a free one.")
    ] = 8000,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            metavar="DIR",
            help="Keep the gateway's database here; default: forget it at the end.",
        ),
    ] = None,
    signed_in: Annotated[
        bool,
        typer.Option(
            "--signed-in", help="Begin with two accounts that are signed in (claude-web always does)."
        ),
    ] = False,
) -> None:
    """Run a gateway in front of a simulated upstream.

    The simulator is a server of its own on this machine, as strict as the real service is known to be. It serves the page
    on which a sign-in is approved, if there is one, and fails on order: docs/simulators.md. No account is needed, and nothing
    leaves this machine. Accounts of one run are not known to the simulator of the next.
    """
    if name not in DEMOS:
        raise CommandFailed(f"there is no demo {name!r}: choose one of {', '.join(DEMOS)}", exit_code=2)
    with tempfile.TemporaryDirectory(prefix="isthmus-demo-") as temporary:
        home = Path(temporary) if data_dir is None else data_dir.expanduser().absolute()
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_play(name, port, home, stays=data_dir is not None, signed_in=signed_in))


async def _play(name: str, port: int, home: Path, *, stays: bool, signed_in: bool) -> None:
    async with AsyncExitStack() as stack:
        scene = await stack.enter_async_context(DEMOS[name](signed_in=signed_in))
        sockets = listen(HOST, port)
        config = _configure(home, name, scene, port_of(sockets))
        loaded = load_settings(config)
        _demand_own_storage(loaded.settings, home)
        await _add_accounts(config, name, scene.accounts)
        redaction = set_up(loaded.settings.logging.level, loaded.settings.logging.format, [])
        told = _told(scene, config, address(HOST, port_of(sockets)), stays=stays)
        await serve_gateway(loaded, sockets, redaction, farewell=told)


def _configure(home: Path, name: str, scene: Scene, port: int) -> Path:
    """Writes the configuration that this gateway and the commands beside it read."""
    try:
        make_private(home)
        config = home / CONFIG_FILE
        written = {
            "server": {"host": HOST, "port": port},
            "storage": {"data_dir": str(home)},
            "providers": {name: scene.provider},
        }
        config.write_text(json.dumps(written, indent=2) + "\n", "utf-8")
    except StorageError as error:
        raise CommandFailed(str(error)) from None
    except OSError as error:
        raise CommandFailed(
            f"{home / CONFIG_FILE} cannot be written ({error.strerror}): choose another --data-dir"
        ) from None
    return config


def _demand_own_storage(settings: Settings, home: Path) -> None:
    """Variables of the environment count for more than our file, and made-up accounts belong into no other database."""
    if settings.storage.url is not None or settings.storage.data_dir != str(home):
        raise CommandFailed(
            "the environment names another database: unset ISTHMUS_STORAGE__URL and ISTHMUS_STORAGE__DATA_DIR for the demo"
        )


async def _add_accounts(config: Path, name: str, accounts: Sequence[Mapping[str, Any]]) -> None:
    if not accounts:
        return
    async with open_desk(config) as desk:
        added = await desk.feed(OPERATOR, [{"provider": name, **each} for each in accounts])
    refused = [each for each in added if each.fate is Fate.INVALID]
    if refused:
        words = "; ".join(f"{each.field}: {each.message}" for row in refused for each in row.problems)
        raise CommandFailed(f"the simulator's own accounts were refused: {words}")


def _told(scene: Scene, config: Path, url: str, *, stays: bool) -> str:
    shown = [line.format(config=shlex.quote(str(config)), url=url) for line in scene.try_first]
    return "\n".join(
        (
            f"\nThe upstream is simulated, at {scene.where}. Try, in a second terminal:",
            *(f"  {line}" for line in shown),
            f"Everything is kept in {config.parent}."
            + ("\n" if stays else " It is deleted when this ends.\n"),
        )
    )
