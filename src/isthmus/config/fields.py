"""Kinds of values that settings are made of, each with its check. Messages name the way out and never a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)

from isthmus.core.secret import Secret

RESERVED_NAMES: Final = frozenset(
    ["v1", "v1beta", "v2", "hf", "admin", "health", "healthz", "readyz", "api", "stats", "metrics", "managed"]
)
"""First path segments that belong to the gateway; a provider of that name could never be reached by path."""

_OURS: Final = frozenset({"connection", "content-length", "host", "transfer-encoding"})
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_HOST_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Section(BaseModel):
    """A mapping of known names. A name without a value (`server:` with every line commented out) keeps its default."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
    )
    synonyms: ClassVar[Mapping[str, str]] = {}
    """Other names under which a setting is accepted → its own. `load` renames them before anything is checked."""

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {
            name: value for name, value in data.items() if value is not None or name not in cls.model_fields
        }


def _secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise ValueError("expected text: put it in quotes")
    if _CONTROL.search(text := value.strip()):
        raise ValueError("holds a line break or another character that cannot be sent: write it on one line")
    return Secret(text)


def _not_empty(secret: Secret) -> Secret:
    if not secret:
        raise ValueError("is empty, and an empty key would let everybody in: write a key or remove the entry")
    return secret


def not_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("expected a number")
    return value


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens there."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _name_of_provider(name: str) -> str:
    if name.lower() in RESERVED_NAMES:
        raise ValueError(
            f"{name!r} is a path of the gateway itself, which would hide this provider: rename it"
        )
    if not _SEGMENT.match(name):
        raise ValueError(
            "a provider's name is part of its address: rename it to at most 64 letters, digits, `-`, `_` and `.`, "
            "beginning with a letter or digit"
        )
    return name


def _absolute_path(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError("is not an absolute path: begin it with /")
    return value


def _open_directory(value: str) -> str:
    parts = [part for part in value.split("/") if part not in ("", ".")]
    if not value.startswith("/") or ".." in parts or _CONTROL.search(value):
        raise ValueError("is not an absolute path: begin it with / and leave `..` out")
    if not parts:
        raise ValueError(
            "is the whole machine: name directories that hold nothing but what any client may see"
        )
    return value


def _mirror_prefix(text: str) -> str:
    segments = text.removesuffix("/").split("/")[1:]
    if not text.startswith("/") or not segments:
        raise ValueError(
            "must begin with `/` and name a path, such as `/mirror`: an empty one would take every path"
        )
    if segments[0].lower() in RESERVED_NAMES:
        raise ValueError(f"/{segments[0]} is a path of the gateway itself: choose another, such as `/mirror`")
    if not all(_SEGMENT.match(each) for each in segments):
        raise ValueError("is not a path: use letters, digits, `-`, `_` and `.` between the `/`")
    return f"/{'/'.join(segments)}"


def is_mirror_prefix(text: str) -> bool:
    try:
        _mirror_prefix(text)
    except ValueError:
        return False
    return True


def _http_url(text: str) -> str:
    url = _split(text, "http", "https")
    if url.username or url.password:
        raise ValueError(
            "must not hold credentials: use `api_key`, or `headers` with an Authorization header"
        )
    if url.query or url.fragment:
        raise ValueError(
            "must not hold `?` or `#`: paths are appended to it, keys belong in `api_key` or `headers`"
        )
    base = text.strip().rstrip("/")
    for ending in ("/chat/completions", "/messages"):
        if base.endswith(ending):
            raise ValueError(f"names one endpoint: leave out {ending!r} at the end")
    return base


def _proxy_url(secret: Secret) -> Secret:
    if secret:
        _split(secret.reveal(), "http", "https", "socks5", "socks5h")
    return secret


DATABASE_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "mysql": "mysql+asyncmy",
    "mariadb": "mysql+asyncmy",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "mysql+asyncmy": "mysql+asyncmy",
    "mysql+aiomysql": "mysql+aiomysql",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
"""Scheme of `storage.url` → SQLAlchemy's, with the driver that is used."""


def _database_url(secret: Secret) -> Secret:
    scheme, separator, rest = secret.reveal().partition("://")
    if not separator or not rest or scheme not in DATABASE_DRIVERS:
        raise ValueError(
            "not the address of a database: it must begin with sqlite:///, postgresql://, mysql:// or mariadb://"
        )
    return Secret(f"{DATABASE_DRIVERS[scheme]}://{rest}")


def _split(text: str, *schemes: str) -> Any:
    """The parts of an address of one of these schemes. The error does not repeat the text."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        url = urlsplit(text.strip())
        port_is_fine = url.port is None or url.port > 0
    except ValueError:
        raise ValueError(f"not an address: write {wanted} host, port and path") from None
    if (
        url.scheme not in schemes
        or not url.hostname
        or not port_is_fine
        or re.search(r"[\s\ud800-\udfff]", text.strip())
    ):
        raise ValueError(f"not an address: it must begin with {wanted} and name a host")
    return url


def _origin(text: str) -> str:
    if text.strip() == "*":
        raise ValueError("`*` would let any web page use the gateway: list the origins that may")
    url = _split(text, "http", "https")
    if url.path not in ("", "/") or url.query or url.fragment or url.username:
        raise ValueError("an origin is scheme, host and port only, such as https://app.example.com")
    return f"{url.scheme}://{url.netloc.lower()}"


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise ValueError("not a network: write an address or CIDR such as 10.0.0.0/8") from None


def _host_name(text: str) -> str:
    host = text.strip().lower()
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        if not _HOST_NAME.match(host):
            raise ValueError(
                "not a host name: leave out scheme, port and path, such as gateway.example.com"
            ) from None
        return host.rstrip(".")


def _header_name(name: str) -> str:
    if not _TOKEN.match(name):
        raise ValueError("not a header name: use letters, digits and `-`")
    if name.lower() in _OURS:
        raise ValueError("the gateway sets this header itself: remove it")
    return name


SecretText = Annotated[Secret, PlainValidator(_secret), PlainSerializer(str, return_type=str)]
"""A credential. Printing or dumping it shows only a mask."""

ClientKey = Annotated[SecretText, AfterValidator(_not_empty)]
ProxyUrl = Annotated[SecretText, AfterValidator(_proxy_url)]
"""A secret, as an address of a proxy often holds a password."""

DatabaseUrl = Annotated[SecretText, AfterValidator(_database_url)]
"""A secret, too."""

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, BeforeValidator(not_boolean), Field(ge=1, le=2**53)]
Seconds = Annotated[float, BeforeValidator(not_boolean), Field(gt=0, le=86_400)]
Number = Annotated[float, BeforeValidator(not_boolean)]
Port = Annotated[int, BeforeValidator(not_boolean), Field(ge=0, le=65_535)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Origin = Annotated[str, AfterValidator(_origin)]
Network = Annotated[str, AfterValidator(_network)]
HostName = Annotated[str, AfterValidator(_host_name)]
AbsolutePath = Annotated[str, AfterValidator(_absolute_path)]
OpenDirectory = Annotated[str, AfterValidator(_open_directory)]
MirrorPrefix = Annotated[str, AfterValidator(_mirror_prefix)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
ProviderName = Annotated[str, AfterValidator(_name_of_provider)]
