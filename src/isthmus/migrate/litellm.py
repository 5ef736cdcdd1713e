"""LiteLLM proxy: the YAML given by `--config`, with the files that it includes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isthmus.migrate.client_keys import add_client_key
from isthmus.migrate.detect import value_of
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.litellm_deployment import Deployment, deployment
from isthmus.migrate.litellm_providers import add_deployments
from isthmus.migrate.litellm_values import meaning, with_includes
from isthmus.migrate.source import Options, file_in, read_yaml

PROGRAM: Final = "litellm"
_FILES: Final = ("config.yaml", "config.yml", "litellm_config.yaml", "proxy_config.yaml")
_STRATEGIES: Final = {
    "simple-shuffle": "weighted",
    "least-busy": "least-loaded",
    "latency-based-routing": "least-loaded",
    "usage-based-routing": "round-robin",
    "usage-based-routing-v2": "round-robin",
}
_MAX_ATTEMPTS: Final = 20
_NO_FAILOVER: Final = "a request stays with its provider here: put the keys of one vendor into one provider"
_FALLBACKS: Final = ("fallbacks", "default_fallbacks", "context_window_fallbacks", "content_policy_fallbacks")
_COOLING: Final = "accounts rest until the vendor's own reset time here: see `accounts.max_cooldown_s`"
_REDIS: Final = "several gateways share limits by `limits.redis_url`: write it into the configuration file"
_CALLBACK: Final = "there are no call-backs: read the request log, or the metrics"
_CACHE: Final = "answers are kept in memory here, for each key apart: set `cache.enabled` if you want that"
_ROUTER: Final = {
    **dict.fromkeys(_FALLBACKS, _NO_FAILOVER),
    **dict.fromkeys(("retry_after", "allowed_fails", "cooldown_time", "disable_cooldowns"), _COOLING),
    **dict.fromkeys(("redis_url", "redis_host", "redis_port", "redis_password"), _REDIS),
    "cache_responses": _CACHE,
}
_LITELLM: Final = {
    **dict.fromkeys(_FALLBACKS, _NO_FAILOVER),
    **dict.fromkeys(("callbacks", "success_callback", "failure_callback", "service_callback"), _CALLBACK),
    **dict.fromkeys(("cache", "cache_params"), _CACHE),
    "set_verbose": "set `logging.level` to debug if you want it",
    "json_logs": "set `logging.format` in the configuration file",
    "modify_params": "requests are made to fit the model here: see `defaults.loss_policy`",
}
_IN_ITS_DATABASE: Final = (
    "its models, keys and budgets cannot be read: create them anew with `isthmus keys create`"
)
_GENERAL: Final = {
    "database_url": f"{_IN_ITS_DATABASE}; the database of this gateway is `storage.url`",
    "custom_auth": "code of the other program is not run: create API keys",
    "pass_through_endpoints": "see `pass_through` of a provider",
    "alerting": "watch the metrics instead",
    "alerting_threshold": "watch the metrics instead",
    "global_max_parallel_requests": "requests are limited per account and per API key: set `max_concurrency` there",
    "disable_spend_logs": "set `request_log.enabled`",
    "proxy_batch_write_at": "the request log is written in batches by itself",
    "user_header_name": "API keys say who asks: create one for each user",
}
_TOP: Final = dict.fromkeys(
    "mcp_servers guardrails prompts agents vector_store_registry search_tools files_settings finetune_settings "
    "assistant_settings callback_settings".split(),
    "there is no such thing here: leave it with the program that uses it",
)


def read(path: Path, options: Options) -> Haul:
    haul = Haul(PROGRAM)
    value = value_of(PROGRAM, path, _FILES, read_yaml)
    root = Entry(with_includes(file_in(path, *_FILES) or path, value, haul.report), haul.report)
    variables = root.below("environment_variables").all_texts()
    env = {**options.env, **variables}
    if variables:
        said = "used to look up keys now, not carried: write settings into the configuration file or your environment"
        root.left_out("environment_variables", f"{', '.join(variables)}: {said}")
    entries = root.each_below("model_list")
    deployments = [each for each in (deployment(entry, env, _credentials(root)) for entry in entries) if each]
    add_deployments(haul, deployments)
    attempts = _router(haul, root.below("router_settings")), _litellm(haul, root.below("litellm_settings"))
    _say_attempts(haul, attempts, deployments)
    _general(haul, root.below("general_settings"), env)
    root.leave_out(_TOP)
    root.rest_is_unknown()
    return haul


def _credentials(root: Entry) -> dict[str, Mapping[str, Any]]:
    found = root.take("credential_list")
    entries = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return {
        str(each.get("credential_name")): values
        for each in entries
        if isinstance(values := each.get("credential_values"), dict)
    }


def _router(haul: Haul, router: Entry) -> int | None:
    """Returns how often a request was tried again."""
    if strategy := router.text("routing_strategy"):
        ours = _STRATEGIES.get(strategy, "weighted")
        haul.settings["accounts.strategy"] = ours
        tell = router.carried if strategy == "simple-shuffle" else router.changed
        tell("routing_strategy", f"{strategy!r} becomes `accounts.strategy` {ours!r}")
    _aliases(haul, router.below("model_group_alias"))
    _timeout(haul, router, "timeout")
    retries = router.integer("num_retries")
    router.leave_out(_ROUTER)
    router.rest_is_unknown()
    return retries


def _aliases(haul: Haul, groups: Entry) -> None:
    for alias in groups.names():
        value = groups.take(alias)
        model = value.get("model") if isinstance(value, dict) else value
        if not isinstance(model, str) or not model or model == alias:
            groups.left_out(alias, "names no other model: add an alias by hand")
            continue
        haul.aliases[alias] = model
        if isinstance(value, dict) and value.get("hidden"):
            groups.changed(alias, f"hidden there; here alias of {model!r}, and listed")
        else:
            groups.carried(alias, f"alias of {model!r}")


def _litellm(haul: Haul, settings: Entry) -> int | None:
    drop = settings.flag("drop_params", words=True)
    if drop is not None:
        policy = "repair" if drop else "strict"
        haul.settings["defaults.loss_policy"] = policy
        settings.carried("drop_params", f"{str(drop).lower()} becomes `defaults.loss_policy` {policy!r}")
    _timeout(haul, settings, "request_timeout")
    retries = settings.integer("num_retries")
    settings.leave_out(_LITELLM)
    settings.rest_is_unknown()
    return retries


def _timeout(haul: Haul, entry: Entry, name: str) -> None:
    """The router's own counts for more; it is read first."""
    seconds = entry.number(name)
    if seconds is None:
        return
    if not 0 < seconds <= 86_400:
        entry.left_out(name, f"{seconds:g} s is no time-out here: set `defaults.timeout_s`")
    elif "defaults.timeout_s" in haul.settings:
        entry.left_out(name, f"the router's time-out of {haul.settings['defaults.timeout_s']:g} s counts")
    else:
        haul.settings["defaults.timeout_s"] = seconds
        entry.carried(name, f"`defaults.timeout_s` {seconds:g}")


