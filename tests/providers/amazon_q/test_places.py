from __future__ import annotations

import pytest

from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.places import places, region_of, social_service, token_service

ARN = "arn:aws:codewhisperer:eu-central-1:123456789012:profile/ABCDEFGHJKLM"


Q, AMAZON, KIRO = (
    "https://q.{}.amazonaws.com",
    "https://codewhisperer.{}.amazonaws.com",
    "https://{}.{}.kiro.dev",
)
HOME, AWAY, GOV = "us-east-1", "eu-central-1", "us-gov-west-1"


@pytest.mark.parametrize(
    ("options", "chat", "control", "origin"),
    [
        (Options(), Q.format(HOME), Q.format(HOME), "CLI"),
        (Options(profile_arn=ARN), KIRO.format("runtime", AWAY), KIRO.format("management", AWAY), "KIRO_CLI"),
        (Options(profile_arn=ARN, endpoint_family="q"), Q.format(AWAY), Q.format(AWAY), "CLI"),
        (Options(api_region=GOV, endpoint_family="kiro"),
         KIRO.format("runtime", GOV), KIRO.format("management", GOV), "KIRO_CLI"),
        # The older name exists in one region only.
        (Options(profile_arn=ARN, endpoint_family="codewhisperer"), AMAZON.format(HOME), AMAZON.format(HOME), "CLI"),
        (Options(chat_url="http://127.0.0.1:9/q/"), "http://127.0.0.1:9/q", "http://127.0.0.1:9/q", "CLI"),
        (Options(chat_url="http://127.0.0.1:9", control_url="http://127.0.0.1:8/", origin="IDE"),
         "http://127.0.0.1:9", "http://127.0.0.1:8", "IDE"),
    ],
)  # fmt: skip
def test_where_the_service_is_found(options: Options, chat: str, control: str, origin: str) -> None:
    found = places(options)
    assert (found.chat, found.control, found.origin) == (chat, control, origin)


def test_the_token_service_has_a_region_of_its_own() -> None:
    assert token_service(Options(auth_region="eu-west-1")) == "https://oidc.eu-west-1.amazonaws.com"
    assert (
        token_service(Options(auth_region="eu-west-1"), "us-east-1") == "https://oidc.us-east-1.amazonaws.com"
    )
    assert token_service(Options(token_url="http://127.0.0.1:9/")) == "http://127.0.0.1:9"
    assert social_service(Options()) == "https://prod.us-east-1.auth.desktop.kiro.dev"
    assert social_service(Options(social_url="http://127.0.0.1:9/social")) == "http://127.0.0.1:9/social"


@pytest.mark.parametrize("arn", [None, "", "no arn", "arn:aws:x::1:profile/A", "aws:aws:x:eu:1:profile/A"])
def test_a_profile_may_name_no_region(arn: str | None) -> None:
    assert region_of(arn) is None
