"""`isthmus version` is for scripts too."""

import re

from cli.processes import Run


def test_one_line_a_script_can_read(run: Run) -> None:
    done = run("version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"isthmus \d+\.\d+\.\d+\S*\n", done.stdout)
