"""Whole exchanges with an upstream, driven by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from isthmus.core.abilities import Rule
from isthmus.core.commands import Call, ClientRequest, Exchange, Forward, Head, Say, Stream
from isthmus.core.conversation import Conversation, Sampling
from isthmus.core.errors import BadRequest, Kind, Next, UpstreamError
from isthmus.core.events import Finished, Started, Stop
from isthmus.core.fold import SaidText, fold
from isthmus.core.interfaces import CHAT, Target
from isthmus.core.secret import Secret
from isthmus.providers.openai_compatible import VENDORS, OpenAICompatible
from isthmus.providers.openai_compatible.exchange import COMPLETIONS, EMBEDDINGS
from talk import assistant, talk, user

URL = "http://127.0.0.1:9/v1"
CHAT_URL = f"{URL}/chat/completions"
PATH = "/v1/chat/completions"
OK = Head(200, {"content-type": "application/json"})
ANSWER = b'{"choices":[{"index":0,"message":{"content":"one STOP two"},"finish_reason":"stop"}]}'


def provider(base_url: str = URL, **options: Any) -> OpenAICompatible:
    return OpenAICompatible("mine", base_url, Secret("sk-1"), **options)


def streamed(exchange: Exchange) -> Stream:
    command = next(exchange)
    assert isinstance(command, Stream)
    return command


def target(of: OpenAICompatible, model: str = "m") -> Target:
    return Target(model, of.abilities(model))


def first(of: OpenAICompatible, conversation: Conversation, model: str = "m") -> Stream:
    return streamed(of.exchange(conversation, target(of, model)))


def forwarded(of: OpenAICompatible, request: ClientRequest, model: str = "m") -> Forward:
    command = next(of.forward(request, target(of, model)))
    assert isinstance(command, Forward)
    return command


def refusal(message: str, status: int = 400) -> tuple[Head, bytes]:
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode()
    return Head(status, {"content-type": "application/json"}), body


def test_a_streamed_answer_is_one_request() -> None:
    command = first(provider(headers={"X-Team": Secret("a")}), talk(user("hi"), stream=True))
    assert (command.method, command.url, command.whole) == ("POST", CHAT_URL, False)
    assert dict(command.headers) == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "authorization": "Bearer sk-1",
        "x-team": "a",
    }
    sent = json.loads(command.body)
    assert (sent["model"], sent["stream"]) == ("m", True)


def test_a_plain_answer_may_be_long_in_coming() -> None:
    command = first(provider(), talk(user("hi")))
    assert (command.whole, json.loads(command.body)["stream"]) == (True, False)
    assert dict(command.headers)["accept"] == "application/json"
    # Where a stream is asked for in its place, it is not.
    assert not first(provider(vendor=VENDORS["qwen"]), talk(user("hi"))).whole


def test_no_key_no_credential_and_the_operators_header_stands() -> None:
    keyless = OpenAICompatible("mine", URL)
    assert "authorization" not in dict(first(keyless, talk(user("hi"))).headers)
    other = provider(headers={"Authorization": Secret("Basic x")})
    assert dict(first(other, talk(user("hi"))).headers)["authorization"] == "Basic x"


def test_stop_sequences_the_vendor_was_not_told_of_end_the_answer() -> None:
    of = provider(rules=[Rule("*", {"max_stop_sequences": 0})])
    command = first(of, talk(user("hi"), sampling=Sampling(stop=("STOP",))))
    assert b"STOP" not in command.body
    decoder = command.decode(OK)
    answer = fold(decoder.feed(ANSWER) + decoder.close())
    assert answer.blocks == (SaidText("one "),)
    assert (answer.reason, answer.stop_sequence) == (Stop.STOP_SEQUENCE, "STOP")


def test_an_output_allowance_that_does_not_fit_is_lowered_once() -> None:
    of = provider()
    exchange = of.exchange(talk(user("hi"), max_tokens=20_000), target(of))
    command = streamed(exchange)
    said = "max_tokens is too large: 20000. This model supports at most 8192 completion tokens."
    again = exchange.throw(command.classify(*refusal(said)))
    assert isinstance(again, Stream)
    assert json.loads(again.body)["max_tokens"] == 8192
    assert [str(loss) for loss in again.losses] == ["max_tokens=clamped(20000→8192)"]
    with pytest.raises(UpstreamError, match="too large"):
        exchange.throw(again.classify(*refusal(said)))


def test_the_prompt_and_the_answer_must_share_a_window() -> None:
    of = provider()
    exchange = of.exchange(talk(user("hi"), max_tokens=20_000), target(of))
    said = (
        "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens "
        "(20000 in the messages, 20000 in the completion)."
    )
    again = exchange.throw(streamed(exchange).classify(*refusal(said)))
    assert isinstance(again, Stream)
    assert json.loads(again.body)["max_tokens"] == 12_768


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_any_other_refusal_goes_to_the_client(status: int) -> None:
    of = provider()
    exchange = of.exchange(talk(user("hi")), target(of))
    error = streamed(exchange).classify(*refusal("no", status))
    with pytest.raises(UpstreamError) as raised:
        exchange.throw(error)
    assert raised.value is error


def test_a_refused_credential_is_the_gateways_own_matter() -> None:
    error = first(provider(), talk(user("hi"))).classify(
        *refusal("Incorrect API key sk-1234567890abcdef", 401)
    )
    assert (error.kind, error.next, error.status) == (Kind.UPSTREAM, Next.OTHER_ACCOUNT, 401)
    assert "'mine'" in error.message
    assert "1234567890" not in error.message + error.detail


def test_warming_a_cache_is_answered_here() -> None:
    of = provider()
    (command,) = of.exchange(talk(user("hi"), max_tokens=0), target(of))
    assert command == Say((Started(model="m"), Finished(Stop.END_TURN)))


def test_continuations_of_deepseek_go_to_its_beta() -> None:
    of = OpenAICompatible("ds", "https://api.deepseek.com")
    assert first(of, talk(user("hi"))).url == "https://api.deepseek.com/v1/chat/completions"
    continued = first(of, talk(user("hi"), assistant("I")))
    assert continued.url == "https://api.deepseek.com/beta/chat/completions"
    assert json.loads(continued.body)["messages"][-1]["prefix"] is True


# the raw lane --------------------------------------------------------------------------------------------

ODD = b'{ "model" : "m",\n "messages":[{"role":"user","content":"hi"}], "new_field": 1e2 }'


def test_a_body_goes_through_byte_for_byte() -> None:
    command = forwarded(provider(), ClientRequest(PATH, ODD, "m", stream=False))
    assert (command.url, command.body, command.whole) == (CHAT_URL, ODD, True)
    assert command.decode is None


def test_only_the_models_name_is_replaced() -> None:
    command = forwarded(provider(), ClientRequest(PATH, ODD, "m", stream=True), "vendor/m")
    assert command.body == ODD.replace(b'"m"', b'"vendor/m"')
    assert not command.whole


def test_a_body_that_cannot_be_edited_is_the_clients_fault() -> None:
    twice = b'{"model":"m","model":"m"}'
    with pytest.raises(BadRequest, match="more than once"):
        forwarded(provider(), ClientRequest(PATH, twice, "m", stream=False), "other")
    with pytest.raises(BadRequest, match="must provide a model"):
        forwarded(provider(), ClientRequest(PATH, b"{}", "", stream=False), "other")


def test_headers_of_the_client_stay_here_but_for_a_few() -> None:
    theirs = {
        "accept": "*/*",
        "content-type": "application/json; charset=utf-8",
        "user-agent": "x",
        "x-forwarded-for": "1.2.3.4",
        "openai-organization": "org",
        "openai-beta": "b",
        "cookie": "c",
    }
    command = forwarded(provider(), ClientRequest(PATH, ODD, "m", False, theirs))
    assert dict(command.headers) == {
        "accept": "*/*",
        "content-type": "application/json; charset=utf-8",
        "openai-beta": "b",
        "authorization": "Bearer sk-1",
    }


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/completions"])
def test_other_endpoints_have_the_same_root(path: str) -> None:
    command = forwarded(provider("http://127.0.0.1:9/api/v4"), ClientRequest(path, ODD, "m", stream=False))
    assert command.url == f"http://127.0.0.1:9/api/v4{path.removeprefix('/v1')}"


def test_what_answers_a_stream_request_plainly_can_be_decoded() -> None:
    command = forwarded(provider(), ClientRequest(PATH, ODD, "m", stream=True))
    assert command.decode is not None
    decoder = command.decode(OK)
    assert fold(decoder.feed(ANSWER) + decoder.close()).blocks == (SaidText("one STOP two"),)
    legacy = forwarded(provider(), ClientRequest("/v1/completions", ODD, "m", stream=True))
    assert legacy.decode is None


def test_the_listener_hears_what_the_decoder_hears() -> None:
    body = ANSWER[:-1] + b',"usage":{"prompt_tokens":7,"completion_tokens":2}}'
    listener = forwarded(provider(), ClientRequest(PATH, ODD, "m", stream=False)).listen(OK)
    listener.feed(body)
    assert listener.close() is None
    decoder = first(provider(), talk(user("hi"))).decode(OK)
    assert listener.usage == fold(decoder.feed(body) + decoder.close()).usage


# the rest ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "native"),
    [
        ("openai", {CHAT, COMPLETIONS, EMBEDDINGS}),
        ("generic", {CHAT, EMBEDDINGS}),
        ("deepseek", {CHAT}),
    ],
)
def test_what_vendors_speak_themselves(vendor: str, native: set[str]) -> None:
    assert provider(vendor=VENDORS[vendor]).native == native


def test_models_are_asked_for_at_the_same_root() -> None:
    of = provider()
    asking = of.list_models()
    assert asking is not None
    headers = (("accept", "application/json"), ("authorization", "Bearer sk-1"))
    assert list(asking) == [Call("GET", f"{URL}/models", headers)]
    assert [info.id for info in of.read_models(b'{"data":[{"id":"a"}]}')] == ["a"]


def test_tokens_are_counted_by_nobody() -> None:
    of = provider()
    assert (
        of.count_tokens(ClientRequest("/v1/messages/count_tokens", b"{}", "m", stream=False), target(of))
        is None
    )


def test_the_operators_word_stands_above_what_is_known() -> None:
    of = provider("https://api.openai.com/v1", quirks={"system_role": "system"})
    sent = json.loads(first(of, talk(user("hi"), max_tokens=5), "gpt-5").body)
    assert sent["max_completion_tokens"] == 5
    assert of.vendor.name == "openai"
    quirky = provider(quirks={"max_tokens_field": "max_new_tokens"})
    assert json.loads(first(quirky, talk(user("hi"), max_tokens=5)).body)["max_new_tokens"] == 5
    with pytest.raises(ValueError, match="unknown quirk 'x'"):
        provider(quirks={"x": 1})
    with pytest.raises(ValueError, match="base_url is missing"):
        provider("")


def test_the_key_shows_nowhere() -> None:
    of = OpenAICompatible("mine", URL, Secret("sk-hidden"))
    assert "sk-hidden" not in repr(of)


@pytest.mark.parametrize(
    ("path", "passes"),
    [
        ("/v1/moderations", True),
        ("/v1/audio/speech", True),
        ("/v1/images/edits", True),
        ("/v1/files", False),
        ("/v1/audiobooks", False),
    ],
)
def test_other_endpoints_pass_if_the_vendor_offers_them(path: str, passes: bool) -> None:
    request = ClientRequest(
        path, b"odd body", "", False, {"content-type": "multipart/form-data", "x": "y"}, "POST", "a=b"
    )
    exchange = provider().pass_through(request)
    assert (exchange is not None) is passes
    if exchange is not None:
        command = next(exchange)
        assert isinstance(command, Forward)
        assert (command.method, command.url, command.body) == (
            "POST",
            f"{URL}{path.removeprefix('/v1')}?a=b",
            b"odd body",
        )
        assert ("content-type", "multipart/form-data") in command.headers
        assert not any(name == "x" for name, _ in command.headers)


def test_the_operator_may_offer_more() -> None:
    files = provider(quirks={"passes": ["files"]})
    assert files.pass_through(ClientRequest("/v1/files/f/content", b"", "", False, method="GET")) is not None
    assert files.pass_through(ClientRequest("/v1/moderations", b"", "", False)) is None
