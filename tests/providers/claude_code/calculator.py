"""A server of the Model Context Protocol on standard input and output, with one tool: `add`."""

import json
import sys

ADD = {
    "name": "add",
    "description": "The sum of two numbers",
    "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}},
}


def answer(method: str, params: dict[str, object]) -> dict[str, object]:
    match method:
        case "initialize":
            about = {"name": "calculator", "version": "1"}
            return {
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": about,
            }
        case "tools/list":
            return {"tools": [ADD]}
        case "tools/call":
            given = params["arguments"]
            assert isinstance(given, dict)
            return {"content": [{"type": "text", "text": f"sum {given.get('a', 0) + given.get('b', 0)}"}]}
        case _:
            return {}


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            result = answer(asked["method"], asked.get("params", {}))
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
