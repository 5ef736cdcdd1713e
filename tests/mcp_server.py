"""A server of the Model Context Protocol on standard input and output, strict about what it is told.

    python mcp_server.py NOTES TOOL…

Into the file NOTES it writes a line when it starts and one for every call. A tool answers with its own name and what it was given.
Tools whose names begin with `read` say that they change nothing. Whatever the protocol forbids ends it, with a reason.
"""

import json
import sys
from pathlib import Path

VERSIONS = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}
OBJECT = {"type": "object", "properties": {"word": {"type": "string"}}}


class Server:
    def __init__(self, notes: Path, tools: list[str]) -> None:
        self.notes = notes
        self.tools = tools
        self.greeted = self.ready = False

    def note(self, text: str) -> None:
        with self.notes.open("a") as file:
            file.write(f"{text}\n")

    def answer(self, asked: dict[str, object]) -> dict[str, object] | None:
        """Nothing, to a notification."""
        if asked.get("jsonrpc") != "2.0" or not isinstance(asked.get("method"), str):
            raise SystemExit(f"no message of JSON-RPC 2.0: {asked}")
        method, params = str(asked["method"]), asked.get("params", {})
        if not isinstance(params, dict):
            raise SystemExit(f"params are no object: {asked}")
        if "id" not in asked:
            self.ready = self.ready or method == "notifications/initialized"
            return None
        if isinstance(asked["id"], bool) or not isinstance(asked["id"], int | str):
            raise SystemExit(f"no id: {asked}")
        told = self.result(method, params)
        return {"jsonrpc": "2.0", "id": asked["id"], **told}

    def result(self, method: str, params: dict[str, object]) -> dict[str, object]:
        match method:
            case "initialize":
                if self.greeted or not {"protocolVersion", "capabilities", "clientInfo"} <= params.keys():
                    raise SystemExit(f"initialize twice, or not whole: {params}")
                self.greeted = True
                wanted = str(params["protocolVersion"])
                return {
                    "result": {
                        "protocolVersion": wanted if wanted in VERSIONS else max(VERSIONS),
                        "capabilities": {"tools": {}},
                        "serverInfo": {"name": "strict", "version": "1"},
                    }
                }
            case "ping":
                return {"result": {}}
            case "tools/list" | "tools/call" if not self.ready:
                raise SystemExit(f"{method} before the end of the greeting")
            case "tools/list":
                return {"result": {"tools": [described(name) for name in self.tools]}}
            case "tools/call":
                return self.call(params.get("name"), params.get("arguments", {}))
            case _:
                return {"error": {"code": -32601, "message": f"no method {method}"}}

    def call(self, name: object, arguments: object) -> dict[str, object]:
        if name not in self.tools or not isinstance(arguments, dict):
            return {"error": {"code": -32602, "message": f"no tool {name}"}}
        self.note(f"call {name}")
        text = f"{name} of {self.notes.stem} was given {json.dumps(arguments, sort_keys=True)}"
        return {"result": {"content": [{"type": "text", "text": text}], "isError": False}}


def described(name: str) -> dict[str, object]:
    hints = {"readOnlyHint": name.startswith("read")}
    return {"name": name, "description": f"The tool {name}", "inputSchema": OBJECT, "annotations": hints}


def serve(server: Server) -> None:
    server.note("started")
    for line in sys.stdin:
        if (told := server.answer(json.loads(line))) is not None:
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    serve(Server(Path(sys.argv[1]), sys.argv[2:]))
