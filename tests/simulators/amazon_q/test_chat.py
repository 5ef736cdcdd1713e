"""What the model makes of a request."""

from isthmus.simulators.amazon_q.chat import Chat, own_text, result_text, scene_of
from isthmus.simulators.amazon_q.models import MODELS
from simulators.amazon_q.asking import MODEL, Json, chat, result, said, tool, use, user

CALLS = [user("Look."), said("", toolUses=[use("a")])]


def read(body: Json) -> Chat:
    return Chat(body, MODELS[MODEL], "q")


def test_calls_and_results_since_the_last_request() -> None:
    again = [user("", userInputMessageContext={"toolResults": [result("a")]}), said("", toolUses=[use("b")])]
    scene = scene_of(read(chat("", history=[*CALLS, *again], results=[result("b", "rainy")], tools=[tool()])))
    assert scene.request == "Look."
    assert [[call["toolUseId"] for call in calls] for calls in scene.rounds] == [["a"], ["b"]]
    assert [result_text(each) for each in scene.results] == ["sunny", "rainy"]


def test_new_words_are_a_new_request() -> None:
    scene = scene_of(read(chat("Go on.", history=CALLS, results=[result("a")])))
    assert (scene.request, scene.rounds, [each["toolUseId"] for each in scene.results]) == (
        "Go on.",
        [],
        ["a"],
    )
    scene = scene_of(read(chat("New.", history=[*CALLS, user("x"), said("y")])))
    assert (scene.request, scene.rounds, scene.results) == ("New.", [], [])


def test_reminders_are_no_words_of_the_users() -> None:
    assert own_text({"content": "<system-reminder>x</system-reminder> Hi <system-reminder>open"}) == "Hi"
    reminded = chat("<system-reminder>x</system-reminder>", history=CALLS, results=[result("a")])
    assert scene_of(read(reminded)).request == "Look."
