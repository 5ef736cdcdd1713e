"""Every setting there is: its name, type, default and meaning. docs/configuration.md is generated from these classes.

Built by `load`, which also checks what spans several sections (such as a public address without keys).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from isthmus.config.fields import (
    ClientKey,
    Count,
    DatabaseUrl,
    HostName,
    MirrorPrefix,
    Network,
    Origin,
    Port,
    ProviderName,
    Seconds,
    SecretText,
    Section,
    Text,
)
from isthmus.config.sections.answer_cache import CacheSettings
from isthmus.config.sections.compression import CompressionSettings
from isthmus.config.sections.provider import ProviderSettings
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret


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
    failover_timeout_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=15.0,
        description="How long a request that fails is tried again, counted from its first attempt: with the same account after a "
        "pause, if that ends in time, or with a further one. A second account is tried in any case, and an attempt under way is "
        "never cut short.",
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
