"""Where a request leads."""

import pytest

from isthmus.simulators.amazon_q.request import Place, place_of
from simulators.amazon_q.asking import request


@pytest.mark.parametrize(
    ("host", "path", "place"),
    [
        ("127.0.0.1:8", "/q/generateAssistantResponse", Place("q", None, "/generateAssistantResponse")),
        ("127.0.0.1:8", "/q", Place("q", None, "/")),
        ("127.0.0.1:8", "/kiro/eu-central-1/mcp", Place("kiro", "eu-central-1", "/mcp")),
        ("127.0.0.1:8", "/oidc/us-gov-west-1/token", Place("oidc", "us-gov-west-1", "/token")),
        ("127.0.0.1:8", "/quark/token", Place("", None, "/quark/token")),
        ("q.us-east-1.amazonaws.com", "/x", Place("q", "us-east-1", "/x")),
        ("codewhisperer.us-east-1.amazonaws.com", "/x", Place("codewhisperer", "us-east-1", "/x")),
        ("runtime.eu-central-1.kiro.dev", "/x", Place("kiro", "eu-central-1", "/x")),
        ("management.us-east-1.kiro.dev:443", "/x", Place("kiro", "us-east-1", "/x")),
        ("oidc.eu-west-1.amazonaws.com", "/token", Place("oidc", "eu-west-1", "/token")),
        (
            "prod.us-east-1.auth.desktop.kiro.dev",
            "/refreshToken",
            Place("social", "us-east-1", "/refreshToken"),
        ),
    ],
)
def test_by_host_or_by_path(host: str, path: str, place: Place) -> None:
    assert place_of(host, path) == place


def test_it_is_shown_as_it_was_received() -> None:
    made = request("/q/x", {"a": "ü"}, query="origin=CLI", headers={"x-a": "1"})
    shown = made.shown()
    assert (shown["json"], shown["headers"]["x-a"], shown["ended"]) == ({"a": "ü"}, "1", "open")
    assert made.asked("origin") == "CLI"
    assert made.asked("other") is None
    assert request("/device", b"user_code=A-B&answer=deny").form() == {"user_code": "A-B", "answer": "deny"}
    assert request("/q/x", b"\xff{").shown()["body"] == "\\xff{"
