from __future__ import annotations

import socket

import pytest

from conformance.fakes import KEY, Asked, Reply, as_json, as_stream, serving
from isthmus.conformance.client import Answer, Client, Piece, credentials
from isthmus.conformance.subject import Api, Subject
from isthmus.conformance.verdict import Fault
from isthmus.core.secret import Secret


async def test_an_answer_keeps_bytes_headers_and_times() -> None:
    async with (
        serving(lambda _: as_stream(b"data: x\n\n", pause_s=0.2)) as (url, asked),
        Client(Subject(url)) as client,
    ):
        answer = await client.send("POST", "messages", b'{"a": 1}', headers={"x-a": "b"})
    assert answer.body == b"data: x\n\n"
    assert answer.is_stream
    assert answer.pieces[-1].at_s - answer.pieces[0].at_s >= 0.15
    assert (asked[0].path, asked[0].body, asked[0].headers["x-a"]) == ("/v1/messages", b'{"a": 1}', "b")
    assert asked[0].headers["content-type"] == "application/json"


async def test_a_connection_that_breaks_leaves_what_came() -> None:
    async with (
        serving(lambda _: as_stream(b"data: x\n\n", cut=True)) as (url, _),
        Client(Subject(url)) as client,
    ):
        answer = await client.send("GET", "models")
    assert answer.body == b"data: x\n\n"
    assert answer.broken.startswith("the connection broke")


async def test_nobody_there_is_a_fault() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with Client(Subject(f"http://127.0.0.1:{port}")) as client:
        with pytest.raises(Fault, match="no answer came"):
            await client.send("GET", "models")
        assert [each.status for each in client.transcript] == [0]


async def test_a_redirect_is_an_answer_and_the_root_is_the_servers_own() -> None:
    moved = Reply(status=302, headers={"location": "/elsewhere"})
    async with serving(lambda _: moved) as (url, asked), Client(Subject(url, provider="p")) as client:
        answer = await client.send("HEAD", "api/hello", root=True)
    assert answer.status == 302
    assert [each.path for each in asked] == ["/api/hello"]


async def test_the_transcript_never_shows_the_key() -> None:
    def quoting(asked: Asked) -> Reply:
        return as_json({"you sent": asked.headers["x-api-key"], "and": asked.body.decode()})

    async with serving(quoting) as (url, _), Client(Subject(url, KEY)) as client:
        body = f'{{"key": "{KEY.reveal()}"}}'.encode()
        answer = await client.send("POST", "messages", body, headers=credentials(Api.MESSAGES, KEY))
    assert KEY.reveal().encode() in answer.body
    entry = client.transcript[0]
    assert KEY.reveal() not in repr(client.transcript)
    assert (entry.method, entry.status, entry.sent) == ("POST", 200, '{"key": "***"}')


async def test_leaving_early_does_not_wait_for_the_rest() -> None:
    async with (
        serving(lambda _: as_stream(b"data: x\n\n", pause_s=5)) as (url, _),
        Client(Subject(url)) as client,
    ):
        answer = await client.leave_early("messages", b"{}", headers={})
        assert client.transcript[0].received.endswith("[left early]")
    assert answer.body == b"data: x\n"


def test_a_body_that_is_no_json_is_shown() -> None:
    with pytest.raises(Fault) as caught:
        Answer(502, {}, (Piece(0.1, b"<html>bad"),)).json()
    assert caught.value.evidence == "502 <html>bad"


@pytest.mark.parametrize(
    ("api", "key", "wanted"),
    [
        (Api.CHAT, "k", {"authorization": "Bearer k"}),
        (Api.CHAT, "", {}),
        (Api.MESSAGES, "k", {"anthropic-version": "2023-06-01", "x-api-key": "k"}),
        (Api.MESSAGES, "", {"anthropic-version": "2023-06-01"}),
        (
            Api.MESSAGES,
            "sk-ant-oat01-x",
            {"anthropic-version": "2023-06-01", "authorization": "Bearer sk-ant-oat01-x"},
        ),
    ],
)
def test_credentials_as_each_apis_clients_send_them(api: Api, key: str, wanted: dict[str, str]) -> None:
    assert credentials(api, Secret(key)) == wanted
