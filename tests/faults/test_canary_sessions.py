"""Session keys, of the pool and of a mirror's callers, go through a gateway that succeeds and fails, and are found nowhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.stage import Stage
from faults.gateways import soon
from faults.hearing import all_at_once
from faults.test_canary import ADMIN_PAGES, Aviary, is_in
from faults.web_scene import ASK, MODEL, STREAMED, WHOLE, Place, Scene, prepared
from operations.asking import ask

FAULTS = (
    "F1",
    "F2",
    "F3",
    "F5",
    "F8",
    "F11 nothing",
    "F14",
    "F16",
    "F17",
    "F20",
    "F23 html",
    "F24 html",
    "F25 302",
)
KEYS = ("F26 new-key", "")
"""Those that end well: with another key, and with the same."""


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Iterator[Scene]:
    places = {f"web{number}": [Place(f"person{number}", fault)] for number, fault in enumerate(FAULTS)}
    places |= {f"web{len(FAULTS) + number}": [Place(f"person{len(FAULTS) + number}")] for number in range(2)}
    mirror = {"enabled": True, "prefix": "/mine", "provider": "web0", "requests_per_minute": 1000}
    scene = prepared(stage, tmp_path, places, mirror=mirror, api_keys=["the-key-of-a-client"])
    people = scene.simulator.accounts
    for number, fault in enumerate((*FAULTS, *KEYS)):
        guest = scene.simulator.add_account(f"guest{number}")
        if fault in FAULTS:
            guest.script(fault)
        elif fault:
            guest.script(fault, "completion", times=1)
            people[f"person{number}"].script(fault, "completion", times=1)
    with scene.gateway:
        yield scene


def test_no_session_key_is_found_anywhere(scene: Scene) -> None:
    gateway, people = scene.gateway, scene.simulator.accounts
    aviary = Aviary(gateway)
    keys = {each.key for each in people.values()}

    def story(number: int) -> None:
        guest = people[f"guest{number}"].key
        for way in (STREAMED, WHOLE):
            client = {"authorization": "Bearer the-key-of-a-client"}
            caller = {"x-api-key": guest} if way is STREAMED else {"authorization": f"Bearer {guest}"}
            for provider, headers in ((f"web{number}", client), ("mine", caller), (f"web{number}", caller)):
                answer = ask(
                    gateway,
                    way.dialect,
                    MODEL,
                    provider=provider,
                    stream=way.stream,
                    text=ASK,
                    headers=headers,
                )
                aviary.heard.append((f"{provider} {way}", answer))

    all_at_once(story, range(len(FAULTS + KEYS)))
    assert {answer.status for _, answer in aviary.heard} >= {200, 401, 429, 502}
    last = len(FAULTS)
    assert soon(lambda: people[f"person{last}"].key not in keys or _asked_again(scene, last))
    for path in ADMIN_PAGES:
        assert aviary.administer(path).status == 200, path
    aviary.administer("/v2/accounts/test", method="POST")
    backup = zipfile.ZipFile(io.BytesIO(aviary.administer("/v2/backup", method="POST").body))

    keys |= {each.key for each in people.values()}
    keys |= {each.next_key for each in people.values() if each.next_key is not None}
    places = [*aviary.everything(), *((each, backup.read(each)) for each in backup.namelist())]
    assert any(where == "isthmus.db" for where, _ in places)
    assert [(where, key) for where, said in places for key in keys if is_in(key, said)] == []
    journal = [repr(each.shown()) for each in scene.simulator.journal]
    assert [key for key in keys for said in journal if key in said] == []


def _asked_again(scene: Scene, number: int) -> bool:
    """Once a new key is stored, the next question brings it."""
    client = {"authorization": "Bearer the-key-of-a-client"}
    scene.ask(WHOLE, f"web{number}", headers=client)
    return False
