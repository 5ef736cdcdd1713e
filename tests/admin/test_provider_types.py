"""`/v2/provider-types` has what the forms of the console are made of."""

from __future__ import annotations

import asking_as
from asking_as import VIEWER
from isthmus.admin.provider_types import router


async def test_types_say_what_their_accounts_and_settings_take() -> None:
    reply = await asking_as.ask(router(), "GET", "/v2/provider-types", person=VIEWER)
    types = {each["type"]: each for each in reply.json["items"]}
    web = types["claude-web"]["account_kinds"]
    assert [(kind["kind"], [field["name"] for field in kind["fields"]]) for kind in web] == [
        ("session_key", ["credential.session_key"])
    ]
    amazon = types["amazon-q"]
    assert amazon["signs_in"]
    assert [each["name"] for each in amazon["login_methods"]] == ["builder_id", "idc"]
    openai = types["openai-compatible"]
    assert (openai["base_url"], openai["signs_in"]) == ("needed", False)
    assert "deepseek" in openai["vendors"]
    settings = {each["name"]: each for each in openai["settings"]}
    assert (settings["timeout_s"]["kind"], settings["timeout_s"]["unit"]) == ("duration", "s")
    assert (settings["proxy"]["kind"], settings["proxy"]["secret"]) == ("secret", True)
    assert settings["strategy"]["choices"][0] == "round-robin"
