"""LiteLLM's deployments as providers: pools there are by public name, here by provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.litellm_deployment import Deployment
from isthmus.migrate.upstreams import NO_KEY, add_api_key, add_provider, fit_weights, switch_off


@dataclass(slots=True)
class Credential:
    """One key of a vendor at one address, with all that is served by it."""

    first: Deployment
    deployments: list[Deployment] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)

    @property
    def pool(self) -> tuple[object, ...]:
        """Credentials that agree in this are accounts of one provider."""
        return (*_upstream(self.first), tuple(sorted(self.models.items())))


def add_deployments(haul: Haul, deployments: Iterable[Deployment]) -> None:
    """Those with one vendor, address and key are one account; accounts that serve the same models are one provider."""
    credentials: dict[tuple[object, ...], Credential] = {}
    for each in deployments:
        key = (*_upstream(each), each.key.text, each.key.variable)
        credential = credentials.setdefault(key, Credential(each))
        _map(haul, credential, each)
    pools: dict[tuple[object, ...], list[Credential]] = {}
    for credential in credentials.values():
        pools.setdefault(credential.pool, []).append(credential)
    for pool in pools.values():
        _add_provider(haul, pool)
    fit_weights(haul)
    _say_shared_names(haul)


def _upstream(each: Deployment) -> tuple[object, ...]:
    headers = tuple(sorted((name, value.reveal()) for name, value in each.headers.items()))
    return (each.upstream.vendor, each.base_url, headers, each.off)


def _map(haul: Haul, credential: Credential, each: Deployment) -> None:
    there = credential.models.setdefault(each.name, each.upstream.model)
    if there != each.upstream.model:
        said = f"{each.name!r} stands for {there!r} with the same key, so {each.upstream.model!r} is not reached by it"
        haul.report.left_out.append(Line(each.at, f"{said}: give it a name of its own under `models`"))
        return
    credential.deployments.append(each)


def _add_provider(haul: Haul, pool: list[Credential]) -> None:
    first = pool[0].first
    row = first.upstream.row
    every = [each for credential in pool for each in credential.deployments]
    off = first.off
    if off is None and row.vendor is None and first.base_url is None and row.type != "anthropic":
        off = f"the address of {first.upstream.vendor} is not known here: set `base_url` and switch it on"
    name = add_provider(
        haul, first.at, first.upstream.vendor, row.type, _settings(pool[0], every, off), off=off
    )
    if name is None:
        return
    for each in every[1:]:
        haul.report.carried.append(Line(each.at, f"{each.name!r} of provider {name!r}"))
    for credential in pool:
        _add_account(haul, name, credential)
    if all(each.provider != name for each in haul.accounts):
        switch_off(haul, first.at, name, first.key.problem or NO_KEY)
    haul.prices += [each.price for each in every if each.price is not None]


def _settings(credential: Credential, every: list[Deployment], off: str | None) -> dict[str, Any]:
    first = credential.first
    settings: dict[str, Any] = {"models": dict(credential.models)}
    if first.base_url is not None:
        settings["base_url"] = first.base_url
    if first.upstream.row.vendor is not None:
        settings["vendor"] = first.upstream.row.vendor
    if first.headers:
        settings["headers"] = dict(first.headers)
    if timeouts := [each.timeout_s for each in every if each.timeout_s is not None]:
        settings["timeout_s"] = max(timeouts)
    if abilities := {each.upstream.model: dict(each.abilities) for each in every if each.abilities}:
        settings["capabilities"] = abilities
    return settings


def _add_account(haul: Haul, name: str, credential: Credential) -> None:
    first = credential.first
    key = first.key
    row = first.upstream.row
    if key.text is None and (key.problem is not None or not row.is_keyless):
        unset = f", and {row.key_variables[0]} is not set" if row.key_variables else ""
        reason = key.problem or f"no key is written{unset}: add an account"
        haul.report.left_out.append(Line(f"{first.at}.litellm_params.api_key", reason))
        return
    fields = _together(haul, credential.deployments)
    if add_api_key(haul, first.at, name, key.text or "", first.label, **fields) and key.variable is not None:
        haul.report.changed.append(
            Line(
                f"{first.at}.litellm_params.api_key",
                f"the value that {key.variable} has now is kept encrypted: a later change of the variable is not seen",
            )
        )


def _together(haul: Haul, deployments: list[Deployment]) -> Mapping[str, int]:
    """Limits of several deployments add up, as they share one key here; where one has no limit, there is none."""
    names = {name for each in deployments for name in each.account}
    fields: dict[str, int] = {}
    for name in sorted(names):
        values = [each.account[name] for each in deployments if name in each.account]
        if name == "priority":
            fields[name] = min(values)
        elif name == "weight":
            fields[name] = max(values)
        elif len(values) == len(deployments):
            fields[name] = sum(values)
    if len(deployments) > 1 and names:
        shown = ", ".join(f"{name} {value}" for name, value in fields.items()) or "none"
        said = f"limits of {len(deployments)} deployments with one key become those of its account: {shown}"
        haul.report.changed.append(Line(deployments[0].at, said))
    return fields


def _say_shared_names(haul: Haul) -> None:
    """A name that several providers have: the first of them serves it."""
    servers: dict[str, list[str]] = {}
    for provider in haul.providers:
        for name in provider.settings.get("models", {}):
            servers.setdefault(name, []).append(provider.name)
    for name, providers in servers.items():
        if len(providers) > 1:
            said = f"{name!r} was one pool; here {providers[0]!r} serves it, and {', '.join(providers[1:])} by path"
            haul.report.changed.append(
                Line(
                    "model_list",
                    f"{said} or as `PROVIDER/{name}`: shares and failover between vendors are lost",
                )
            )
