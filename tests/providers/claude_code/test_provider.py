import pytest

import talk
from isthmus.core.commands import ClientRequest, Talk
from isthmus.core.conversation import Conversation
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.interfaces import Provider, Target
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.provider import ClaudeCode

MODEL = "claude-opus-5-5"


def talks(provider: ClaudeCode) -> Talk:
    turns = (talk.user("hi"), talk.assistant("ho"), talk.user("hum"))
    found = next(provider.exchange(Conversation(MODEL, turns), Target(MODEL, provider.abilities(MODEL))))
    assert isinstance(found, Talk)
    return found


def test_it_is_a_provider_without_a_raw_lane() -> None:
    provider: Provider = ClaudeCode("mine", api_key=Secret("sk-ant-api03-x"))
    assert provider.native == frozenset()
    request = ClientRequest("/v1/embeddings", b"{}", "m", stream=False)
    with pytest.raises(BadRequest, match=r"'mine' has no /v1/embeddings") as refused:
        provider.forward(request, Target(MODEL, provider.abilities(MODEL)))
    assert refused.value.kind is Kind.NOT_SUPPORTED
    assert provider.pass_through(request) is None
    assert provider.list_models() is None
    assert provider.count_tokens(request, Target(MODEL, provider.abilities(MODEL))) is None
    assert MODEL in [model.id for model in provider.read_models(b"")]


def test_what_was_found_out_decides_how_conversations_are_told() -> None:
    provider = ClaudeCode(api_key=Secret("sk-ant-api03-x"))
    assert provider.usual_programs == (talks(provider).program,)
    assert not talks(provider).program.files
    trial = provider.try_out()
    found = next(trial)
    assert isinstance(found, Talk)
    found.dialogue(False).close()
    assert next(trial, None) is None
    assert talks(provider).program.files


def test_where_nothing_could_be_found_out_nothing_changes() -> None:
    provider = ClaudeCode(api_key=Secret("sk-ant-api03-x"))
    trial = provider.try_out()
    next(trial)
    trial.close()
    assert not talks(provider).program.files
