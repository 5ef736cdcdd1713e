"""Every setting there is: its name, type, default and meaning. docs/configuration.md is generated from these classes.

Built by `load`, which also checks what spans several sections (such as a public address without keys).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from isthmus.config.capabilities import Capabilities
from isthmus.config.fields import (
    AbsolutePath,
    ClientKey,
    Count,
    DatabaseUrl,
    HeaderName,
    HostName,
    HttpUrl,
    MirrorPrefix,
    Network,
    OpenDirectory,
    Origin,
    Port,
    ProviderName,
    ProxyUrl,
    Seconds,
    SecretText,
    Section,
    Text,
    not_boolean,
)
from isthmus.core.abilities import Rule
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret


def _named_by_themselves(value: Any) -> Any:
    """A list of models maps each name to itself."""
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return {each: each for each in value}
    return value


ModelMap = Annotated[Mapping[Text, Text], BeforeValidator(_named_by_themselves)]


class ServerSettings(Section):
    """Where the gateway listens, and whom it trusts."""

    host: Text = Field(
        default="127.0.0.1",
        description="Address to listen on. On any other than loopback nobody is let in without a key.",
    )
    port: Port = Field(default=8000, description="Port to listen on; 0 takes a free one.")
    max_body_mib: Count = Field(
        default=32, description="Largest request body in MiB; a larger one is answered 413."
    )
    allowed_hosts: tuple[HostName, ...] = Field(
        default=(),
        description="Host names accepted in requests besides the address listened on, without scheme and port.",
    )
    trusted_proxies: tuple[Network, ...] = Field(
        default=(), description="Networks (CIDR) of reverse proxies whose `X-Forwarded-For` is believed."
    )
    drain_timeout_s: Seconds = Field(
        default=30.0, description="How long running answers may take to end after SIGTERM."
    )
    cors_origins: tuple[Origin, ...] = Field(
        default=(),
        description="Origins of web pages that may call the gateway, such as `https://app.example.com`.",
    )


class AmazonQSettings(Section):
    """Amazon Q Developer and Kiro. An account's `details` of the same name stand above these."""

    endpoint_family: Literal["auto", "q", "codewhisperer", "kiro"] = Field(
        default="auto",
        description="Which hosts are asked. `auto`: `kiro` for accounts with a profile, `q` for those without.",
    )
    api_region: Text | None = Field(
        default=None,
        description="Region of the service; unset: that of the account's profile, else us-east-1.",
    )
    auth_region: Text = Field(
        default="us-east-1", description="Region of the token service, for accounts of IAM Identity Center."
    )
    profile_arn: Text | None = Field(
        default=None, description="Profile of accounts that have none of their own."
    )
    chat_url: HttpUrl | None = Field(
        default=None, description="Address of the chat service; unset: as known."
    )
    control_url: HttpUrl | None = Field(
        default=None, description="Address for model lists, limits and profiles; unset: as known."
    )
    token_url: HttpUrl | None = Field(
        default=None, description="Address of the token service (OIDC); unset: as known."
    )
    social_url: HttpUrl | None = Field(
        default=None, description="Address of Kiro's own sign-in service; unset: as known."
    )
    origin: Text | None = Field(
        default=None, description="Origin named in every request; unset: `CLI`, or `KIRO_CLI` for `kiro`."
    )
    agent_mode: Text | None = Field(
        default=None, description="Sent as `x-amzn-kiro-agent-mode`, such as `vibe`; unset: not sent."
    )
    opt_out: bool = Field(default=True, description="Ask the service not to use content for its improvement.")
    strict_schemas: bool = Field(
        default=False,
        description="Reduce tool schemas to what every model takes from the start, not only after a refusal.",
    )
    files_anywhere: bool = Field(
        default=False,
        description="Send images and documents also with earlier messages and beside tool results. Reports disagree on whether the "
        "service takes them there; without this, `loss_policy` says what becomes of them.",
    )


