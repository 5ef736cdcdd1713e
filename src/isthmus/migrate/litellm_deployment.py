"""One entry of LiteLLM's `model_list`: a public name, and the upstream that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import NewPrice
from isthmus.migrate.litellm_values import Meant, meaning
from isthmus.migrate.litellm_vendors import SUBSCRIPTION, Named, take_apart

_MODES: Final = frozenset(("chat", "completion", "embedding", "responses"))
_CALL_PARAMETERS: Final = (
    "temperature top_p top_k max_tokens max_completion_tokens n stop seed presence_penalty frequency_penalty logit_bias user "
    "response_format tools tool_choice parallel_tool_calls reasoning_effort thinking extra_body stream service_tier logprobs"
).split()
_NO_DEFAULTS: Final = "there are no default call parameters here: let the client send it"
_REPORTED: Final = {
    **dict.fromkeys(_CALL_PARAMETERS, _NO_DEFAULTS),
    "stream_timeout": "a stream has `first_byte_timeout_s` and `idle_timeout_s` here: set them on the provider",
    "itpm": "input and output tokens are not limited apart: set `tokens_per_minute` of the account",
    "otpm": "input and output tokens are not limited apart: set `tokens_per_minute` of the account",
    "api_version": "write it into the address, as part of `base_url`",
    "tags": "requests are not routed by tag: limit an API key to providers or models instead",
    "max_budget": "budgets belong to API keys here: set one there",
    "budget_duration": "budgets belong to API keys here, by day or month",
}
_SPECIAL: Final = ("aws_", "vertex_", "azure_", "gcs_", "s3_", "watsonx_", "sagemaker_")
_ABILITIES: Final = {
    "supports_vision": "vision",
    "supports_function_calling": "tools",
    "supports_parallel_function_calling": "parallel_tools",
    "supports_pdf_input": "documents",
    "supports_response_schema": "json_schema",
    "supports_assistant_prefill": "prefill",
}
_WINDOWS: Final = {
    "max_input_tokens": "context_window",
    "max_tokens": "max_output_tokens",
    "max_output_tokens": "max_output_tokens",
}
_LIMITS: Final = {
    "rpm": "requests_per_minute",
    "tpm": "tokens_per_minute",
    "rpd": "requests_per_day",
    "tpd": "tokens_per_day",
    "max_parallel_requests": "max_concurrency",
    "order": "priority",
}
_PRICES: Final = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    at: str
    name: str
    """What clients ask for."""
    upstream: Named
    base_url: str | None
    key: Meant
    label: str
    headers: Mapping[str, Secret] = field(default_factory=dict)
    timeout_s: float | None = None
    attempts: int | None = None
    account: Mapping[str, int] = field(default_factory=dict)
    """Limits, weight and priority, by the names of `NewAccount`."""
    abilities: Mapping[str, Any] = field(default_factory=dict)
    price: NewPrice | None = None
    off: str | None = None
    """Why it cannot be used as it is."""


def deployment(
    entry: Entry, env: Mapping[str, str], credentials: Mapping[str, Mapping[str, Any]]
) -> Deployment | None:
    """None, and a line of the report, for what is left out. `credentials` are those of `credential_list`."""
    name = entry.text("model_name")
    params = entry.below("litellm_params")
    info = entry.below("model_info")
    model = params.text("model")
    if not name or not model:
        entry.left_out(
            "model_name", "needs `model_name` and `litellm_params.model`: put it right there and run again"
        )
        return None
    upstream = take_apart(model, params.text("custom_llm_provider"))
    if reason := _not_ours(params, info, upstream):
        entry.left_out("", f"{name!r}: {reason}")
        params.take(*params.names())
        return None
    values = _with_credential(params, credentials)
    found = Deployment(
        entry.path,
        name,
        upstream,
        _base(values, upstream, env),
        _key(values, upstream, env),
        info.text("id") or name,
        _headers(params, env),
        _timeout(params),
        params.integer("max_retries"),
        _account(entry, params),
        _abilities(info),
        _price(params, info, upstream.model),
        _off(params, upstream),
    )
    if upstream.guessed and upstream.row.off is None:
        params.changed("model", f"{model!r} names no vendor: taken as one of {upstream.vendor}'s")
    params.leave_out(_REPORTED)
    info.leave_out(
        {
            "base_model": "models are known by the upstream's name here: see `capabilities` of the provider",
            "supports_prompt_caching": "as known of the vendor: see `capabilities` of the provider",
            "supports_reasoning": "as known of the vendor: see `capabilities` of the provider",
            "supports_system_messages": "as known of the vendor: see `capabilities` of the provider",
        }
    )
    for each in (entry, params, info):
        each.rest_is_unknown()
    return found


def _not_ours(params: Entry, info: Entry, upstream: Named) -> str | None:
    if upstream.row.left_out:
        return upstream.row.left_out
    if params.flag("use_xai_oauth", words=True) or params.take("chatgpt_auth_file"):
        return SUBSCRIPTION
    mode = info.text("mode")
    if mode is not None and mode not in _MODES:
        return f"models of mode {mode!r} are not served here: let the client ask the vendor itself"
    return None


def _with_credential(params: Entry, credentials: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """`api_key` and `api_base`, from the entry or the credential that it names."""
    written = {"api_key": params.text("api_key"), "api_base": params.text("api_base", "base_url")}
    values = {name: text for name, text in written.items() if text}
    if name := params.text("litellm_credential_name"):
        found = credentials.get(name)
        if found is None:
            params.left_out(
                "litellm_credential_name", f"{name!r} is not in `credential_list`: add it and run again"
            )
        else:
            params.carried("litellm_credential_name", f"the values of {name!r}")
            values = {key: str(text) for key, text in found.items() if isinstance(text, str)} | values
    return values


def _key(values: Mapping[str, str], upstream: Named, env: Mapping[str, str]) -> Meant:
    if text := values.get("api_key"):
        return meaning(text, env)
    for variable in upstream.row.key_variables:
        if env.get(variable):
            return Meant(env[variable], variable)
    return Meant(None)


def _base(values: Mapping[str, str], upstream: Named, env: Mapping[str, str]) -> str | None:
    row = upstream.row
    text = meaning(values["api_base"], env).text if "api_base" in values else None
    text = text or next((env[name] for name in row.base_variables if env.get(name)), None)
    if text is None:
        return row.base_url
    base = text.rstrip("/")
    for ending in ("/chat/completions", "/v1/messages"):
        base = base.removesuffix(ending)
    return base if not row.appended or base.endswith(row.appended) else base + row.appended


def _headers(params: Entry, env: Mapping[str, str]) -> dict[str, Secret]:
    headers = {name: Secret(text) for name, text in params.below("extra_headers").all_texts().items()}
    organization = params.text("organization")
    if organization and (text := meaning(organization, env).text):
        headers["OpenAI-Organization"] = Secret(text)
        params.carried("organization", "header `OpenAI-Organization` of the provider")
    if "extra_headers" in params:
        params.carried("extra_headers", f"headers of the provider: {', '.join(headers)}")
    return headers


def _timeout(params: Entry) -> float | None:
    seconds = params.number("timeout")
    if seconds is None:
        return None
    if not 0 < seconds <= 86_400:
        params.left_out("timeout", f"{seconds:g} s is no time-out here: set `timeout_s` of the provider")
        return None
    params.carried("timeout", f"`timeout_s` {seconds:g} of the provider")
    return seconds


def _account(entry: Entry, params: Entry) -> dict[str, int]:
    """Older files have `rpm` and `tpm` beside `litellm_params`."""
    found = {}
    for there, here in _LIMITS.items():
        source = entry if there in entry and there not in params else params
        if (value := source.integer(there)) is not None and (value > 0 or there == "order"):
            found[here] = value
            source.carried(there, f"`{here}` {value} of the account")
    if (weight := _weight(params)) is not None:
        found["weight"] = weight
    elif share := found.get("requests_per_minute") or found.get("tokens_per_minute"):
        found["weight"] = share
    return found


def _weight(params: Entry) -> int | None:
    weight = params.number("weight")
    if weight is None or weight <= 0:
        return None
    if weight.is_integer():
        params.carried("weight", f"`weight` {weight:g} of the account")
        return int(weight)
    scaled = max(1, round(weight * 100))
    params.changed(
        "weight", f"{weight} becomes {scaled}: weights are whole numbers, so give the others 100 for 1"
    )
    return scaled


def _abilities(info: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for there, here in _WINDOWS.items():
        if (tokens := info.integer(there)) is not None and tokens > 0:
            found[here] = tokens
            info.carried(there, f"`capabilities`: {here} {tokens}")
    for there, here in _ABILITIES.items():
        if (able := info.flag(there, words=True)) is not None:
            found[here] = able
            info.carried(there, f"`capabilities`: {here} {str(able).lower()}")
    return found


def _price(params: Entry, info: Entry, model: str) -> NewPrice | None:
    dollars = {here: params.number(there) or info.number(there) for there, here in _PRICES.items()}
    # Per token there, per million here; rounded, as 3e-06 times a million is not quite 3.
    price = {here: round(each * 1e6, 9) for here, each in dollars.items() if each is not None and each >= 0}
    if not price:
        return None
    given = "input_cost_per_token" if "input" in price else "output_cost_per_token"
    if missing := {"input", "output"} - price.keys():
        said = f"a price needs both directions and lacks {missing.pop()}: add it at /v2/models/prices"
        params.left_out(given, said)
        return None
    params.carried(given, f"price of {model}")
    return NewPrice(model, price)


def _off(params: Entry, upstream: Named) -> str | None:
    special = [
        name
        for name in params.names()
        if name.startswith(_SPECIAL) or name.endswith(("_router_config", "_ref"))
    ]
    special += [name for name in ("mock_response",) if name in params]
    if special:
        reason = "works with the vendor's own sign-in or answers by itself there: add an account, or remove the provider"
        params.leave_out(dict.fromkeys(special, reason))
        return f"it depends on {', '.join(sorted(special))}, which have no counterpart here"
    return upstream.row.off
