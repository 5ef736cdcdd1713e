"""How OpenAI-compatible vendors differ in what they accept and how they refuse, as rows of data.

Sources: the vendors' public API references and error texts quoted in public issue trackers, up to 2026-11
(mistral: charmbracelet/crush#1590, datapizza-labs/datapizza-ai#98, editor-code-assistant/eca#231,
langchain-ai/langchain#24668; deepseek: mnfst/modelparams.dev#29, NousResearch/hermes-agent#15228).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .answers import Refusal, names

STANDARD_FIELDS = names("""
    model messages stream stream_options max_tokens max_completion_tokens temperature top_p n stop presence_penalty
    frequency_penalty logit_bias logprobs top_logprobs seed user tools tool_choice parallel_tool_calls functions
    function_call response_format reasoning_effort metadata store service_tier safety_identifier prompt_cache_key
    prompt_cache_retention prompt_cache_options modalities audio prediction verbosity web_search_options""")
LOCAL_SERVER_FIELDS = names("""
    top_k min_p repetition_penalty ignore_eos min_tokens skip_special_tokens stop_token_ids chat_template_kwargs
    guided_json guided_regex guided_choice structured_outputs add_generation_prompt continue_final_message
    include_reasoning cache_prompt grammar json_schema id_slot reasoning_format""")
MISTRAL_FIELDS = names("""
    model messages stream max_tokens temperature top_p n stop random_seed presence_penalty frequency_penalty tools
    tool_choice parallel_tool_calls response_format prediction prompt_mode safe_prompt metadata guardrails
    reasoning_effort prompt_cache_key""")


def openai_error(refusal: Refusal) -> object:
    kind = refusal.kind or "invalid_request_error"
    return {"error": {"message": refusal.message, "type": kind, "param": refusal.param, "code": refusal.code}}


def deepseek_error(refusal: Refusal) -> object:
    kind = refusal.kind or "invalid_request_error"
    code = refusal.code or "invalid_request_error"
    return {"error": {"message": refusal.message, "type": kind, "param": None, "code": code}}


def siliconflow_error(refusal: Refusal) -> object:
    if refusal.status == 401:
        return "Invalid token"
    code = {"model_not_found": 20012, "invalid_request_error": 20015}.get(refusal.code or "", 20015)
    return {"code": code, "message": refusal.message, "data": None}


def vllm_error(refusal: Refusal) -> object:
    if refusal.status == 401:
        return {"error": "Unauthorized"}
    kind = refusal.kind or {404: "NotFoundError"}.get(refusal.status, "BadRequestError")
    return {
        "error": {"message": refusal.message, "type": kind, "param": refusal.param, "code": refusal.status}
    }


def mistral_error(refusal: Refusal) -> object:
    if refusal.status == 401:
        return {"detail": "Unauthorized"}
    message: object = refusal.message
    if refusal.status == 422:
        where = ["body", *(refusal.param or "").split(".")]
        message = {"detail": [{"type": "extra_forbidden", "loc": where, "msg": refusal.message}]}
    kind = refusal.kind or "invalid_request_error"
    return {"object": "error", "message": message, "type": kind, "param": None, "code": refusal.code}


@dataclass(frozen=True, slots=True)
class Profile:
    """One vendor's strictness. Take a row of PROFILES and `dataclasses.replace` what a test wants otherwise."""

    name: str
    fields: frozenset[str] = STANDARD_FIELDS
    extra_fields: frozenset[str] = frozenset()
    unknown_field_status: int = 400
    roles: tuple[str, ...] = ("system", "assistant", "user", "function", "tool", "developer")
    message_fields: frozenset[str] = frozenset()  # beyond the standard ones, for example reasoning_content
    limit_fields: frozenset[str] = frozenset({"max_tokens", "max_completion_tokens"})
    sampling: bool = True
    stop: bool = True
    forced_tool_choice: bool = True
    vision: bool = True
    alternating_roles: bool = False  # chat templates that know only user/assistant/user/assistant
    system_only_first: bool = False
    user_after_tool: bool = True
    prefill: bool = True
    results_in_call_order: bool = False  # templates that pair results with calls by position
    arguments_must_parse: bool = False
    null_content_with_calls: bool = True
    empty_content: bool = True
    tool_id: re.Pattern[str] | None = None
    reasoning_back: bool = False  # reasoning_content must return on assistant turns with tool calls
    error_body: Callable[[Refusal], object] = openai_error
    # what it answers with
    cache_usage: str = "details"  # or "deepseek"
    new_tool_id: str = "call_{n:024x}"

    def allows(self, name: str) -> bool:
        return name in self.fields or name in self.extra_fields


_ROLES_OF_TEMPLATES = ("system", "user", "assistant", "tool")
_REASONING = frozenset({"reasoning_content"})

_ROWS = (
    Profile("openai"),
    Profile(
        "openai_reasoning",
        limit_fields=frozenset({"max_completion_tokens"}),
        sampling=False,
        stop=False,
    ),
    Profile(
        "deepseek",
        extra_fields=frozenset({"thinking"}),
        roles=_ROLES_OF_TEMPLATES,
        message_fields=_REASONING | {"prefix"},
        limit_fields=frozenset({"max_tokens"}),
        vision=False,
        error_body=deepseek_error,
        cache_usage="deepseek",
    ),
    Profile(
        "deepseek_thinking",
        extra_fields=frozenset({"thinking"}),
        roles=_ROLES_OF_TEMPLATES,
        message_fields=_REASONING | {"prefix"},
        limit_fields=frozenset({"max_tokens"}),
        forced_tool_choice=False,
        vision=False,
        reasoning_back=True,
        error_body=deepseek_error,
        cache_usage="deepseek",
    ),
    Profile(
        "siliconflow",
        extra_fields=frozenset({"enable_thinking", "thinking_budget", "top_k", "min_p"}),
        roles=_ROLES_OF_TEMPLATES,
        message_fields=_REASONING,
        limit_fields=frozenset({"max_tokens"}),
        results_in_call_order=True,
        error_body=siliconflow_error,
    ),
    Profile(
        "strict_template",
        extra_fields=LOCAL_SERVER_FIELDS,
        roles=_ROLES_OF_TEMPLATES,
        message_fields=_REASONING | {"reasoning"},
        alternating_roles=True,
        system_only_first=True,
        results_in_call_order=True,
        arguments_must_parse=True,
        error_body=vllm_error,
        new_tool_id="chatcmpl-tool-{n:032x}",
    ),
    Profile(
        "moonshot",
        extra_fields=frozenset({"thinking"}),
        roles=_ROLES_OF_TEMPLATES,
        message_fields=_REASONING | {"partial"},
        limit_fields=frozenset({"max_tokens", "max_completion_tokens"}),
        empty_content=False,
        error_body=openai_error,
        new_tool_id="functions.{name}:{n}",
    ),
    Profile(
        "mistral",
        fields=MISTRAL_FIELDS,
        unknown_field_status=422,
        roles=_ROLES_OF_TEMPLATES,
        message_fields=frozenset({"prefix"}),
        limit_fields=frozenset({"max_tokens"}),
        user_after_tool=False,
        prefill=False,
        results_in_call_order=True,
        tool_id=re.compile(r"[a-zA-Z0-9]{9}"),
        error_body=mistral_error,
        new_tool_id="{n:09x}",
    ),
)

PROFILES: Mapping[str, Profile] = {row.name: row for row in _ROWS}


def profile_named(profile: str | Profile) -> Profile:
    return PROFILES[profile] if isinstance(profile, str) else profile
