"""Faults of claude.ai that take more than one question to tell: what is tried again, left alone, stored, tidied up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clients.stage import Stage
from faults.answers import CHAT
from faults.gateways import soon
from faults.hearing import Way, text_in
from faults.web_scene import (
    ASK,
    BLOCKED,
    HOUR_S,
    STREAMED,
    WHOLE,
    WORD,
    Fate,
    Place,
    Scene,
    assert_account,
    hear,
    prepared,
)


@pytest.fixture(scope="module")
def scene(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    places = {name: [Place(name)] for name in ("bootstrap", "thrice", "path", "files")}
    places["three"] = [Place("three-1", "F8"), Place("three-2", "F8"), Place("three-3")]
    scene = prepared(stage, tmp_path_factory.mktemp("stories"), places)
    with scene.gateway:
        yield scene


def test_a_page_of_nobody_who_is_signed_in(scene: Scene) -> None:
    """F4, which only those who look at the account meet."""
    scene.account("bootstrap").script("F4")
    tested = scene.gateway.administer("/v2/accounts/bootstrap/test", method="POST")
    assert (tested.status, tested.json["ok"]) == (200, False), tested.body
    assert "session invalid" in tested.body.decode()
    assert scene.completions("bootstrap") == 0, "a test costs no message"
    assert scene.gateway.account("bootstrap")["enabled"], "a test changes nothing"
    surveyed = scene.gateway.administer("/v2/accounts/bootstrap/survey", method="POST")
    assert surveyed.status >= 400
    assert soon(lambda: not scene.gateway.account("bootstrap")["enabled"])
    assert scene.gateway.account("bootstrap")["off_reason"] == "session invalid: the bootstrap has no account"


def test_an_account_that_is_refused_three_times_in_a_row(scene: Scene) -> None:
    """F3 is no proof of anything, until it is."""
    scene.account("thrice").script("F3")
    for number in (1, 2, 3):
        assert scene.gateway.account("thrice")["enabled"], number
        scene.ask(STREAMED, "thrice")
    assert soon(lambda: not scene.gateway.account("thrice")["enabled"])
    assert "not permitted" in scene.gateway.account("thrice")["off_reason"]


def test_a_blocked_path_is_left_alone(scene: Scene) -> None:
    """F24 once, and nobody knocks again for a quarter of an hour."""
    scene.account("path").script("F24 header", "create", times=1)
    for _ in range(3):
        hear(WHOLE, scene.ask(WHOLE, "path"), BLOCKED)
    assert len(scene.simulator.journal.of("create", "path")) == 1
    assert_account(scene, "path", Fate())


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SEEN = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": ASK},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        ],
    }
]


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("upload-413", 413, "request_too_large"),
        ("upload-415", 400, "invalid_request_error"),
        ("upload-500", 502, "api_error"),
    ],
)
def test_a_file_that_is_not_taken(fault: str, status: int, kind: str, scene: Scene) -> None:
    """F26: what is wrong with a file is the client's to mend."""
    scene.account("files").script(f"F26 {fault}", times=1)
    refused = scene.ask(STREAMED, "files", messages=SEEN)
    assert (refused.status, refused.json["error"]["type"]) == (status, kind), refused.body
    assert ("image.png" in refused.json["error"]["message"]) is (status < 500)
    answer = scene.ask(STREAMED, "files", messages=SEEN)
    assert text_in(STREAMED, answer) == WORD
    assert_account(scene, "files", Fate())


def test_conversations_are_gone_in_the_end(scene: Scene) -> None:
    """F26, `delete` fails twice: the client does not wait for it."""
    person = scene.account("files")
    person.script("F26 delete-500")
    scene.ask(STREAMED, "files")
    assert soon(lambda: not len(person.conversations))
    assert [each.status for each in scene.simulator.journal.of("delete", "files")][-3:] == [500, 500, 204]


def test_a_new_key_takes_the_place_of_the_old_one(scene: Scene) -> None:
    """F26, `Set-Cookie`: stored first, then used."""
    person = scene.account("files")
    person.script("F26 new-key", "completion", times=1)
    before = person.key
    assert text_in(STREAMED, scene.ask(STREAMED, "files")) == WORD
    assert soon(lambda: scene.ask(STREAMED, "files").status == 200 and person.key != before)
    assert_account(scene, "files", Fate())


def test_two_are_limited_and_the_third_answers(scene: Scene) -> None:
    for way in (STREAMED, Way(CHAT, "", True)):
        answer = scene.ask(way, "three")
        assert answer.status == 200
        assert text_in(way, answer) == WORD
        assert b'"error"' not in answer.body
    asked = [each.account for each in scene.simulator.journal.of("completion")]
    assert [each for each in asked if each in {"three-1", "three-2", "three-3"}] == [
        "three-1",
        "three-2",
        "three-3",
        "three-3",
    ]
    for id in ("three-1", "three-2"):
        assert_account(scene, id, Fate(rests="quota", for_s=HOUR_S))