class ClaudeWebSettings(Section):
    """Sessions of claude.ai (docs/claude-web.md). An account's `details` of the same name stand above these."""

    base_url: HttpUrl = Field(default="https://claude.ai", description="Address of the website.")
    temporary: bool = Field(
        default=True,
        description="Make conversations as temporary ones, which claude.ai keeps out of the account's list.",
    )
    chat_delete: bool = Field(
        default=True,
        description="Delete a conversation once its answer is over. Happens behind the answer, and is tried again when it fails.",
    )
    keep_conversations: bool = Field(
        default=False,
        description="Go on in one conversation of claude.ai while a client keeps a session, and send only its newest message. Kept "
        "conversations are not deleted.",
    )
    conversation_idle_s: Annotated[Count, Field(le=86_400)] = Field(
        default=1800,
        description="With `keep_conversations`: seconds without a message after which a new one is begun.",
    )
    no_role_prefix: bool = Field(
        default=False, description="Tell messages without `Human: `, `Assistant: ` and `System: ` in front."
    )
    prompt_disable_artifacts: bool = Field(
        default=False, description="Begin each prompt with the request to use Markdown, not artifacts."
    )
    max_chat_history_length: Annotated[Count, Field(le=1_000_000)] = Field(
        default=10_000,
        description="Characters of a prompt; a longer one goes up as the text file `context.txt`.",
    )
    thinking_output: Literal["native", "think_tags", "drop"] = Field(
        default="native",
        description="Thinking as the client's dialect has it, as `<think>…</think>` in the text, or not at all.",
    )
    thinking_api: Literal["request", "conversation"] = Field(
        default="request",
        description="Where the wish to think is said: with each request, or once in a conversation.",
    )
    upload_api: Literal["org", "conversation"] = Field(
        default="org", description="Which of the website's two addresses takes files."
    )
    web_search: bool = Field(
        default=False,
        description="Offer claude.ai's own web search to the model. Never together with tools of the client.",
    )
    send_origin: bool = Field(
        default=False,
        description="Send `Origin` and `Referer` of the website, should it refuse requests without them.",
    )
    timezone: Text = Field(
        default="Etc/UTC",
        description="IANA time zone told to the website; times it names without one are read in it.",
    )
    locale: Text = Field(default="en-US", description="Language told to the website.")
    max_files: Annotated[Count, Field(le=100)] = Field(
        default=20, description="Images and documents of one request, at most."
    )
    max_file_mb: Annotated[Count, Field(le=100)] = Field(
        default=10, description="Size of each of them in MB, at most."
    )


class ClaudeCodePoolSettings(Section):
    """Processes of Claude Code. Each takes about 130 MiB."""

    size: Annotated[int, BeforeValidator(not_boolean), Field(ge=0, le=100)] = Field(
        default=1,
        description="Processes that are started in advance, so that a request need not wait for a start; 0: none.",
    )
    max_processes: Annotated[Count, Field(le=1000)] = Field(
        default=8, description="Processes at a time, at most; a request that finds none free waits."
    )
    max_idle_s: Seconds = Field(
        default=300.0, description="How long a process that nobody asks anything is kept."
    )
    max_lifetime_s: Seconds = Field(default=3600.0, description="How long a process is kept at all.")
    queue_timeout_s: Annotated[Seconds, Field(le=86_400)] = Field(
        default=30.0,
        description="How long a request waits for a process before it is answered 429. For `mode: batch` 3600 unless it is said.",
    )


