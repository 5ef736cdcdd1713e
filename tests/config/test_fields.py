from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from isthmus.config.fields import (
    RESERVED_NAMES,
    AbsolutePath,
    ClientKey,
    Count,
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
    is_loopback,
)
from isthmus.core.secret import Secret


def read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "given", "read_as"),
    [
        (HttpUrl, " https://api.example.com/v1/ ", "https://api.example.com/v1"),
        (HttpUrl, "http://[::1]:8080", "http://[::1]:8080"),
        (AbsolutePath, "/srv/../mcp.json", "/srv/../mcp.json"),
        (OpenDirectory, "/srv/images", "/srv/images"),
        (MirrorPrefix, "/mirror/", "/mirror"),
        (MirrorPrefix, "/team_1/my.own", "/team_1/my.own"),
        (Origin, "https://App.example.com/", "https://app.example.com"),
        (Origin, "http://localhost:5173", "http://localhost:5173"),
        (Network, "10.1.2.3/8", "10.0.0.0/8"),
        (Network, "::1", "::1/128"),
        (HostName, "Gateway.Example.com.", "gateway.example.com"),
        (HostName, "[::1]", "::1"),
        (HeaderName, "x-title", "x-title"),
        (ProviderName, "Silicon_flow-2.x", "Silicon_flow-2.x"),
        (Port, "8001", 8001),
        (Seconds, "0.5", 0.5),
        (SecretText, " key\n", Secret("key")),
        (SecretText, Secret("key"), Secret("key")),
        (ProxyUrl, "socks5://user:word@host:1080", Secret("socks5://user:word@host:1080")),
    ],
)
def test_good_values(kind: Any, given: object, read_as: object) -> None:
    assert read(kind, given) == read_as


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (AbsolutePath, "mcp.json"),
        (AbsolutePath, "~/mcp.json"),
        (AbsolutePath, ""),
        (OpenDirectory, "images"),
        (OpenDirectory, "~/images"),
        (OpenDirectory, "/srv/../etc"),
        (OpenDirectory, "/srv/a\0b"),
        (OpenDirectory, "/"),
        (OpenDirectory, "//./"),
        (MirrorPrefix, ""),
        (MirrorPrefix, "/"),
        (MirrorPrefix, "//"),
        (MirrorPrefix, "mirror"),
        (MirrorPrefix, "/v1"),
        (MirrorPrefix, "/V2/mirror"),
        (MirrorPrefix, "/stats"),
        (MirrorPrefix, "/hf/mirror"),
        (MirrorPrefix, "/a//b"),
        (MirrorPrefix, "/../v2"),
        (MirrorPrefix, "/a b"),
        (HttpUrl, "api.example.com/v1"),
        (HttpUrl, "ftp://example.com"),
        (HttpUrl, "https://"),
        (HttpUrl, "https://host:99999"),
        (HttpUrl, "https://[::1"),
        (HttpUrl, "https://a b"),
        (HttpUrl, "https://\ud800"),
        (HttpUrl, "https://hunter2:hunter2@host"),
        (HttpUrl, "https://host/v1?key=hunter2"),
        (HttpUrl, "https://host/v1/chat/completions"),
        (HttpUrl, "https://host/v1/messages/"),
        (Origin, "*"),
        (Origin, "https://host/path"),
        (Origin, "null"),
        (Network, "10.0.0.0/99"),
        (Network, "host"),
        (HostName, "https://host"),
        (HostName, "host:80"),
        (HostName, ""),
        (HeaderName, "a b"),
        (HeaderName, ""),
        (HeaderName, "Content-Length"),
        (HeaderName, "Host"),
        (ProviderName, ""),
        (ProviderName, ".."),
        (ProviderName, "a/b"),
        (ProviderName, "a b"),
        (ProviderName, "x" * 65),
        (ProviderName, "Health"),
        (Port, 65_536),
        (Port, True),
        (Count, 0),
        (Count, True),
        (Count, 1.5),
        (Seconds, 0),
        (Seconds, -1),
        (Seconds, True),
        (Seconds, float("inf")),
        (Seconds, float("nan")),
        (SecretText, 12_345_678),
        (SecretText, None),
        (SecretText, "hunter2\nhunter2"),
        (SecretText, "hunter2\ud800"),
        (ClientKey, ""),
        (ClientKey, "  "),
        (ProxyUrl, "hunter2"),
        (ProxyUrl, "ftp://hunter2@host"),
    ],
)
def test_bad_values_are_refused_in_words_without_a_secret(kind: Any, given: object) -> None:
    with pytest.raises(ValidationError) as refused:
        read(kind, given)
    assert all("hunter2" not in error["msg"] for error in refused.value.errors())


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_a_provider_cannot_take_a_path_of_the_gateway(name: str) -> None:
    with pytest.raises(ValidationError, match="rename it"):
        read(ProviderName, name)


@pytest.mark.parametrize(
    ("host", "only_this_machine"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_loopback_is_recognised(host: str, only_this_machine: bool) -> None:
    assert is_loopback(host) is only_this_machine


@given(st.text(min_size=1))
def test_a_secret_is_in_no_message_and_no_dump(value: str) -> None:
    class Holder(Section):
        key: SecretText

    canary = f"hunter2{value}hunter2"
    try:
        holder = Holder.model_validate({"key": canary})
        shown = f"{holder!r} {holder} {holder.model_dump()} {holder.model_dump_json()}"
    except ValidationError as refused:
        shown = str(refused)
    assert "hunter2" not in shown


def test_a_known_name_without_value_keeps_its_default_and_an_unknown_one_does_not_pass() -> None:
    class Holder(Section):
        port: Port = 1

    assert Holder.model_validate({"port": None}).port == 1
    with pytest.raises(ValidationError):
        Holder.model_validate({"prot": None})
