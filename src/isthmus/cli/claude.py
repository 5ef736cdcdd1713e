"""`isthmus claude`: Claude Code with its environment pointed at the gateway, and at nothing else."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

import typer

from isthmus.cli.account_reading import read_variable
from isthmus.cli.failure import CommandFailed
from isthmus.cli.greeting import NO_KEY, address
from isthmus.cli.health import demand_entry, demand_gateway
from isthmus.cli.settings import load_settings
from isthmus.config import Settings
from isthmus.config.fields import is_loopback
from isthmus.control.keys import BEGINNING
from isthmus.core.secret import Secret
from isthmus.transport.find_claude import PROGRAM, bundled_claude

_KEPT: Final = (
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_*_MODEL*",
    "ANTHROPIC_BETAS",
)
_REMOVED: Final = (
    "ANTHROPIC_*",  # keys, tokens, other base URLs, custom headers, which may hold credentials
    "CLAUDE_CODE_OAUTH_*",
    "CLAUDE_CODE_USE_*",  # would send requests to a cloud's own endpoint, past the gateway
    "AWS_BEARER_TOKEN_BEDROCK",
)

app = typer.Typer(add_completion=False)


@app.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "allow_interspersed_args": False,
        "help_option_names": ["--help"],
    },
    options_metavar="[OPTIONS]",
)
def claude(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS", help="Passed to Claude Code as they are.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url", help="Address of the gateway. Default: where the configuration says it listens."
        ),
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="NAME", help="Use this provider, not the default one.")
    ] = None,
    key_env: Annotated[
        str | None,
        typer.Option("--key-env", metavar="NAME", help="Take the API key of the gateway from this variable."),
    ] = None,
    cli_path: Annotated[
        Path | None,
        typer.Option("--cli-path", metavar="FILE", help="The Claude Code program, if not `claude` on PATH."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration of the gateway.")
    ] = None,
) -> None:
    """Run Claude Code through the gateway.

    Options of this command come first; everything from the first word that is not one of them goes to Claude Code, as in
    `isthmus claude --provider local -p "say hi"`. What follows `--` goes there in any case: `isthmus claude -- --help`.

    The key is the first of `api_keys`, unless --key-env names another, or ANTHROPIC_AUTH_TOKEN holds one that `isthmus keys
    create` made. Other Anthropic credentials in the environment are not passed on.

    Exit code: that of Claude Code, or 1 if it could not be run.
    """
    settings = load_settings(config).settings
    program = find_program(cli_path)
    base = gateway_url(settings, url)
    demand_gateway(base, config)
    if provider is not None:
        base = f"{base}/{quote(provider, safe='')}"
    key = client_key(os.environ, settings, key_env)
    demand_entry(base, key)
    environment = prepared(os.environ, base, key)
    sys.stdout.flush()
    try:
        os.execve(program, [str(program), *(arguments or [])], environment)  # noqa: S606 - no shell is wanted
    except OSError as error:
        raise CommandFailed(f"{program} cannot be run: {error.strerror}") from None


def gateway_url(settings: Settings, url: str | None) -> str:
    """Without a trailing slash. Raises `CommandFailed` for what is no address of a gateway."""
    if url is None:
        if settings.server.port == 0:
            raise CommandFailed(
                "the configured port is 0, so nobody knows which it will be: add `--url http://…`"
            )
        return address(settings.server.host, settings.server.port)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise CommandFailed(f"--url {url!r} is no address of a gateway: write it as http://HOST:PORT")
    return url.rstrip("/").removesuffix("/v1")


def find_program(cli_path: Path | None) -> Path:
    """What was named, else `claude` on PATH, else the binary in an installed claude-agent-sdk."""
    if cli_path is not None:
        if not os.access(cli_path, os.X_OK) or cli_path.is_dir():
            raise CommandFailed(f"--cli-path {cli_path} is not a program that can be run")
        return cli_path.absolute()
    if (on_path := shutil.which(PROGRAM)) is not None:
        return Path(on_path).absolute()
    if (bundled := bundled_claude()) is not None:
        return bundled
    raise CommandFailed(
        "Claude Code is not installed: there is no `claude` on PATH. Install it as its vendor describes, or with "
        f"`{sys.executable} -m pip install claude-agent-sdk`, or say where it is with `--cli-path`"
    )


def client_key(environment: Mapping[str, str], settings: Settings, variable: str | None) -> Secret:
    """What the gateway is to be shown. Raises `CommandFailed` for a variable that is not set."""
    if variable is not None:
        return Secret(read_variable(variable, "--key-env"))
    if settings.api_keys:
        return settings.api_keys[0]
    exported = environment.get("ANTHROPIC_AUTH_TOKEN", "")
    return Secret(exported if exported.startswith(BEGINNING) else NO_KEY)


def prepared(environment: Mapping[str, str], base_url: str, key: Secret) -> dict[str, str]:
    """The environment for Claude Code: the gateway and its key, and no other credential or way out."""
    own = {name: value for name, value in environment.items() if not _leads_past(name)}
    own["ANTHROPIC_BASE_URL"] = base_url
    own["ANTHROPIC_AUTH_TOKEN"] = key.reveal()
    # Without it only built-in models can be chosen in its menu.
    own.setdefault("CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY", "1")
    host = urlsplit(base_url).hostname or ""
    if is_loopback(host):
        for name in ("NO_PROXY", "no_proxy"):  # a proxy cannot reach this machine's loopback
            own[name] = ",".join(filter(None, [own.get(name, ""), host]))
    return own


def _leads_past(name: str) -> bool:
    upper = name.upper()
    return _matches(upper, _REMOVED) and not _matches(upper, _KEPT)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
