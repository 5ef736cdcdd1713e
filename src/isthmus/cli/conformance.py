"""`isthmus conformance`: named cases, run against a gateway or an upstream itself."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console

from isthmus import registry
from isthmus.cli.claude import gateway_url
from isthmus.cli.compose import directory
from isthmus.cli.failure import CommandFailed
from isthmus.cli.health import demand_gateway
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.config import ProviderSettings, Settings
from isthmus.conformance import survey as first_contact
from isthmus.conformance.case import Need
from isthmus.conformance.client import Client
from isthmus.conformance.report import Report, Result, render_table, to_json
from isthmus.conformance.run import Plan, plan, run
from isthmus.conformance.subject import BOTH, Api, Subject
from isthmus.core.abilities import Abilities
from isthmus.core.commands import Call
from isthmus.core.errors import GatewayError
from isthmus.core.secret import Secret


class Dialect(StrEnum):
    BOTH = "both"
    MESSAGES = "messages"
    CHAT = "chat"


_APIS: Final = {Dialect.BOTH: BOTH, Dialect.MESSAGES: (Api.MESSAGES,), Dialect.CHAT: (Api.CHAT,)}

app = typer.Typer(add_completion=False)

_Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="Address of the gateway, or with --direct of the upstream. Default: as configured."
    ),
]
_Direct = Annotated[
    bool, typer.Option("--direct", help="Judge the upstream itself, without a gateway in between.")
]
_Provider = Annotated[
    str | None,
    typer.Option("--provider", metavar="NAME", help="Provider to judge; default: the default one."),
]
_Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Model to ask; default: one that is known.")
]
_Spoken = Annotated[Dialect, typer.Option("--dialect", help="What to speak.")]
_Cases = Annotated[
    list[str] | None,
    typer.Option("--case", metavar="ID", help="Only this case (STR-01) or group (STR); repeatable."),
]
_KeyVariable = Annotated[
    str | None,
    typer.Option(
        "--key-env",
        metavar="NAME",
        help="Environment variable that holds the key, if it is not the configured one.",
    ),
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]
_PlanOnly = Annotated[
    bool,
    typer.Option("--plan", help="Only say how many requests would be made; asks the model once per dialect."),
]


@app.command()
def conformance(
    config: ConfigFile = None,
    url: _Url = None,
    direct: _Direct = False,
    provider: _Provider = None,
    model: _Model = None,
    dialect: _Spoken = Dialect.BOTH,
    case: _Cases = None,
    key_env: _KeyVariable = None,
    as_json: _AsJson = False,
    plan_only: _PlanOnly = False,
) -> None:
    """Run the conformance cases against a gateway or an upstream.

    Says first about how many requests it is going to make. What only a scripted model can show (failures, silence, an echo of
    what arrived) is judged where there is one, as with `--provider dummy`; elsewhere those cases are not applicable.

    Exit codes: 0 nothing failed, 1 something failed or could not be judged at all.
    """
    settings = load_settings(config).settings
    key = None if key_env is None else _key_from(key_env)
    if direct:
        subject = upstream(settings, url, provider, model, key, dialect)
    else:
        base = gateway_url(settings, url)
        demand_gateway(base, config)
        own_key = settings.api_keys[0] if settings.api_keys else Secret("")
        subject = Subject(base, own_key if key is None else key, model, provider, _APIS[dialect])
    lacking = {} if url is not None else lacks(settings, provider, model)
    report = asyncio.run(_run(subject, case or [], lacking, plan_only=plan_only, quiet=as_json))
    if report is None:
        return
    if as_json:
        print(json.dumps(to_json(report), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False)
        console.print(render_table(report))
        console.print(f"\n{report.summary}")
    raise typer.Exit(0 if report.ok else 1)


def _key_from(name: str) -> Secret:
    if not os.environ.get(name):
        raise CommandFailed(f"--key-env {name}: there is no such variable in the environment, or it is empty")
    return Secret(os.environ[name])


def upstream(
    settings: Settings,
    url: str | None,
    provider: str | None,
    model: str | None,
    key: Secret | None,
    dialect: Dialect,
) -> Subject:
    """The upstream of a configured provider, or whatever is at `url`. Raises `CommandFailed` where there is none."""
    name = provider or (settings.default_provider if url is None else None)
    if name is None:
        if url is None:
            raise CommandFailed(
                "--direct needs the upstream's address: configure a provider, or add `--url https://…`"
            )
        return Subject(url, key or Secret(""), model, None, _APIS[dialect], direct=True)
    configured = settings.providers.get(name)
    if configured is None:
        raise CommandFailed(
            f"no provider {name!r} is configured: choose one of {', '.join(settings.providers) or 'none'}"
        )
    apis = _APIS[dialect]
    if dialect is Dialect.BOTH:
        apis = (Api.MESSAGES,) if configured.type == "anthropic" else (Api.CHAT,)
    base = url or configured.base_url or _usual_address(name, configured)
    return Subject(
        base,
        configured.api_key if key is None else key,
        _upstream_name(settings, name, model),
        None,
        apis,
        direct=True,
    )


def _usual_address(name: str, settings: ProviderSettings) -> str:
    """Where the provider's own code would ask for its models."""
    exchange = registry.build(name, settings).list_models()
    command = next(exchange) if exchange is not None else None
    if not isinstance(command, Call):
        raise CommandFailed(
            f"provider {name!r} ({settings.type}) has no upstream that could be judged directly"
        )
    return urlsplit(command.url)._replace(query="").geturl().removesuffix("/models")


