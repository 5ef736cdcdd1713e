"""A provider is asked for its list and, where wanted, for a word; whatever it does, the finding says it."""

import json
from pathlib import Path

import pytest
from aiohttp import web

from cli.test_crews import face, parrot, settings
from isthmus.cli.compose import build, open_hands
from isthmus.cli.crews import FALLS_BACK, OLD
from isthmus.cli.probe import Finding, probe, try_out_alone
from isthmus.config import ProviderSettings
from isthmus.core.commands import Exchange
from isthmus.core.conversation import Conversation
from isthmus.core.interfaces import Target
from isthmus.core.losses import Policy
from isthmus.providers.dummy import Dummy
from isthmus.server.sources import Source
from isthmus.transport.http import Http, Limits
from isthmus.transport.programs import Programs
from isthmus.transport.workers import CrewRules
from parrots import PYTHON, talk, until
from plainly import Wordy, lines, upstream

SETTINGS = ProviderSettings(
    base_url="http://127.0.0.1:9/v1", default_model="words-1", models={"a": "words-2"}
)
SPEAKS = lines("begin", "hello", "end")


def refuses(status: int, text: str = "no") -> web.Response:
    return web.Response(status=status, text=text)


async def probed(*scripts: object, ask: bool = False, settings: ProviderSettings = SETTINGS) -> Finding:
    async with upstream(*scripts) as played, Http() as http:  # type: ignore[arg-type]
        source = Source(Wordy(played.url), http.channel(Limits(connect_s=2, first_byte_s=2)), Policy.REPAIR)
        return await probe(source, settings, ask=ask)


async def test_a_list_is_enough() -> None:
    finding = await probed(web.Response(text="words-1 words-2 words-3"))
    assert (finding.ok, finding.did, finding.models) == (True, ["lists 3 models"], 3)
    assert finding.notes == []


async def test_names_that_the_list_lacks_are_noted() -> None:
    finding = await probed(web.Response(text="words-1"))
    assert finding.ok
    assert finding.notes == ["not in its list: words-2"]


async def test_a_word_may_be_wanted_too() -> None:
    finding = await probed(web.Response(text="words-1 words-2"), SPEAKS, ask=True)
    assert finding.did == ["lists 2 models", "words-1 answered"]
    assert finding.ok


async def test_a_key_that_may_not_see_the_list_may_do_for_answers() -> None:
    finding = await probed(refuses(403, "not you"), SPEAKS, ask=True)
    assert (finding.ok, finding.did) == (True, ["words-1 answered"])
    assert finding.notes == ["it refused its model list with status 403 (not you)"]


async def test_a_key_that_is_refused_everywhere_fails_by_the_words_of_the_answer() -> None:
    finding = await probed(refuses(401), refuses(400, "dead key"), ask=True)
    assert "dead key" in str(finding.problem)


async def test_without_a_list_a_word_is_asked_for() -> None:
    finding = await probed(refuses(404), SPEAKS)
    assert (finding.ok, finding.did) == (True, ["has no model list (404)", "words-1 answered"])


async def test_without_a_list_and_a_name_nothing_can_be_asked() -> None:
    finding = await probed(refuses(404), settings=ProviderSettings(base_url="http://127.0.0.1:9"))
    assert finding.ok
    assert "name one under `models`" in finding.notes[0]


@pytest.mark.parametrize(
    ("scripts", "problem", "way_out"),
    [
        ([refuses(401, "Incorrect API key")], "status 401 (Incorrect API key)", "providers.wordy.api_key"),
        ([refuses(429)], "status 429", "limits and balance"),
        ([refuses(500)], "status 500", "try again later"),
        ([refuses(400)], "status 400", "what it names"),
        ([refuses(404), refuses(400, "no such model")], "no such model", "what it names"),
        ([refuses(404), lines("begin", "oops")], "the upstream choked", "limits and balance"),
        ([refuses(404), lines("begin", "half")], "ended early", "is it running"),
        ([refuses(302)], "redirect", "what it names"),
    ],
)
async def test_what_goes_wrong_is_said_with_the_way_out(
    scripts: list[object], problem: str, way_out: str
) -> None:
    finding = await probed(*scripts)
    assert not finding.ok
    assert problem in str(finding.problem)
    assert way_out in str(finding.way_out)


