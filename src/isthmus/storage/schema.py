"""The tables, for every engine alike.

Times are whole milliseconds since 1970 in UTC (`_ms`), money whole billionths of a dollar (`_nano_usd`): both compare, add up
and travel the same everywhere. Lists and mappings are JSON texts. Columns named `sealed_…` hold what `Vault.seal` made.

A change here comes with a migration (`migrations/versions`); a test holds the two together.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

BIG_ID: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only in a column of the very type INTEGER."""
LONG_TEXT: Final = Text().with_variant(MEDIUMTEXT, "mysql", "mariadb")
"""MySQL's plain one ends at 64 KiB."""
ID: Final = 64
NAME: Final = 200


def _table(name: str, *columns: Any) -> Table:
    # Names differ by case: a model `A` is not a model `a`, as it would be with MySQL's default.
    return Table(name, metadata, *columns, mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin")


def _id(name: str = "id") -> Column[str]:
    return Column(name, String(ID), primary_key=True)


def _when(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, default=0, server_default="0")


def _flag(name: str, *, default: bool) -> Column[bool]:
    return Column(
        name, Boolean, nullable=False, default=default, server_default=true() if default else false()
    )


revisions: Final = _table(
    "revisions",
    Column("topic", String(32), primary_key=True),
    _count("revision"),
)
"""Counts the changes of a topic (`accounts`, `keys`, …), so that every gateway on this database notices those of the others."""

providers: Final = _table(
    "providers",
    Column("name", String(ID), primary_key=True),
    Column("type", String(32), nullable=False),
    Column("sealed_settings", Text, nullable=False),
    _flag("enabled", default=True),
    _when("created_ms"),
    _when("updated_ms"),
)

accounts: Final = _table(
    "accounts",
    _id(),
    Column("provider", String(ID), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("label", String(NAME), nullable=False),
    Column("sealed_credential", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    _flag("enabled", default=True),
    Column("off_reason", Text),
    Column("priority", Integer, nullable=False, default=0, server_default="0"),
    Column("weight", Integer, nullable=False, default=1, server_default="1"),
    Column("max_concurrency", Integer),
    Column("requests_per_minute", BigInteger),
    Column("tokens_per_minute", BigInteger),
    Column("requests_per_day", BigInteger),
    Column("tokens_per_day", BigInteger),
    Column("sealed_proxy", Text),
    Column("details", Text),
    _when("created_ms"),
    _when("updated_ms"),
    _count("successes"),
    _count("failures"),
    _count("input_tokens"),
    _count("output_tokens"),
    _when("last_used_ms", nullable=True),
    Column("last_error", Text),
    _when("last_error_ms", nullable=True),
    UniqueConstraint("provider", "fingerprint"),
)

cooldowns: Final = _table(
    "cooldowns",
    Column("account_id", String(80), primary_key=True),
    Column("model", String(NAME), primary_key=True),
    _when("until_ms"),
    Column("reason", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("strikes", Integer, nullable=False),
)
"""`model` is empty when the whole account rests. Accounts of the configuration file have rows here, too."""

leases: Final = _table(
    "leases",
    Column("name", String(120), primary_key=True),
    Column("owner", String(ID), nullable=False),
    _when("until_ms"),
)
"""Who may do at present what only one process may do at a time. One that died loses its lease when its time is over."""

surveys: Final = _table(
    "surveys",
    Column("account_id", String(80), primary_key=True),
    Column("survey", LONG_TEXT, nullable=False),
    _when("read_ms"),
)
"""What an upstream last said about an account (`core.survey.Survey` as JSON). Lost with no harm: it is read again."""

logins: Final = _table(
    "logins",
    _id(),
    Column("provider", String(ID), nullable=False),
    Column("method", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("sealed_state", Text, nullable=False),
    Column("sealed_result", Text),
    Column("url", Text, nullable=False),
    Column("plain_url", Text, nullable=False),
    Column("code", String(64), nullable=False),
    Column("problem", Text),
    Column("account_id", String(80)),
    _when("created_ms"),
    _when("expires_ms"),
    _when("next_poll_ms"),
)
"""Sign-ins that wait for a person, or whose result waits to become an account."""

conversations: Final = _table(
    "conversations",
    _id(),
    Column("owner", String(80), nullable=False),
    Column("sealed_particulars", LONG_TEXT, nullable=False),
    Column("sealed_session", LONG_TEXT),
    Column("messages", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    _when("created_ms"),
    _when("used_ms"),
    Index(None, "owner", "created_ms"),
    Index(None, "used_ms"),
)
"""Conversations that clients go on with by their id. `sealed_session` is what the provider of the last answer wants to find
again of a session of its own, as JSON; null where there is none."""

conversation_turns: Final = _table(
    "conversation_turns",
    Column("id", BIG_ID, primary_key=True, autoincrement=True),
    Column("conversation_id", String(ID), nullable=False, index=True),
    Column("sealed_turn", LONG_TEXT, nullable=False),
)
"""Their messages, in the order of ids."""

api_keys: Final = _table(
    "api_keys",
    _id(),
    Column("name", String(NAME), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("prefix", String(24), nullable=False),
    _flag("enabled", default=True),
    _when("expires_ms", nullable=True),
    Column("user_id", String(ID), index=True),
    Column("providers", Text),
    Column("models", Text),
    Column("ips", Text),
    Column("requests_per_minute", BigInteger),
    Column("requests_per_day", BigInteger),
    Column("tokens_per_minute", BigInteger),
    Column("tokens_per_day", BigInteger),
    Column("tokens_per_month", BigInteger),
    Column("max_concurrency", Integer),
    Column("nano_usd_per_day", BigInteger),
    Column("nano_usd_per_month", BigInteger),
    Column("note", Text),
    _when("created_ms"),
    _when("updated_ms"),
    _when("last_used_ms", nullable=True),
    Column("mcp", Text),
)

key_usage: Final = _table(
    "key_usage",
    Column("key_id", String(ID), primary_key=True),
    Column("day", String(10), primary_key=True),
    _count("requests"),
    _count("failures"),
    _count("input_tokens"),
    _count("output_tokens"),
    _count("cost_nano_usd"),
)
"""What a key used on a day (UTC, `2026-11-21`): budgets outlive restarts and the request log's retention."""

users: Final = _table(
    "users",
    _id(),
    Column("name", String(100), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    _flag("enabled", default=True),
    _when("created_ms"),
    _when("updated_ms"),
    _when("last_sign_in_ms", nullable=True),
)

sessions: Final = _table(
    "sessions",
    Column("hash", String(64), primary_key=True),
    Column("user_id", String(ID), nullable=False, index=True),
    _when("created_ms"),
    _when("expires_ms"),
    _when("last_seen_ms"),
    Column("client", String(64), nullable=False),
    Column("agent", String(NAME), nullable=False),
)

api_tokens: Final = _table(
    "api_tokens",
    _id(),
    Column("user_id", String(ID), nullable=False, index=True),
    Column("name", String(NAME), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("prefix", String(24), nullable=False),
    _when("created_ms"),
    _when("expires_ms", nullable=True),
    _when("last_used_ms", nullable=True),
)

audit_log: Final = _table(
    "audit_log",
    Column("id", BIG_ID, primary_key=True, autoincrement=True),
    _when("at_ms"),
    Column("user_id", String(ID)),
    Column("user_name", String(100)),
    Column("action", String(64), nullable=False),
    Column("target", String(NAME)),
    Column("detail", Text),
    Column("client", String(64)),
)

conformance_runs: Final = _table(
    "conformance_runs",
    _id(),
    Column("state", String(16), nullable=False),
    Column("user_name", String(100), nullable=False),
    Column("provider", String(ID), nullable=False),
    Column("account_id", String(80)),
    Column("model", String(NAME)),
    Column("asked", Text, nullable=False),
    Column("cases", Integer, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("counts", Text, nullable=False),
    Column("problem", Text),
    Column("results", LONG_TEXT, nullable=False),
    _when("created_ms"),
    _when("alive_until_ms"),
    _when("finished_ms", nullable=True),
    Index(None, "created_ms"),
)
"""Runs of the conformance cases. `alive_until_ms` moves on while one is at work: of one that is past it, the process died."""

settings: Final = _table(
    "settings",
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
    _when("updated_ms"),
)

vault_canary: Final = _table(
    "vault_canary",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed_text", Text, nullable=False),
    _when("created_ms"),
)
"""One row, which only the right secret key opens."""

blocked_ips: Final = _table(
    "blocked_ips",
    Column("network", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    _when("created_ms"),
    _when("expires_ms", nullable=True),
)

prices: Final = _table(
    "prices",
    Column("pattern", String(NAME), primary_key=True),
    Column("price", Text, nullable=False),
    _when("updated_ms"),
)

request_logs: Final = _table(
    "request_logs",
    Column("id", BIG_ID, primary_key=True, autoincrement=True),
    Column("request_id", String(40), nullable=False),
    _when("started_ms"),
    Column("key_id", String(ID)),
    Column("account_id", String(80)),
    Column("provider", String(ID)),
    Column("endpoint", String(64), nullable=False),
    Column("dialect", String(32), nullable=False),
    Column("lane", String(16)),
    Column("model_asked", String(NAME)),
    Column("model_used", String(NAME)),
    _flag("streamed", default=False),
    Column("status", Integer, nullable=False),
    Column("error", String(32)),
    Column("error_text", Text),
    Column("stop", String(32)),
    Column("input_tokens", BigInteger),
    Column("cache_read_tokens", BigInteger),
    Column("cache_write_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    _flag("input_estimated", default=False),
    _flag("output_estimated", default=False),
    Column("cost_nano_usd", BigInteger),
    Column("first_token_ms", Integer),
    Column("duration_ms", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempt_list", Text),
    Column("losses", Text),
    Column("notes", Text),
    Column("upstream_status", Integer),
    Column("upstream_request_id", String(NAME)),
    _flag("client_left", default=False),
    Column("client", String(64), nullable=False),
    _flag("succeeded", default=True),
    Column("micro_credits", BigInteger),
    Column("queued_ms", Integer),
    Column("first_attempt_ms", Integer),
    # A page of the log is sorted by time: with an index like these a filter and a range of time cost what the page costs.
    Index(None, "started_ms"),
    Index(None, "key_id", "started_ms"),
    Index(None, "account_id", "started_ms"),
    Index(None, "provider", "started_ms"),
    Index(None, "model_used", "started_ms"),
    # Mostly the model asked for is the one used; where there are partial indexes this one has only the others.
    Index(
        None,
        "model_asked",
        "started_ms",
        sqlite_where=text("model_used IS NULL OR model_used != model_asked"),
        postgresql_where=text("model_used IS NULL OR model_used != model_asked"),
    ),
    Index(None, "client", "started_ms"),
    Index(None, "request_id"),
    # Failures are few, and looked for by error and status; where there are partial indexes the others cost nothing here.
    Index(
        None,
        "succeeded",
        "started_ms",
        "id",
        "error",
        "status",
        sqlite_where=text("succeeded = 0"),
        postgresql_where=text("NOT succeeded"),
    ),
)
"""`succeeded`: answered to the end without an error, to a client that was still there."""

LATENCY_BUCKETS: Final = 32

request_sums: Final = _table(
    "request_sums",
    Column("span", String(4), primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("provider", String(ID), primary_key=True),
    Column("model", String(NAME), primary_key=True),
    Column("account_id", String(80), primary_key=True),
    Column("key_id", String(ID), primary_key=True),
    Column("error", String(32), primary_key=True),
    _count("requests"),
    _count("estimated"),
    _count("input_tokens"),
    _count("cache_read_tokens"),
    _count("cache_write_tokens"),
    _count("output_tokens"),
    _count("reasoning_tokens"),
    _count("cost_nano_usd"),
    *(_count(f"duration_{bucket}") for bucket in range(LATENCY_BUCKETS)),
    *(_count(f"first_token_{bucket}") for bucket in range(LATENCY_BUCKETS)),
)
"""What statistics are made of: the requests that began in an `hour` or a `day` (of UTC), added up by what they have in common, in the
transaction that writes their rows. It outlives them. Empty texts stand for what is not known; `error` is empty for what succeeded and
`client_left` where the client did not wait. `duration_…` and `first_token_…` count those that succeeded by latency
(`storage/latency.py`)."""
