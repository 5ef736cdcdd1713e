"""The playground: every way of talking to a model that a user of the console has."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from console.browsing import Visits

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = (
    "<script>window.hurt = 1</script> <img src=x onerror='window.hurt = 2'> <svg onload='window.hurt = 3'></svg>\n\n"
    "[link](javascript:window.hurt=4) [data](data:text/html,<script>window.hurt=5</script>) "
    "[good](https://example.org/a) ![picture](https://example.org/p.png)\n\n"
    "```html\n<b onmouseover='window.hurt = 6'>code</b>\n```\n"
)
GIVE = """([element, event, text, type, name]) => {
    const data = new DataTransfer()
    data.items.add(new File([Uint8Array.from(atob(text), (each) => each.charCodeAt(0))], name, { type }))
    const options = { bubbles: true, cancelable: true }
    element.dispatchEvent(event === 'paste'
        ? new ClipboardEvent(event, { ...options, clipboardData: data })
        : new DragEvent(event, { ...options, dataTransfer: data }))
}"""

SSE = "text/event-stream"
CLIPBOARD = """async (wanted) => {
    for (let tries = 0; tries < 100 && await navigator.clipboard.readText() !== wanted; tries++) {
        await new Promise((done) => setTimeout(done, 100));
    }
    return await navigator.clipboard.readText();
}"""
"""What is in it, as soon as that is what is wanted: writing takes a moment."""


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def say(page: Page, text: str) -> None:
    composer(page).fill(text)
    composer(page).press("Enter")


def answer(page: Page) -> Locator:
    """The last answer, when it is over."""
    last = page.get_by_role("log").get_by_role("article").last
    expect(last).to_have_attribute("aria-busy", "false")
    return last


def pane(page: Page, name: str) -> Locator:
    page.get_by_role("tab", name=name, exact=True).click()
    return page.get_by_role("tabpanel", name=name, exact=True)


def give(page: Page, event: str, content: bytes, name: str, kind: str) -> None:
    target = composer(page).element_handle()
    page.evaluate(GIVE, [target, event, base64.b64encode(content).decode(), kind, name])


def test_a_talk_shows_thoughts_text_and_what_went_over_the_wire(visit: Visits) -> None:
    page = visit("/playground?model=dummy-thinking")
    made: list[str] = []
    page.on("request", lambda sent: made.append(sent.url) if sent.url.endswith("/playground-key") else None)
    say(page, "Hello")
    first = answer(page)
    expect(first).to_contain_text("This is the dummy model.")
    thought = first.get_by_text("The user wants to see me think.")
    expect(thought).to_be_hidden()
    first.get_by_text("Thought for").click()
    expect(thought).to_be_visible()
    say(page, "And again")
    answer(page)
    assert len(made) == 1, "a key is made once"

    request = pane(page, "Request")
    expect(request).to_contain_text("POST /v1/messages")
    # The thought went back with its signature.
    expect(request.locator("pre", has_text='"signature"')).to_contain_text("And again")
    expect(request).not_to_contain_text("sk-")
    stream = pane(page, "Stream")
    stream.get_by_role("button", name="message_start").click()
    expect(stream).to_contain_text("event: message_start")
    figures = pane(page, "Figures")
    expect(figures.get_by_text("estimated")).to_have_count(2)
    expect(figures).to_contain_text("Everything you asked for was carried.")
    link = figures.get_by_role("link", name=re.compile("req_"))
    link.click()
    expect(page).to_have_url(re.compile(r"/admin/requests\?request=req_"))
    page.go_back()
    expect(answer(page)).to_contain_text("This is the dummy model.")


@pytest.mark.parametrize(("dialect", "streamed"), [("Messages", True), ("Chat Completions", False)])
def test_calls_of_tools_are_answered_by_hand(visit: Visits, dialect: str, streamed: bool) -> None:
    page = visit("/playground?model=dummy-parallel-tools")
    page.get_by_role("tab", name=dialect).click()
    if not streamed:
        page.get_by_role("switch", name="Stream the answer").click()
    page.get_by_role("button", name="Insert an example").click()
    page.get_by_role("combobox", name="Tool choice").click()
    page.get_by_role("option", name="get_weather").click()
    say(page, "What is the weather in Paris?")
    expect(answer(page).get_by_role("region", name="Tool call get_weather")).to_have_count(2)
    expect(answer(page)).to_contain_text('"city": "Paris"')
    boxes = page.get_by_role("textbox", name="Result of get_weather")
    boxes.nth(0).fill("18 degrees")
    boxes.nth(1).fill("rain")
    page.get_by_role("button", name="Send results").click()
    # Told to call, it calls again, and tells nothing; the results have gone.
    expect(boxes).to_have_count(2)
    request = pane(page, "Request")
    expect(request).to_contain_text("18 degrees")
    expect(request).to_contain_text("tool_result" if dialect == "Messages" else "tool_call_id")
    pane(page, "Parameters").get_by_role("combobox", name="Tool choice").click()
    page.get_by_role("option", name="Not said").click()
    boxes.nth(0).fill("snow")
    page.get_by_role("button", name="Send results").click()
    expect(answer(page)).to_contain_text("The tool get_weather answered: snow")


def test_what_a_model_writes_can_do_nothing(visit: Visits) -> None:
    page = visit("/playground?model=dummy-tool")
    page.get_by_role("button", name="Insert an example").click()
    say(page, "weather")
    page.get_by_role("textbox", name="Result of get_weather").fill(HOSTILE)
    page.get_by_role("button", name="Send results").click()
    shown = answer(page)
    expect(shown.get_by_role("link", name="good")).to_have_attribute("rel", "noopener noreferrer")
    expect(shown.get_by_role("link", name="good")).to_have_attribute("target", "_blank")
    expect(shown.get_by_role("link", name="picture")).to_have_attribute("href", "https://example.org/p.png")
    expect(shown.get_by_role("link")).to_have_count(2)
    assert shown.locator("script, img, svg[onload], [onerror], [onmouseover], b").count() == 0
    shown.get_by_text("onmouseover").last.hover()
    shown.get_by_role("button", name="Copy", exact=True).first.click()
    wanted = "<b onmouseover='window.hurt = 6'>code</b>\n"
    assert page.evaluate(CLIPBOARD, wanted) == wanted
    assert page.evaluate("() => window.hurt") is None


def test_pictures_come_by_file_paste_and_drop(visit: Visits) -> None:
    page = visit("/playground?model=dummy-vision")
    page.get_by_test_id("files").set_input_files(
        {"name": "chosen.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    expect(page.get_by_role("img", name="chosen.png")).to_be_visible()
    give(page, "paste", PICTURE, "pasted.png", "image/png")
    expect(page.get_by_role("img", name="pasted.png")).to_be_visible()
    give(page, "drop", PICTURE, "dropped.png", "image/png")
    expect(page.get_by_role("img", name="dropped.png")).to_be_visible()
    give(page, "drop", b"<svg onload=alert(1)>", "fake.png", "image/png")
    expect(page.get_by_text("fake.png is no PNG, JPEG, GIF or WebP image.", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Remove dropped.png").click()
    say(page, "What is this?")
    expect(answer(page)).to_contain_text("image/png")
    page.get_by_role("tab", name="Chat Completions").click()
    page.get_by_role("button", name="Ask again").click()
    expect(answer(page)).to_contain_text("Chat Completions")
    expect(answer(page)).to_contain_text("image/png")


def test_an_answer_can_be_stopped_and_asked_for_again(visit: Visits) -> None:
    page = visit("/playground?model=dummy-long-2000")
    model = page.get_by_role("combobox", name="Model")
    model.fill("dummy-slow")
    say(page, "Hello")
    coming = page.get_by_role("log").get_by_role("article").last
    expect(coming.locator(".markdown")).not_to_be_empty()
    page.get_by_role("button", name="Stop").click()
    expect(answer(page)).to_contain_text("Stopped by you.")
    kept = coming.locator(".markdown").inner_text()
    assert kept
    expect(page).to_have_url(re.compile("model=dummy-slow"))
    page.get_by_role("button", name="Edit and send again").click()
    expect(composer(page)).to_have_value("Hello")
    expect(composer(page)).to_be_focused()
    page.get_by_role("combobox", name="Model").fill("dummy-text")
    say(page, "Hello again")
    expect(answer(page)).to_contain_text("This is the dummy model.")
    page.get_by_role("button", name="Clear conversation").click()
    page.get_by_test_id("confirm").click()
    expect(page.get_by_role("heading", name="Try a model")).to_be_visible()


def test_failures_are_said_and_can_be_tried_again(visit: Visits) -> None:
    page = visit("/playground?model=dummy-429")
    say(page, "Hello")
    expect(answer(page).get_by_role("alert")).to_contain_text("the dummy model is rate limited for 5 s")
    expect(answer(page).get_by_role("alert")).to_contain_text(
        "Status 429 · rate_limit_error · It asks to wait 5 s."
    )
    page.get_by_role("combobox", name="Model").fill("dummy-cut-text")
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_contain_text("middle of a")
    expect(answer(page).get_by_role("alert")).to_contain_text("upstream stream ended early")
    page.get_by_role("combobox", name="Model").fill("dummy-max-tokens")
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_contain_text("It reached the output limit.")


def test_parameters_that_are_not_well_formed_keep_a_request_back(visit: Visits) -> None:
    page = visit("/playground?model=dummy-echo")
    page.get_by_role("textbox", name="More fields").fill('{"top_k": 7')
    composer(page).fill("Hello")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    expect(page.get_by_text("More fields: This is not JSON.")).to_be_visible()
    page.get_by_role("textbox", name="More fields").fill('{"top_k": 7, "service_tier": "odd"}')
    page.get_by_role("textbox", name="System prompt").fill("Be brief.")
    page.get_by_role("spinbutton", name="Temperature").fill("0.5")
    page.get_by_role("button", name="Send").click()
    expect(answer(page)).to_contain_text("Be brief.")
    expect(answer(page)).to_contain_text('"temperature": 0.5')
    expect(pane(page, "Figures")).to_contain_text("service_tier=dropped")


def test_an_input_method_takes_enter_for_itself(visit: Visits) -> None:
    page = visit("/playground?model=dummy-text")
    composer(page).fill("nihao")
    composer(page).dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    composer(page).dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    composer(page).press("Shift+Enter")
    expect(composer(page)).to_have_value("nihao\n")
    expect(page.get_by_role("log").get_by_role("article")).to_have_count(0)
    composer(page).press("Enter")
    expect(answer(page)).to_contain_text("This is the dummy model.")


@pytest.mark.parametrize("dialect", ["Messages", "Chat Completions"])
def test_what_is_copied_runs(visit: Visits, dialect: str) -> None:
    page = visit("/playground?model=dummy-text")
    page.get_by_role("tab", name=dialect).click()
    composer(page).fill("it's `$HOME`\nJSON")
    environment = {**os.environ, "ISTHMUS_API_KEY": visit.scenery.keys["team"]}
    for name, command in (("Python", [sys.executable, "-"]), ("curl", ["sh"])):
        page.get_by_role("button", name="Copy as").click()
        page.get_by_role("menuitem", name=name).click()
        expect(page.get_by_text(f"Copied as {name}", exact=True).first).to_be_visible()
        program = page.evaluate("() => navigator.clipboard.readText()")
        assert "sk-" not in program
        ran = subprocess.run(
            command, input=program, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert "dummy" in ran.stdout, (program, ran.stderr)


@pytest.mark.parametrize("dialect", ["Messages", "Chat Completions"])
def test_what_is_copied_is_all_that_was_asked(visit: Visits, dialect: str) -> None:
    """The model tells the request as it came through: it is the same by hand, by curl and by Python."""
    page = visit("/playground?model=dummy-echo")
    page.get_by_role("tab", name=dialect).click()
    page.get_by_role("switch", name="Stream the answer").click()
    page.get_by_role("textbox", name="System prompt").fill("Be 'brief'.")
    page.get_by_role("spinbutton", name="Temperature").fill("0.5")
    page.get_by_role("button", name="Insert an example").click()
    page.get_by_test_id("files").set_input_files(
        {"name": "chosen.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    say(page, 'What is "this"?')
    told = answer(page).locator(".markdown").inner_text()
    for part in ("Be 'brief'.", "0.5", "get_weather", "image/png"):
        assert part in told, part
    environment = {**os.environ, "ISTHMUS_API_KEY": visit.scenery.keys["team"]}
    for name, command in (("Python", [sys.executable, "-"]), ("curl", ["sh"])):
        page.get_by_role("button", name="Copy as").click()
        page.get_by_role("menuitem", name=name).click()
        expect(page.get_by_text(f"Copied as {name}", exact=True).first).to_be_visible()
        program = page.evaluate("() => navigator.clipboard.readText()")
        ran = subprocess.run(
            command, input=program, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        for part in ("brief", "0.5", "get_weather", "image/png"):
            assert part in ran.stdout, (part, program, ran.stdout, ran.stderr)


def test_a_raw_stream_is_shown_as_it_came_in_either_dialect(visit: Visits) -> None:
    page = visit("/playground?model=dummy-cut-text")
    events = page.get_by_test_id("stream").get_by_role("button")
    for dialect, first, last in (
        ("Messages", "event: message_start", "event: error"),
        ("Chat Completions", '"object":"chat.completion.chunk"', "upstream stream ended early"),
    ):
        pane(page, "Parameters").get_by_role("tab", name=dialect).click()
        page.get_by_role("combobox", name="Model").fill("dummy-cut-text")
        say(page, "Hello")
        expect(answer(page).get_by_role("alert")).to_contain_text("upstream stream ended early")
        stream = pane(page, "Stream")
        events.first.click()
        expect(stream.locator("pre")).to_contain_text(first)
        events.last.click()
        expect(stream.locator("pre")).to_contain_text(last)
        page.get_by_role("button", name="Clear conversation").click()
        page.get_by_test_id("confirm").click()
    pane(page, "Parameters").get_by_role("combobox", name="Model").fill("dummy-text")
    say(page, "Hello")
    answer(page)
    stream = pane(page, "Stream")
    events.last.click()
    expect(stream.locator("pre")).to_have_text("data: [DONE]")


def test_others_than_administrators_use_a_key_of_theirs(visit: Visits) -> None:
    page = visit("/playground?model=dummy-text", role="holder")
    say(page, "Hello")
    expect(answer(page).get_by_role("alert")).to_contain_text("This gateway wants an API key.")
    field = page.get_by_role("textbox", name="API key")
    expect(field).to_have_attribute("type", "password")
    field.fill(visit.scenery.keys["henry"])
    field.press("Enter")
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_contain_text("This is the dummy model.")
    expect(pane(page, "Figures").get_by_text("estimated")).to_have_count(2)
    page.reload()
    parameters = pane(page, "Parameters")
    expect(parameters.get_by_text("A key of yours is used.")).to_contain_text(
        visit.scenery.keys["henry"][-4:]
    )
    say(page, "Hello again")
    expect(answer(page)).to_contain_text("This is the dummy model.")
    parameters.get_by_role("button", name="Forget").click()
    page.get_by_role("button", name="Ask again").click()
    expect(answer(page).get_by_role("alert")).to_contain_text("Status 401")
    assert page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])").count("sk-") == 0


@pytest.mark.parametrize(
    ("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)], ids=["desktop", "phone"]
)
def test_it_is_fit_to_be_read(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    page = visit("/playground?model=dummy-thinking", language=language, theme=theme, phone=phone)
    writing = page.get_by_role("textbox", name="Message" if language == "en" else "消息", exact=True)
    accessible(page)
    assert page.get_by_role("log").evaluate("each => each.scrollWidth <= each.clientWidth"), "it is cut off"
    writing.fill("Write me a function.\n\n```python\nprint(1)\n```")
    writing.press("Enter")
    expect(answer(page)).to_contain_text("This is the dummy model.")
    accessible(page)
    if phone:
        page.get_by_role(
            "button", name="Parameters and details" if language == "en" else "参数与详情"
        ).click()
        expect(page.get_by_role("dialog")).to_be_visible()
    for each in ("Request", "Stream", "Figures") if language == "en" else ("请求", "流", "数据"):
        pane(page, each)
        accessible(page)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "the page is wider than the screen"
    if not phone:
        _draw(page, shot)


def _draw(page: Page, shot: Callable[[Page, str], None]) -> None:
    """A talk with something of everything, but no sign that needs a font of its own."""
    page.route(
        "**/v1/messages",
        lambda route: route.fulfill(body=route.fetch().text().replace(" 🙂", ""), content_type=SSE),
    )
    page.get_by_role("button", name="Clear conversation").click()
    page.get_by_test_id("confirm").click()
    pane(page, "Parameters").get_by_role("combobox", name="Model").fill("dummy-thinking")
    say(page, "How long is the Panama Canal, and how long does a ship take?")
    answer(page)
    page.get_by_role("combobox", name="Model").fill("dummy-tool")
    page.get_by_role("button", name="Insert an example").click()
    say(page, "What is the weather in Colón?")
    answer(page)
    pane(page, "Stream")
    shot(page, "playground")
