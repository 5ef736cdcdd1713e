"""`isthmus example-config` prints a file that works."""

import os
from pathlib import Path

from cli.processes import Run
from isthmus.config import load


def test_what_it_prints_loads(run: Run, tmp_path: Path) -> None:
    done = run("example-config")
    assert (done.returncode, done.stderr) == (0, "")
    file = tmp_path / "isthmus.yaml"
    file.write_text(done.stdout)
    assert "dummy" in load(file, os.environ).settings.providers