def _upstream_name(settings: Settings, provider: str, model: str | None) -> str | None:
    """What the upstream calls the model; without one asked for, one that the configuration names."""
    if model is not None:
        return _chosen(settings, provider, model) or model
    configured = settings.providers[provider]
    named = [value for value in configured.models.values() if "*" not in value]
    return configured.default_model or next(iter(named), None)


def _chosen(settings: Settings, provider: str, model: str) -> str | None:
    try:
        return directory(settings).choose(model, provider).model
    except (GatewayError, ValueError):
        return None


def lacks(settings: Settings, provider: str | None, model: str | None) -> dict[Need, str]:
    """What the configuration and the gateway's own records say the model cannot do."""
    name = provider or settings.default_provider
    if name is None or name not in settings.providers:
        return {}
    upstream_model = _upstream_name(settings, name, model)
    if upstream_model is None:
        return {}
    able = registry.build(name, settings.providers[name]).abilities(upstream_model)
    return {need: f"{upstream_model} has no {need.value.replace('_', ' ')}" for need in _missing(able)}


def _missing(able: Abilities) -> list[Need]:
    has = {
        "tools": able.tools,
        "vision": able.vision,
        "thinking": bool(able.thinking or able.efforts),
        "json_schema": able.json_schema,
    }
    return [need for need in Need if not has.get(need.value, True)]


async def _run(
    subject: Subject, only: Sequence[str], lacking: dict[Need, str], *, plan_only: bool, quiet: bool
) -> Report | None:
    """None when only the plan was wanted."""
    progress = Console(stderr=True, highlight=False, soft_wrap=True)
    async with Client(subject) as client:
        try:
            stages = await first_contact.survey(client)
            planned = plan(stages, only=only, lacking=lacking)
        except (first_contact.CannotStart, ValueError) as error:
            raise CommandFailed(str(error)) from None
        progress.print(_announced(planned, subject))
        if plan_only:
            return None
        with progress.status("…") as status:

            def show(result: Result) -> None:
                if not quiet:
                    status.update(f"{result.id} {result.title}")

            return await run(planned, show)


def _announced(planned: Plan, subject: Subject) -> str:
    dialects = " and ".join(dict.fromkeys(trial.stage.api.value for trial in planned.trials)) or "no dialect"
    return (
        f"{subject.versioned}: {len(planned.trials)} cases in {dialects}, "
        f"about {planned.requests_total} requests (and {first_contact.REQUESTS} already made to look around)"
    )