class ClaudeCodeFileSettings(Section):
    """What Claude Code may do on the gateway's machine: nothing, unless it is said here."""

    skip_permissions: bool = Field(
        default=False,
        description="Run every tool in `allowed_tools` without asking, and let it reach every file that the gateway can. The gateway "
        "does not start so where other machines can reach it, unless `allow_on_network` is set.",
    )
    allow_on_network: bool = Field(
        default=False,
        description="Whether `skip_permissions` is meant even if `server.host` is not loopback.",
    )
    additional_dirs: tuple[AbsolutePath, ...] = Field(
        default=(),
        description="Absolute paths of directories that its file tools may see, beside an empty one of its own.",
    )
    image_dirs: tuple[OpenDirectory, ...] = Field(
        default=(),
        description="Absolute paths of directories whose images any client of this provider may name by path, such as `/srv/images/x.png` "
        "or `file:///srv/images/x.png`. The gateway reads them; links that lead out of them are not followed.",
    )
    allowed_tools: tuple[Text, ...] = Field(
        default=(),
        description="Tools that Claude Code may run itself, as its rules name them: `Read`, `Bash(git log *)`, `mcp__server__tool`.",
    )
    permission_mode: (
        Literal["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "plan"] | None
    ) = Field(default=None, description="Its permission mode; unset: its own default.")


class ClaudeCodeMcpSettings(Section):
    """MCP servers that Claude Code starts itself."""

    enabled: bool = Field(default=False, description="Whether servers are started at all.")
    config_file: AbsolutePath | None = Field(
        default=None,
        description="Absolute path of a file with `mcpServers`, as Claude Code has it; required.",
    )
    strict: bool = Field(default=True, description="Servers of that file alone.")
    debug: bool = Field(
        default=False,
        description="Log what Claude Code writes about its servers, when each process ends (the last 8 KiB). It may hold what servers say.",
    )
    allowed: tuple[Text, ...] = Field(
        default=("*",),
        description="Servers and tools that may be used at all, such as `files` or `files:read_*`; `*` stands for anything. An API key "
        "may be given fewer of them (docs/keys.md). Servers that are not allowed are not started.",
    )


class ClaudeCodeSettings(Section):
    """The Claude Code CLI on this machine (docs/claude-code.md)."""

    cli_path: Text | None = Field(
        default=None,
        description="The program; unset: `claude` on PATH, else the one in an installed claude-agent-sdk.",
    )
    mode: Literal["one_shot", "interactive", "batch"] = Field(
        default="one_shot",
        description="`one_shot`: a process for every request. `interactive`: it is kept for the next turn of the same conversation. "
        "`batch`: as `one_shot`, and requests that find no process free wait in line for long.",
    )
    bare: bool | None = Field(
        default=None,
        description="Start it with `--bare`; unset: yes, except with a token of a subscription, which does not work so.",
    )
    pool: ClaudeCodePoolSettings = Field(default=ClaudeCodePoolSettings(), description="Its processes.")
    file_access: ClaudeCodeFileSettings = Field(
        default=ClaudeCodeFileSettings(), description="What it may do on this machine."
    )
    mcp: ClaudeCodeMcpSettings = Field(default=ClaudeCodeMcpSettings(), description="Its MCP servers.")


CompressionMethod = Literal["off", "clip", "drop", "summarise"]
Share = Annotated[float, Field(gt=0, le=1)]
Turns = Annotated[Count, Field(le=1000)]
ClipChars = Annotated[int, Field(ge=200, le=1_000_000)]
ThresholdTokens = Annotated[int, Field(ge=1000)]


class CompressionSettings(Section):
    """What is done with a conversation that no longer fits its model (docs/compression.md)."""

    method: CompressionMethod = Field(
        default="off",
        description="`off`: the client gets the overflow error and compacts by itself; `clip` shortens old tool results, `drop` "
        "leaves out the oldest turns, `summarise` puts a summary in their place.",
    )
    at: Share = Field(
        default=0.9,
        description="Share of the model's context window that a prompt may fill before it is compressed.",
    )
    threshold_tokens: ThresholdTokens | None = Field(
        default=None,
        description="Compress above so many tokens even if the window has room, and also where the window is not known; unset: by "
        "the window alone.",
    )
    keep_turns: Turns = Field(
        default=4, description="Newest messages of the user, tool results included, that are never touched."
    )
    clip_to_chars: ClipChars = Field(
        default=2000, description="Characters that are left of a clipped tool result."
    )
    model: Text | None = Field(
        default=None,
        description="Who writes summaries: `provider/model`, `model` or an alias; unset: the model that was asked, at its provider.",
    )
    timeout_s: Annotated[Seconds, Field(le=600)] = Field(
        default=60.0,
        description="How long a summary may take; without one in time the oldest turns are dropped.",
    )


class ProviderCompressionSettings(Section):
    """Compression for this provider, where it differs from `compression`."""

    method: CompressionMethod | None = Field(default=None, description="Unset: as `compression.method`.")
    at: Share | None = Field(default=None, description="Unset: as `compression.at`.")
    threshold_tokens: ThresholdTokens | None = Field(
        default=None, description="Unset: as `compression.threshold_tokens`."
    )
    keep_turns: Turns | None = Field(default=None, description="Unset: as `compression.keep_turns`.")
    clip_to_chars: ClipChars | None = Field(
        default=None, description="Unset: as `compression.clip_to_chars`."
    )
    model: Text | None = Field(default=None, description="Unset: as `compression.model`.")
    timeout_s: Annotated[Seconds, Field(le=600)] | None = Field(
        default=None, description="Unset: as `compression.timeout_s`."
    )

    def over(self, general: CompressionSettings) -> CompressionSettings:
        """The general settings, with what is said here in their place."""
        said = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return general.model_copy(update=said)


CacheEntries = Annotated[Count, Field(le=1_000_000)]
CacheMib = Annotated[Count, Field(le=65_536)]
CacheSeconds = Annotated[Seconds, Field(le=2_592_000)]


class CacheSettings(Section):
    """Answers that are given again when the same key asks exactly the same (docs/cache.md)."""

    enabled: bool = Field(default=False, description="Whether answers are kept.")
    ttl_s: CacheSeconds = Field(default=3600.0, description="How long an answer is given again.")
    max_entries: CacheEntries = Field(default=1000, description="Answers of one provider, at most.")
    max_mib: CacheMib = Field(
        default=64,
        description="Memory for the answers of one provider, in MiB. What was not used for longest gives way; a single answer larger "
        "than a tenth of it is not kept.",
    )


class ConversationSettings(Section):
    """Conversations that clients begin at `/v1/conversations` and go on with by id (docs/conversations.md)."""

    enabled: bool = Field(
        default=True, description="Whether they are offered. Nothing is kept until a client begins one."
    )
    max_history_messages: Annotated[Count, Field(le=10_000)] = Field(
        default=20,
        description="Messages of a conversation that a model is told; the oldest go first, never half of a tool call.",
    )
    session_timeout_minutes: Annotated[Count, Field(le=525_600)] = Field(
        default=30, description="Minutes without an answer after which a conversation has ended."
    )
    max_per_key: Annotated[Count, Field(le=1_000_000)] = Field(
        default=100, description="Conversations of one API key, at most."
    )


class ProviderCacheSettings(Section):
    """The cache of this provider's answers, where it differs from `cache`."""

    enabled: bool | None = Field(default=None, description="Unset: as `cache.enabled`.")
    ttl_s: CacheSeconds | None = Field(default=None, description="Unset: as `cache.ttl_s`.")
    max_entries: CacheEntries | None = Field(default=None, description="Unset: as `cache.max_entries`.")
    max_mib: CacheMib | None = Field(default=None, description="Unset: as `cache.max_mib`.")

    def over(self, general: CacheSettings) -> CacheSettings:
        """The general settings, with what is said here in their place."""
        said = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return general.model_copy(update=said)


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


class StorageSettings(Section):
    """Where accounts, keys, settings and the request log are kept."""

    data_dir: Text | None = Field(
        default=None,
        description="Directory of the SQLite database and of the file with the secret key; made when missing. "
        "Unset: `$XDG_DATA_HOME/isthmus`, else `~/.local/share/isthmus`.",
    )
    url: DatabaseUrl | None = Field(
        default=None,
        description="Another database: `postgresql://user:password@host/name` or `mysql://…` (also MariaDB); unset: "
        "SQLite in `data_dir`.",
    )
    secret_key: SecretText = Field(
        default=Secret(""),
        description="Key that encrypts stored credentials, at least 16 characters; several, the newest first, separated by "
        "commas. Empty: made once and kept in `data_dir/secret.key`, readable by its owner alone.",
    )


class AdminSettings(Section):
    """Signing in to the console and to `/v2`."""

    enabled: bool = Field(default=True, description="Whether `/v2` and the console are served at all.")
    session_hours: Annotated[Count, Field(le=720)] = Field(
        default=12, description="Hours after which an administrator has to sign in again."
    )


class AccountSettings(Section):
    """How an account is chosen among those of a provider, and what its failures lead to."""

    strategy: Literal["round-robin", "least-loaded", "weighted", "priority", "affinity"] = Field(
        default="affinity",
        description="`affinity` keeps a conversation on one account, so that the vendor's prompt cache stays warm; the others "
        "choose anew for each request.",
    )
    cooldowns: bool = Field(
        default=True,
        description="Whether accounts rest that are at their limit or whose upstream fails. Without it every request asks the "
        "upstream; accounts whose credential is refused are switched off all the same.",
    )
    max_attempts: Annotated[Count, Field(le=20)] = Field(
        default=5, description="Accounts tried for one request, at most; never one twice."
    )
    max_cooldown_s: Annotated[float, Field(gt=0, le=2_678_400)] = Field(
        default=604_800.0, description="Longest rest of an account at its limit, whatever the vendor says."
    )
    max_quota_cooldown_s: Annotated[float, Field(gt=0, le=34_560_000)] = Field(
        default=2_764_800.0,
        description="The same for an account whose quota is used up and whose vendor says when it starts anew, such as a month's.",
    )
    queue_timeout_s: Annotated[float, Field(ge=0, le=600)] = Field(
        default=10.0, description="How long a request waits for a free place when every account is busy."
    )


class DefaultSettings(Section):
    """For every provider that does not say so itself."""

    loss_policy: Policy = Field(
        default=Policy.REPAIR,
        description="Content the model cannot take: `repair` puts a visible placeholder, `strict` answers 400.",
    )
    connect_timeout_s: Seconds = Field(default=10.0, description="How long connecting may take.")
    first_byte_timeout_s: Seconds = Field(
        default=300.0, description="How long the upstream may be silent before its first byte."
    )
    idle_timeout_s: Seconds = Field(default=300.0, description="How long a stream may pause.")
    timeout_s: Seconds = Field(default=600.0, description="How long a plain (not streamed) answer may take.")


class RequestLogSettings(Section):
    """The durable log of requests, one row each; never a body."""

    enabled: bool = Field(default=True, description="Whether requests are written to the database.")
    retention_days: Annotated[Count, Field(le=3650)] = Field(
        default=30, description="Days after which rows are deleted."
    )


class IpLimitSettings(Section):
    """A limit on requests per client address."""

    enabled: bool = Field(default=False, description="Whether addresses are limited.")
    window_s: Annotated[Count, Field(le=86_400)] = Field(default=60, description="Length of the window.")
    max_requests: Count = Field(default=100, description="Requests of one address within the window.")


class LimitSettings(Section):
    """Where the figures of rate limits are kept."""

    redis_url: SecretText = Field(
        default=Secret(""),
        description="`redis://…`, to share limits among several gateways (extra `redis`); empty: in memory, each for itself.",
    )


class MirrorSettings(Section):
    """Callers with a session of their own (docs/claude-web.md). Only the configuration file can switch this on."""

    enabled: bool = Field(
        default=False,
        description="Whether callers below `prefix` may show a session key of claude.ai, `sk-ant-sid…` or "
        "`sk-ant-sid…:ORGANIZATION-ID`, in place of an API key of the gateway. It is used for that one request and opens nothing "
        "else.",
    )
    prefix: MirrorPrefix | None = Field(
        default=None, description="First part of the path of such requests, such as `/mirror`; required."
    )
    provider: ProviderName | None = Field(
        default=None,
        description="Provider of type `claude-web` whose settings they get; unset: the only one there is.",
    )
    requests_per_minute: Count = Field(default=30, description="Such requests of one address, at most.")


class StreamSettings(Section):
    """How streamed answers begin and stay alive."""

    commit_after_s: Seconds = Field(
        default=10.0,
        description="How long status and headers wait for the upstream's first event, so that an early "
        "failure gets its true status.",
    )
    keepalive_s: Annotated[Seconds, Field(le=15)] = Field(
        default=15.0,
        description="Longest silence towards the client before a keep-alive is sent; at most 15.",
    )


class ImageSettings(Section):
    """Images given by address, fetched only for models that cannot do it themselves."""

    fetch_timeout_s: Seconds = Field(default=10.0, description="How long fetching one image may take.")
    max_mib: Count = Field(default=10, description="Largest image in MiB.")
    allow_private_networks: bool = Field(
        default=False, description="Whether addresses of private networks and of this machine may be fetched."
    )


class LoggingSettings(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto` is `console` on a terminal and `json` otherwise."
    )


class Settings(Section):
    """The whole configuration."""

    server: ServerSettings = Field(default=ServerSettings(), description="Where the gateway listens.")
    api_keys: tuple[ClientKey, ...] = Field(
        default=(),
        description="Keys that clients must show, as Bearer or `x-api-key`, beside those in the database. Without any key at all "
        "none is asked for, on loopback only.",
    )
    providers: Mapping[ProviderName, ProviderSettings] = Field(
        default={}, description="Name → one source of answers."
    )
    default_provider: str | None = Field(
        default=None, description="Provider of requests that name none in their path; unset: the first one."
    )
    aliases: Mapping[Text, Text] = Field(default={}, description="Name → `provider/model` or `model`.")
    storage: StorageSettings = Field(default=StorageSettings(), description="The database.")
    admin: AdminSettings = Field(default=AdminSettings(), description="Administration.")
    accounts: AccountSettings = Field(
        default=AccountSettings(), description="Choosing among a provider's accounts."
    )
    defaults: DefaultSettings = Field(default=DefaultSettings(), description="For all providers.")
    compression: CompressionSettings = Field(
        default=CompressionSettings(), description="Conversations that no longer fit."
    )
    cache: CacheSettings = Field(
        default=CacheSettings(), description="Answers to requests that are repeated exactly."
    )
    conversations: ConversationSettings = Field(
        default=ConversationSettings(), description="Conversations that the gateway remembers."
    )
    request_log: RequestLogSettings = Field(default=RequestLogSettings(), description="The request log.")
    ip_limit: IpLimitSettings = Field(default=IpLimitSettings(), description="Limit per client address.")
    limits: LimitSettings = Field(default=LimitSettings(), description="Rate limits.")
    mirror: MirrorSettings = Field(
        default=MirrorSettings(), description="Callers with a session of their own."
    )
    streams: StreamSettings = Field(default=StreamSettings(), description="Streamed answers.")
    images: ImageSettings = Field(default=ImageSettings(), description="Images given by address.")
    logging: LoggingSettings = Field(default=LoggingSettings(), description="The log.")
    auto_cache: bool = Field(
        default=True,
        description="Ask Anthropic to cache the prompt for clients that cannot ask (Chat Completions).",
    )
