"""`isthmus serve`: the gateway as a process."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import Annotated

import typer

from isthmus.cli import greeting
from isthmus.cli.compose import open_hands
from isthmus.cli.found import look_around, with_found
from isthmus.cli.listening import listen, port_of
from isthmus.cli.process import GatewayServer, favour_the_loop, loop_factory, spare_the_collector
from isthmus.cli.running import run_gateway
from isthmus.cli.settings import ConfigFile, load_settings, secrets_of
from isthmus.cli.stores import open_stores
from isthmus.config import Loaded
from isthmus.discovery import Found
from isthmus.observability.logs import set_up
from isthmus.observability.redaction import Redaction
from isthmus.storage.accounts import AccountStore

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    config: ConfigFile = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on, instead of server.host.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Port to listen on; 0 takes a free one.")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            "--log-format", metavar="FORMAT", help="json, console, or auto (console on a terminal)."
        ),
    ] = None,
) -> None:
    """Run the gateway.

    Without a configuration file it serves the dummy provider and whatever it can see on this machine without asking:
    keys in ANTHROPIC_API_KEY and OPENAI_API_KEY, and model servers on their usual local ports.

    What to tell clients goes to standard output, the log to standard error. SIGTERM and Ctrl-C let running answers end
    (server.drain_timeout_s at most); a second one does not wait. Exit codes: 0 stopped, 1 could not start.
    """
    options = {
        "server.host": host,
        "server.port": port,
        "logging.level": log_level,
        "logging.format": log_format,
    }
    loaded = load_settings(config, options)
    logging = loaded.settings.logging
    redaction = set_up(logging.level, logging.format, secrets_of(loaded.settings))
    sockets = listen(loaded.settings.server.host, loaded.settings.server.port)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve_gateway(loaded, sockets, redaction))


async def serve_gateway(
    loaded: Loaded, sockets: list[socket.socket], redaction: Redaction, *, farewell: str = ""
) -> None:
    """Serves until it is told to stop. `farewell` is printed last of what is said at the start."""
    configured, port = loaded.settings, port_of(sockets)
    async with AsyncExitStack() as stack:
        hands = await stack.enter_async_context(open_hands(configured.images))
        found: list[Found] = []
        if not configured.providers:
            found = await look_around(hands.http, port)
            configured = with_found(configured, found)
            redaction.know(secrets_of(configured))
        stores = await stack.enter_async_context(open_stores(configured))
        running = await stack.enter_async_context(
            run_gateway(
                configured,
                hands,
                stores,
                redaction,
                default_is_guessed=bool(found) and loaded.settings.default_provider is None,
                sources=loaded.sources,
            )
        )
        outlines = await AccountStore(stores.database, stores.vault).outlines()
        with_accounts = {each.provider for each in outlines}
        said = greeting.greeting(
            running.live.settings,
            port,
            loaded.source,
            found,
            [*loaded.warnings, *running.notes],
            with_keys=running.live.gateway.admission.callers.required,
            mirrors=running.live.gateway.mirror is not None,
            console=greeting.Console.of(running.console, running.set_up_token),
            # A farewell says itself what to do next.
            with_accounts=with_accounts if not farewell else configured.providers.keys(),
        )
        server = GatewayServer(
            running.live.gateway,
            configured.server,
            when_ready=lambda: print(said + farewell, flush=True),
            when_draining=running.log.end_tails,
        )
        spare_the_collector()
        favour_the_loop()
        await server.serve(sockets)
