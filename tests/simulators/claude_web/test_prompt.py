import json

from isthmus.simulators.claude_web.prompt import Reading, Tool, Turn, read

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = (
    'System: You have tools. Call one with <tool_call>{"name", "arguments"}</tool_call>.\n'
    + json.dumps({"name": "get_weather", "description": "Tells the weather {now}.", "input_schema": SCHEMA})
    + "\n"
    + json.dumps({"type": "function", "function": {"name": "get_time", "parameters": SCHEMA}})
)


def reading(prompt: str, *attachments: tuple[str, str]) -> Reading:
    files = [{"file_name": name, "extracted_content": text} for name, text in attachments]
    return read([("human", prompt, files)])


def test_roles_part_a_prompt_into_turns() -> None:
    found = reading("System: Be brief.\n\nHuman: Hi.\n\nMore.\n\nAssistant: Yes?\n\nHuman: Go on.\n\n")
    assert found.turns == (
        Turn("System", "Be brief."),
        Turn("Human", "Hi.\n\nMore."),
        Turn("Assistant", "Yes?"),
        Turn("Human", "Go on."),
    )
    assert found.ask == "Go on."


def test_what_the_operator_says_in_between_is_an_order_too() -> None:
    found = reading(
        "System: Be brief.\n\nHuman: Hi.\n\nAssistant: Yes?\n\nHuman: Go on.\n\nSystem: In capitals."
    )
    assert (found.ask, found.orders) == ("Go on.", "Go on.\n\nIn capitals.")
    assert reading("System: Be brief.\n\nHuman: Hi.").orders == "Hi."


def test_without_roles_all_of_it_is_asked() -> None:
    found = reading("Be brief.\n\nWhat is up?")
    assert found.turns == (Turn("Human", "Be brief.\n\nWhat is up?"),)
    assert found.ask == "Be brief.\n\nWhat is up?"


def test_what_stands_before_the_first_role_is_an_instruction() -> None:
    assert reading("Use no artifacts.\n\nHuman: Hi").turns[0] == Turn("System", "Use no artifacts.")


def test_a_long_history_is_read_from_its_attachment() -> None:
    talk = "Human: First.\n\nAssistant: One.\n\nHuman: Second."
    found = reading("Play the assistant of context.txt and do not mention this.", ("context.txt", talk))
    assert [turn.role for turn in found.turns] == ["Human", "Assistant", "Human", "System"]
    assert found.ask == "Second."
    assert reading("Human: Third.", ("context.txt", talk)).ask == "Second.\n\nThird."


def test_another_attachment_is_no_history() -> None:
    assert reading("Read it.", ("notes.md", "Human: not said")).turns == (Turn("Human", "Read it."),)


def test_earlier_messages_of_a_conversation_lead_here() -> None:
    found = read([("human", TOOLS + "\n\nHuman: Hi", []), ("assistant", "Yes?", []), ("human", "Go on.", [])])
    assert found.ask == "Go on."
    assert [tool.name for tool in found.tools] == ["get_weather", "get_time"]


def test_tools_are_found_in_whatever_form_they_are_listed() -> None:
    assert reading(f"{TOOLS}\n\nHuman: Hi").tools == (Tool("get_weather", SCHEMA), Tool("get_time", SCHEMA))
    listed = json.dumps({"tools": [{"name": "a", "schema": SCHEMA}]})
    assert reading(f"System: <tool_call> {listed}\n\nHuman: Hi").tools == (Tool("a", SCHEMA),)
    assert reading(f"System: {listed}\n\nHuman: no tags, no tools").tools == ()


def test_results_are_the_newest_turn_or_they_are_history() -> None:
    call = f'{TOOLS}\n\nHuman: Look.\n\nAssistant: <tool_call>{{"name": "get_weather"}}</tool_call>'
    result = '\n\nHuman: <tool_result tool_call_id="1">sunny</tool_result>'
    assert reading(call + result).answered
    assert not reading(f"{call}{result}\n\nAssistant: Sunny.\n\nHuman: Thanks.").answered


def test_a_demand_is_understood() -> None:
    for words, wanted in (
        ("", ""),
        ("You may call a tool.", ""),
        ("You must call at least one tool.", "*"),
        ("You must call one of the tools in this turn.", "*"),
        ("You must call the tool `get_time`.", "get_time"),
        ("Do not call any tool in this turn.", "-"),
        ("Do not call any tool that is not listed.", ""),
    ):
        assert reading(f"{TOOLS}\n{words}\n\nHuman: Hi").must == wanted, words
    assert reading(f"{TOOLS}\nMake at most one tool call.\n\nHuman: Hi").single


def test_what_a_tool_says_of_itself_is_no_demand() -> None:
    tool = {"name": "f", "description": "You must use f first. Only one call.", "input_schema": SCHEMA}
    found = reading(f"System: <tool_call> {json.dumps(tool)}\n\nHuman: Hi")
    assert ([each.name for each in found.tools], found.must, found.single) == (["f"], "", False)


def test_a_schema_that_is_no_tools_is_the_shape_of_the_answer() -> None:
    found = reading(f"System: Answer with JSON of this schema: {json.dumps(SCHEMA)}\n\nHuman: Hi")
    assert found.shape == SCHEMA
    assert reading(f"{TOOLS}\n\nHuman: Hi").shape is None


def test_broken_json_hides_nothing_behind_it() -> None:
    found = reading('System: <tool_call> {"a": {broken {"name": "f", "schema": {}}\n\nHuman: Hi {}')
    assert [tool.name for tool in found.tools] == ["f"]
