from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.sections.amazon_q import AmazonQSettings


def test_addresses_are_as_known_and_content_is_not_for_improvement_unless_said_otherwise() -> None:
    settings = AmazonQSettings()
    assert (settings.endpoint_family, settings.opt_out) == ("auto", True)
    addresses = (settings.chat_url, settings.control_url, settings.token_url, settings.social_url)
    assert addresses == (None, None, None, None)


@pytest.mark.parametrize(
    "said", [{"endpoint_family": "bedrock"}, {"chat_url": "ftp://example.com"}, {"api_region": ""}]
)
def test_what_names_no_service_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AmazonQSettings.model_validate(said)
