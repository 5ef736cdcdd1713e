import re
from contextlib import suppress

import pytest

from isthmus.core.abilities import Rule
from isthmus.core.commands import ClientRequest
from isthmus.core.errors import BadRequest, Kind, UpstreamError
from isthmus.core.events import Failed
from isthmus.core.interfaces import Provider, Target
from isthmus.providers.dummy import MODELS, Dummy
from providers.dummy.stage import WEATHER, asking, play

NAMES = [re.sub(r"-[A-Z](?=-|\Z)", "-2", name) for name in MODELS]


def test_it_is_a_provider() -> None:
    provider: Provider = Dummy("mine")
    assert (provider.name, provider.native) == ("mine", frozenset())
    assert provider.list_models() is None
    request = ClientRequest("/v1/messages/count_tokens", b"{}", "dummy", False)
    assert provider.count_tokens(request, Target("dummy", provider.abilities("dummy"))) is None


def test_the_list_names_every_model() -> None:
    listed = Dummy("mine").read_models(b"")
    assert [info.id for info in listed] == list(MODELS)
    assert {info.owner for info in listed} == {"mine"}


@pytest.mark.parametrize("model", NAMES)
def test_every_model_gives_a_legal_stream_or_an_error(model: str) -> None:
    conversation = asking("What's the weather in Paris?", WEATHER)
    with suppress(UpstreamError):
        first = play(conversation, model)
        assert first.events == play(conversation, model).events or isinstance(first.events[-1], Failed)


def test_the_operator_may_correct_its_abilities() -> None:
    provider = Dummy(rules=[Rule("dummy-v*", {"vision": False})])
    assert not provider.abilities("dummy-vision").vision
    assert provider.abilities("dummy").vision
    assert provider.abilities("dummy-compact").context_window == 20_000


def test_nothing_is_forwarded() -> None:
    provider = Dummy()
    with pytest.raises(BadRequest) as caught:
        provider.forward(
            ClientRequest("/v1/embeddings", b"{}", "dummy", False),
            Target("dummy", provider.abilities("dummy")),
        )
    assert caught.value.kind is Kind.NOT_SUPPORTED


def test_an_unknown_model_is_refused_before_anything_is_said() -> None:
    with pytest.raises(BadRequest):
        Dummy().exchange(asking("x"), Target("dummy-nothing", Dummy().abilities("dummy-nothing")))


def test_there_is_no_vendor_to_pass_anything_to() -> None:
    assert Dummy().pass_through(ClientRequest("/v1/moderations", b"", "", stream=False)) is None
