"""A program that uses the official Python SDKs as anybody would: JSON jobs in on stdin, one JSON outcome each on stdout.

It runs under any Python that has the SDKs, current or old, and so imports nothing of ours. Its twin for Node is node/ask.mjs.

    {"client": {"api_key": …, "base_url": …}, "call": "messages.create", "args": {…}, "how": "plain"}

`how` is `plain` (one object), `final` (the SDK's own stream helper, and what it adds up to), `events` (the raw stream, as a
list), `pages` (everything a list yields, however many requests that takes) or `leave` (hang up after the first event).
The command line names the SDK.
"""

import functools
import importlib
import json
import sys
import traceback


def plain(target, job):
    return as_json(target(*job.get("positional", []), **job["args"]))


def final(target, job):
    with target(**job["args"]) as stream:
        for _ in stream:
            pass
        finished = getattr(stream, "get_final_message", None) or stream.get_final_completion
        return as_json(finished())


def events(target, job):
    seen = []
    try:
        for event in target(**job["args"]):
            seen.append(as_json(event))  # noqa: PERF401 - what came before an error is wanted too
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is the outcome
        return {"seen": seen, "error": described(error)}
    return {"seen": seen}


def pages(target, job):
    return [as_json(each) for each in target(**job["args"])]


def leave(target, job):
    stream = target(**job["args"])
    first = as_json(next(iter(stream)))
    stream.close()
    return first


WAYS = {"plain": plain, "final": final, "events": events, "pages": pages, "leave": leave}


def as_json(value):
    return value.to_dict(mode="json") if hasattr(value, "to_dict") else value


def described(error):
    return {
        "class": type(error).__name__,
        "bases": [each.__name__ for each in type(error).__mro__],
        "status": getattr(error, "status_code", None),
        "message": str(error),
        "body": getattr(error, "body", None),
        "request_id": getattr(error, "request_id", None),
        "trace": "".join(traceback.format_exception(error)[-2:]),
    }


@functools.cache
def client_for(sdk, options):
    """One client for all jobs that configure it alike: making one costs more than most requests."""
    arguments = json.loads(options)
    arguments["default_headers"] = arguments.pop("headers", {})
    return getattr(importlib.import_module(sdk), {"openai": "OpenAI", "anthropic": "Anthropic"}[sdk])(
        **arguments
    )


def outcome(sdk, job):
    try:
        target = client_for(sdk, json.dumps(job["client"]))
        for name in job["call"].split("."):
            target = getattr(target, name)
        return {"ok": WAYS[job["how"]](target, job)}
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is the outcome
        return {"error": described(error)}


def main():
    for line in sys.stdin:
        print(json.dumps(outcome(sys.argv[1], json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
