"""Settings of one source of answers. What concerns one type of provider alone stands in a section of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from isthmus.config.capabilities import Capabilities
from isthmus.config.fields import HeaderName, HttpUrl, ProxyUrl, Seconds, SecretText, Section, Text
from isthmus.config.sections.amazon_q import AmazonQSettings
from isthmus.config.sections.answer_cache import ProviderCacheSettings
from isthmus.config.sections.claude_code import ClaudeCodeSettings
from isthmus.config.sections.claude_web import ClaudeWebSettings
from isthmus.config.sections.compression import ProviderCompressionSettings
from isthmus.core.abilities import Rule
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret


def _named_by_themselves(value: Any) -> Any:
    """A list of models maps each name to itself."""
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return {each: each for each in value}
    return value


ModelMap = Annotated[Mapping[Text, Text], BeforeValidator(_named_by_themselves)]


class ProviderSettings(Section):
    """One source of answers."""

    synonyms: ClassVar[Mapping[str, str]] = {"timeout": "timeout_s"}

    type: Literal["openai-compatible", "anthropic", "amazon-q", "claude-web", "claude-code", "dummy"] = Field(
        default="openai-compatible",
        description="Which API it speaks. `amazon-q` is Amazon Q Developer and Kiro, with accounts that sign in; `claude-web` is claude.ai "
        "with your own sessions; `claude-code` is the Claude Code CLI on this machine; "
        "`dummy` needs neither key nor network, its model names choose its behaviour.",
    )
    vendor: Text | None = Field(
        default=None,
        description="Name of a known vendor, for its address and quirks; without it the address decides.",
    )
    base_url: HttpUrl | None = Field(
        default=None,
        description="Address of the API. For `openai-compatible` usually with `/v1`, without `/chat/completions`; "
        "required there unless `vendor` is set.",
    )
    api_key: SecretText = Field(
        default=Secret(""), description="Key of the upstream; may be empty for local servers."
    )
    models: ModelMap = Field(
        default={},
        description="Name the client uses (`*` stands for anything) → the upstream's name. A list keeps names as they are.",
    )
    default_model: Text | None = Field(
        default=None, description="Upstream model for names that `models` does not know."
    )
    capabilities: Mapping[Text, Capabilities] = Field(
        default={},
        description="Name pattern of upstream models → what they can and cannot carry; later patterns win.",
    )
    loss_policy: Policy = Field(
        default=Policy.REPAIR,
        description="Content the model cannot take: `repair` puts a visible placeholder, `strict` answers 400.",
    )
    pass_through: tuple[Text, ...] | None = Field(
        default=None,
        description="Other endpoints below `/v1` passed through to the vendor as they are, such as `moderations` or `files`; "
        "unset: `moderations`, `audio` and `images` for `openai-compatible`, none for `anthropic`. What a vendor keeps "
        "(files, batches, skills) is shared by everybody who may use the gateway.",
    )
    think_tags: bool | None = Field(
        default=None,
        description="Whether `<think>…</think>` in the text is read as thinking; unset: as known of the vendor.",
    )
    connect_timeout_s: Seconds = Field(default=10.0, description="How long connecting may take.")
    first_byte_timeout_s: Seconds = Field(
        default=300.0, description="How long the upstream may be silent before its first byte."
    )
    idle_timeout_s: Seconds = Field(default=300.0, description="How long a stream may pause.")
    timeout_s: Seconds = Field(
        default=600.0,
        description="How long a plain (not streamed) answer may take. Also `timeout`. For `claude-code` 300 unless it is said.",
    )
    headers: Mapping[HeaderName, SecretText] = Field(
        default={}, description="Headers added to every request to the upstream."
    )
    strategy: Literal["round-robin", "least-loaded", "weighted", "priority", "affinity"] | None = Field(
        default=None, description="How an account of this provider is chosen; unset: as `accounts.strategy`."
    )
    proxy: ProxyUrl | None = Field(
        default=None,
        description="Proxy to reach the upstream through: `http://…` or `socks5://…`, with credentials if needed.",
    )
    quirks: Mapping[Text, object] = Field(
        default={}, description="Corrections to what is known of the vendor, by name."
    )
    amazon_q: AmazonQSettings = Field(
        default=AmazonQSettings(),
        description="For `type: amazon-q`: what its accounts do not say themselves.",
    )
    claude_web: ClaudeWebSettings = Field(
        default=ClaudeWebSettings(),
        description="For `type: claude-web`: what its accounts do not say themselves.",
    )
    claude_code: ClaudeCodeSettings = Field(
        default=ClaudeCodeSettings(), description="For `type: claude-code`: the program and what it may do."
    )
    compression: ProviderCompressionSettings = Field(
        default=ProviderCompressionSettings(), description="Compression, where it differs from the general."
    )
    cache: ProviderCacheSettings = Field(
        default=ProviderCacheSettings(),
        description="The cache of its answers, where it differs from the general.",
    )

    def rules(self) -> tuple[Rule, ...]:
        """`capabilities` in the form that `core.abilities.resolve` takes."""
        return tuple(Rule(pattern, each.changes()) for pattern, each in self.capabilities.items())
