import pytest

from isthmus.core.commands import ClientRequest
from isthmus.core.conversation import Conversation
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.interfaces import Provider, Target
from isthmus.providers.claude_web.models import ids
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.provider import ClaudeWeb, new_uuid
from providers.claude_web.stage import MODEL, Stage, text_of, user


def test_it_is_a_provider() -> None:
    provider: Provider = ClaudeWeb("mine")
    assert provider.name == "mine" and provider.native == frozenset()
    request = ClientRequest("/v1/messages", b"{}", MODEL, stream=False)
    target = Target(MODEL, provider.abilities(MODEL))
    assert provider.pass_through(request) is None
    assert provider.list_models() is None
    assert provider.count_tokens(request, target) is None
    with pytest.raises(BadRequest) as caught:
        provider.forward(request, target)
    assert caught.value.kind is Kind.NOT_SUPPORTED


def test_its_models_are_those_of_the_table() -> None:
    listed = ClaudeWeb("mine").read_models(b"")
    assert [info.id for info in listed] == ids()
    assert {info.owner for info in listed} == {"mine"}


def test_abilities_follow_the_options() -> None:
    assert ClaudeWeb().abilities(MODEL).server_tools == ()
    assert ClaudeWeb(options=Options(web_search=True)).abilities(MODEL).server_tools == ("web_search",)
    assert ClaudeWeb().abilities(MODEL).emulated_tools


def test_it_answers() -> None:
    here = Stage()
    assert text_of(here.say(Conversation(MODEL, user("[[sim: text Good day.]]")))) == "Good day."


def test_ids_are_random_uuids() -> None:
    first, second = new_uuid(), new_uuid()
    assert first != second and first[14] == "4" and len(first) == 36