def _say_attempts(haul: Haul, retries: tuple[int | None, ...], deployments: list[Deployment]) -> None:
    per_deployment = [each.attempts for each in deployments if each.attempts is not None]
    wanted = next((each for each in retries if each is not None), max(per_deployment, default=None))
    if wanted is None:
        return
    attempts = min(max(wanted, 0) + 1, _MAX_ATTEMPTS)
    haul.settings["accounts.max_attempts"] = attempts
    said = f"{wanted} retries become `accounts.max_attempts` {attempts}: each with another account, never one twice"
    haul.report.changed.append(Line("num_retries", said))


def _general(haul: Haul, general: Entry, env: Mapping[str, str]) -> None:
    _master_key(haul, general, env)
    if (mebibytes := general.integer("max_request_size_mb")) is not None:
        general.changed("max_request_size_mb", f"{mebibytes} MB becomes `server.max_body_mib: {mebibytes}`")
        haul.report.closing.append(f"Write into isthmus.yaml: server: {{max_body_mib: {mebibytes}}}")
    if general.flag("store_model_in_db", words=True) is not None:
        general.left_out("store_model_in_db", _IN_ITS_DATABASE)
        haul.report.closing.append(
            "The program may keep models and keys in its database: the file is only a part then."
        )
    general.leave_out(_GENERAL)
    general.rest_is_unknown()


def _master_key(haul: Haul, general: Entry, env: Mapping[str, str]) -> None:
    concurrency = general.integer("max_parallel_requests")
    written = general.text("master_key")
    meant = meaning(written or "os.environ/LITELLM_MASTER_KEY", env)
    at = general.at("master_key")
    if meant.text is not None:
        limit = concurrency if concurrency is not None and concurrency > 0 else None
        if add_client_key(haul, at, meant.text, PROGRAM, max_concurrency=limit):
            haul.report.changed.append(
                Line(
                    at,
                    "administrator's and client's key there, a client's only here: no administrator is made from it",
                )
            )
    elif written:
        haul.report.left_out.append(Line(at, meant.problem or ""))
    if concurrency is not None and not haul.keys:
        general.left_out(
            "max_parallel_requests", "there is no key to limit: set `max_concurrency` of an API key"
        )
    elif concurrency is not None:
        general.carried("max_parallel_requests", f"`max_concurrency` {concurrency} of the API key")
