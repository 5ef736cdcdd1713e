"""A small program for tests of processes. Each line of its standard input is a JSON list of things to do, one after another.

Started with words after its name it does those first, as in `parrot.py ignore_end`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SLEEPER = "import time; time.sleep(600)"


def do(what: str, *how: object) -> None:
    match what, how:
        case "say", (str(text),):
            print(text, flush=True)
        case "complain", (str(text),):
            print(text, file=sys.stderr, flush=True)
        case "leave", (int(code),):
            sys.exit(code)
        case "fall", ():
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang", ():
            time.sleep(600)
        case "flood", (int(size),):
            # No end of line anywhere.
            for _ in range(size >> 16):
                os.write(1, b"x" * (1 << 16))
        case "ignore_end", ():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case "bear", (bool(in_own_session),):
            child = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=in_own_session)
            print(child.pid, flush=True)
        case "tell", (str(name),):
            print(os.environ.get(name, "unset"), flush=True)
        case "tell_all", ():
            print(json.dumps({"cwd": str(Path.cwd()), "env": dict(os.environ)}), flush=True)
        case "read", (str(path),):
            print(Path(path).read_text("utf-8"), flush=True)
        case "ask", (str(text),):
            print(text, flush=True)
            print(sys.stdin.readline().strip(), flush=True)
        case "count", ():
            print(len(sys.stdin.readline()), flush=True)
        case _:
            raise ValueError(f"cannot do {what} {how}")


def main() -> None:
    for what in sys.argv[1:]:
        do(what)
    while line := sys.stdin.readline():
        for what, *how in json.loads(line):
            do(what, *how)


if __name__ == "__main__":
    main()
