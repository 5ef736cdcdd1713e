"""Each rule of tools, with a body that breaks just this one."""

import pytest

from isthmus.simulators.amazon_q.answers import Refusal
from isthmus.simulators.amazon_q.simulator import Simulator
from isthmus.simulators.amazon_q.tool_rules import refuse_rich_schemas
from simulators.amazon_q.asking import CITY, Json, chat, request, result, said, told, tool, use, user

CALLS = [user("Look."), said("", toolUses=[use("a"), use("b", city="Rome")])]
BOTH = [result("a"), result("b", "rainy")]


def answering(
    results: list[Json], tools: list[Json] | None = None, history: list[Json] | None = None
) -> Json:
    return chat(
        "Go on.", history=history or CALLS, results=results, tools=[tool()] if tools is None else tools
    )


BAD: dict[str, tuple[Json, str]] = {
    "tool-name": (chat(tools=[tool("a.b")]), "REQUEST_BODY_INVALID"),
    "tool-duplicate": (chat(tools=[tool(), tool()]), "TOOL_DUPLICATE"),
    "tool-description": (chat(tools=[tool(description="")]), "REQUEST_BODY_INVALID"),
    "schema-root": (chat(tools=[tool(schema={"type": "string"})]), "TOOL_SCHEMA_INVALID"),
    "schema-dialect": (chat(tools=[tool(schema=CITY | {"$schema": "x"})]), "TOOL_SCHEMA_INVALID"),
    "schema-properties": (chat(tools=[tool(schema={"type": "object", "properties": []})]), "TOOL_SCHEMA_INVALID"),
    "schema-required": (chat(tools=[tool(schema=CITY | {"required": None})]), "TOOL_SCHEMA_INVALID"),
    "schema-reference": (chat(tools=[tool(schema=CITY | {"properties": {"a": {"items": {"$ref": "#"}}}})]), "TOOL_SCHEMA_INVALID"),
    "tools-in-history": (chat(history=[user("a", userInputMessageContext={"tools": [tool()]}), said("b")]), "REQUEST_BODY_INVALID"),
    "tools-missing": (answering(BOTH, tools=[]), "TOOL_CONFIG_MISSING"),
    "tool-undeclared": (answering(BOTH, tools=[tool("other")]), "REQUEST_BODY_INVALID"),
    "tool-use-id": (answering([result("a:1")], history=[user("a"), said("", toolUses=[use("a:1")])]), "REQUEST_BODY_INVALID"),
    "tool-use-twice": (answering([result("a")], history=[user("a"), said("", toolUses=[use("a"), use("a")])]),
                       "TOOL_USE_RESULT_MISMATCH"),
    "result-missing": (answering([result("a")]), "TOOL_USE_RESULT_MISMATCH"),
    "result-orphan": (answering([*BOTH, result("z")]), "TOOL_USE_RESULT_MISMATCH"),
    "result-twice": (answering([*BOTH, result("b")]), "TOOL_USE_RESULT_MISMATCH"),
    "result-order": (answering(BOTH[::-1]), "TOOL_USE_RESULT_MISMATCH"),
    "result-length": (answering([result("a"), result("b", "x" * 800_001)]), "REQUEST_BODY_INVALID"),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "row"), BAD.items(), ids=BAD)
def test_each_rule(simulator: Simulator, rule: str, row: tuple[Json, str]) -> None:
    body, reason = row
    [account] = simulator.people.accounts.values()
    # Of a model with room for the longest of them.
    body["conversationState"]["currentMessage"]["userInputMessage"]["modelId"] = "claude-opus-5"
    sent = request(
        "/q/generateAssistantResponse", body, headers={"authorization": f"Bearer {account.access_token}"}
    )
    answer = told(simulator.answer(sent))
    assert sent.rule.partition(":")[0] == rule
    assert (answer["status"], answer["reason"]) == (400, reason)


def test_results_long_ago_must_fit_as_well(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    body = chat(history=[*CALLS, user("Never mind."), said("Well.")], tools=[tool()])
    sent = request(
        "/q/generateAssistantResponse", body, headers={"authorization": f"Bearer {account.access_token}"}
    )
    assert told(simulator.answer(sent))["reason"] == "TOOL_USE_RESULT_MISMATCH"


@pytest.mark.parametrize(
    "rich",
    [
        {"additionalProperties": False},
        {"anyOf": [{}]},
        {"properties": {"a": {"pattern": "x"}}},
        {"items": {"oneOf": []}},
    ],
)
def test_rich_schemas_are_refused_on_order(rich: Json) -> None:
    refuse_rich_schemas([tool()["toolSpecification"]])
    # A property may be called as a keyword is.
    refuse_rich_schemas(
        [tool(schema=CITY | {"properties": {"pattern": {"type": "string"}}})["toolSpecification"]]
    )
    with pytest.raises(Refusal, match=r"toolConfig\.tools\.0"):
        refuse_rich_schemas([tool(schema=CITY | rich)["toolSpecification"]])