async def test_nobody_at_the_address() -> None:
    async with Http() as http:
        source = Source(Wordy("http://127.0.0.1:9/"), http.channel(Limits(connect_s=2)))
        finding = await probe(source, SETTINGS, ask=False)
    assert "the connection failed" in str(finding.problem)
    assert finding.way_out == "is it running, and is providers.wordy.base_url right (http://127.0.0.1:9/v1)?"


async def test_the_dummy_needs_nobody() -> None:
    async with Http() as http:
        source = Source(Dummy(), http.channel(Limits()))
        finding = await probe(source, ProviderSettings(type="dummy"), ask=True)
        failing = await probe(source, ProviderSettings(type="dummy", default_model="dummy-429"), ask=True)
        pausing = await probe(
            source, ProviderSettings(type="dummy", default_model="dummy-silent-0.1"), ask=True
        )
    assert finding.did[1] == "dummy answered"
    assert not failing.ok
    assert pausing.ok
    assert pausing.took_s >= 0.1


class Talkative(Wordy):
    """Answers by a program."""

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        yield talk(*self.things)

    things: tuple[list[object], ...] = ()


@pytest.mark.parametrize(
    ("things", "ok", "said"),
    [((), True, "words-1 answered"), ((["complain", "out of paper"], ["leave", 2]), False, "out of paper")],
)
async def test_a_program_may_be_asked(
    tmp_path: Path, things: tuple[list[object], ...], ok: bool, said: str
) -> None:
    async with upstream(refuses(404)) as played, Http() as http, Programs(tmp_path) as programs:
        provider = Talkative(played.url)
        provider.things = things
        crew = programs.crew("parrots", CrewRules(), lambda: PYTHON)
        finding = await probe(Source(provider, http.channel(Limits()), crew=crew), SETTINGS, ask=True)
        await until(lambda: crew.figures().busy == 0)
    assert finding.ok is ok
    assert said in f"{finding.did} {finding.problem}"


FOUND = "is Claude Code {version} at {path}, self-test"


@pytest.mark.parametrize(
    ("version", "tokens", "came_of_it", "notes"),
    [
        ("2.1.330", 400, "passed", []),
        ("2.1.330", 0, "failed", [f"it {FALLS_BACK}"]),
        ("1.0.0", 0, "failed", [f"it is {OLD}", f"it {FALLS_BACK}"]),
    ],
)
async def test_claude_code_is_found_and_holds_its_self_test(
    tmp_path: Path, version: str, tokens: int, came_of_it: str, notes: list[str]
) -> None:
    path = parrot(tmp_path, version=version, tokens=tokens)
    chosen = settings(path, pool={"size": 0})
    async with open_hands(chosen.images) as hands:
        source, own = face(build(chosen, hands)), chosen.providers["claude"]
        for finding in (await probe(source, own, ask=False), await try_out_alone(source, own)):
            assert finding.ok
            assert finding.did[0] == f"{FOUND.format(version=version, path=path)} {came_of_it}"
            assert finding.notes == notes


async def test_a_claude_code_that_is_not_there_is_named_with_the_way_out(tmp_path: Path) -> None:
    chosen = settings(tmp_path / "nothing")
    async with open_hands(chosen.images) as hands:
        source, own = face(build(chosen, hands)), chosen.providers["claude"]
        for finding in (await probe(source, own, ask=False), await try_out_alone(source, own)):
            assert not finding.ok
            assert str(tmp_path / "nothing") in str(finding.problem)
            assert "providers.claude.claude_code.cli_path" in str(finding.way_out)


def test_a_finding_can_be_written_down() -> None:
    finding = Finding("a", did=["lists 1 models"])
    assert json.dumps([finding.ok, finding.did]) == '[true, ["lists 1 models"]]'
