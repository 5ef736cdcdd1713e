from __future__ import annotations

import pytest

from isthmus.core.logins import Holder
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.account_details import problems_of, region_problem, url_problem

ARN = "arn:aws:codewhisperer:eu-central-1:123456789012:profile/ABCDEFGHIJKL"


@pytest.mark.parametrize(
    "url",
    [
        "https://oidc.us-east-1.amazonaws.com",
        "https://d-1234567890.awsapps.com/start/",
        "https://gateway.example:8443/q",
        "http://127.0.0.1:8080/q",
        "http://[::1]:9",
        "http://localhost:1234",
        "http://sim.localhost:1234/x",
    ],
)
def test_tokens_may_go_where_nobody_listens_in(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://oidc.example", "https://"),
        ("http://127.0.0.1.example.org", "https://"),
        ("http://notlocalhost", "https://"),
        ("ftp://x", "no address"),
        ("https://", "no address"),
        ("d-1234567890.awsapps.com/start", "no address"),
        ("https://x/?a=b", "no address"),
        ("https://x:port/", "no address"),
        ("https://[::1", "no address"),
        ("https://user:pass@x/", "password"),
        ("", "no address"),
        (7, "no address"),
    ],
)
def test_elsewhere_they_may_not(url: object, said: str) -> None:
    problem = url_problem(url)
    assert problem is not None and said in problem
    assert "pass@" not in problem


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1", "ap-southeast-11"])
def test_regions(region: str) -> None:
    assert region_problem(region) is None


@pytest.mark.parametrize("region", ["", "us", "us-east-1.evil.example/", "US-EAST-1", "us-east-1\n", 1])
def test_what_is_no_region_is_not_put_into_a_hosts_name(region: object) -> None:
    assert region_problem(region) is not None


GOOD = {
    "api_region": "eu-central-1",
    "auth_region": "us-east-1",
    "profile_arn": ARN,
    "endpoint_family": "kiro",
    "start_url": "https://d-1234567890.awsapps.com/start",
    "token_endpoint": "https://login.example/token",
    "chat_url": "http://127.0.0.1:1/q",
    "opt_out": False,
    "expires_at": "2026-11-21T09:30:00Z",
    "client_secret_expires_at": "2027-02-01T00:00:00.123+00:00",
    "note": "anything",
}


def test_an_account_with_everything_right_has_no_problem() -> None:
    assert problems_of(Holder("idc", {}, GOOD)) == {}
    assert problems_of(Holder("idc", {}, dict.fromkeys(GOOD))) == {}, "null is as good as left out"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_region", "here"),
        ("auth_region", 7),
        ("profile_arn", "arn:aws:iam::123456789012:user/x"),
        ("profile_arn", ARN + "/../x"),
        ("profile_arn", []),
        ("endpoint_family", "bedrock"),
        ("start_url", "view.awsapps.com"),
        ("token_endpoint", "http://login.example"),
        ("chat_url", "http://chat.example"),
        ("control_url", "x"),
        ("token_url", "http://10.0.0.1"),
        ("social_url", "https://a:b@c"),
        ("opt_out", "yes"),
        ("strict_schemas", 1),
        ("files_anywhere", "yes"),
        ("expires_at", "tomorrow"),
        ("expires_at", "2026-11-21T09:30:00"),
        ("client_secret_expires_at", 1790000000),
    ],
)
def test_each_wrong_detail_is_named_alone(name: str, value: object) -> None:
    assert list(problems_of(Holder("idc", {}, {**GOOD, name: value}))) == [f"details.{name}"]


def test_a_key_must_fit_into_a_header() -> None:
    found = problems_of(Holder("api_key", {"api_key": Secret("ksk_…")}))
    assert list(found) == ["credential.api_key"]
