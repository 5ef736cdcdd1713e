"""`isthmus check`: is the configuration right, and are the providers there?"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from isthmus.cli.compose import build, every_source, open_hands
from isthmus.cli.crews import has_self_test
from isthmus.cli.failure import CommandFailed
from isthmus.cli.found import look_around, with_found
from isthmus.cli.probe import Finding, probe, try_out_alone
from isthmus.cli.settings import ConfigFile, secrets_of
from isthmus.config import ConfigError, Loaded, Problem, ProviderSettings, load
from isthmus.control.account_views import brings_account
from isthmus.observability.logs import set_up
from isthmus.observability.redaction import Redaction
from isthmus.server.sources import Source

app = typer.Typer(add_completion=False)


@app.command()
def check(
    config: ConfigFile = None,
    ask: Annotated[
        bool,
        typer.Option(
            "--ask", help="Also ask one model of each provider for a few words, which may cost a little."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Validate the configuration and probe every provider, one line each.

    A provider is asked for its list of models, which most vendors give only for a valid key and charge nothing for. One that
    has no list, or every one with `--ask`, is sent a request for a few words. Accounts that are signed in are not asked:
    `isthmus accounts test` does that.

    Exit codes: 0 all is well, 1 something failed.
    """
    try:
        loaded = load(config, os.environ)
    except ConfigError as error:
        _refuse(error.problems, str(error), as_json=as_json)
        raise typer.Exit(1) from None
    findings, redaction = asyncio.run(_probe_all(loaded, ask=ask))
    if as_json:
        print(redaction.text(json.dumps(_report(loaded, findings), ensure_ascii=False, indent=2)))
    else:
        _show(loaded, findings, redaction)
    raise typer.Exit(0 if all(each.ok for each in findings) else 1)


async def _probe_all(loaded: Loaded, *, ask: bool) -> tuple[list[Finding], Redaction]:
    settings = loaded.settings
    async with open_hands(settings.images) as hands:
        if not settings.providers:
            settings = with_found(settings, await look_around(hands.http, settings.server.port))
        redaction = set_up("error", "auto", secrets_of(settings))
        try:
            build(settings, hands)
            sources = every_source(settings, hands)
        except ValueError as error:
            raise CommandFailed(f"the configuration does not fit together: {error}") from None
        probes = (_probe(each, settings.providers[name], ask=ask) for name, each in sources.items())
        return await asyncio.gather(*probes), redaction


async def _probe(source: Source, settings: ProviderSettings, *, ask: bool) -> Finding:
    if not brings_account(settings, others=False):
        # What its accounts hold is in the database, of which this command knows nothing.
        finding = await try_out_alone(source, settings) if has_self_test(source) else Finding(source.name)
        finding.did.append("is asked by account: `isthmus accounts test`")
        return finding
    return await probe(source, settings, ask=ask)


def _refuse(problems: Iterable[Problem], text: str, *, as_json: bool) -> None:
    if not as_json:
        raise CommandFailed(text)
    rows = [asdict(each) for each in problems]
    print(json.dumps({"ok": False, "problems": rows, "providers": []}, ensure_ascii=False, indent=2))


def _report(loaded: Loaded, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "ok": all(each.ok for each in findings),
        "source": str(loaded.source) if loaded.source else None,
        "problems": [],
        "warnings": loaded.warnings,
        "providers": [{"ok": each.ok, **asdict(each), "took_s": round(each.took_s, 3)} for each in findings],
    }


def _show(loaded: Loaded, findings: Sequence[Finding], redaction: Redaction) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = max(len("configuration"), *(len(each.provider) for each in findings))

    def line(name: str, ok: bool, said: str) -> None:
        verdict = ("ok    ", "green") if ok else ("failed", "bold red")
        console.print(Text.assemble(f"{name:<{width}}  ", verdict, f"  {redaction.text(said)}"))

    line("configuration", True, "; ".join([str(loaded.source or "no file"), *loaded.warnings]))
    for each in findings:
        line(each.provider, each.ok, _said(each))


def _said(finding: Finding) -> str:
    parts = [*finding.did, *finding.notes]
    if finding.problem is not None:
        parts += [f"{finding.problem}: {finding.way_out}"]
    return f"{'; '.join(parts)} ({finding.took_s:.1f} s)"
