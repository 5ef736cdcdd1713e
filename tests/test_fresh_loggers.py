"""The plugin that keeps files of tests from hearing with each other's ears."""

import io

import structlog

from fresh_loggers import forget_bindings
from isthmus.control.sign_in import log
from isthmus.observability.logs import set_up


def test_a_logger_that_spoke_elsewhere_speaks_here_after_it_was_forgotten() -> None:
    earlier, later = io.BytesIO(), io.BytesIO()
    try:
        set_up("info", "json", stream=earlier)
        log.info("first")
        set_up("info", "json", stream=later)
        log.info("second")
        forget_bindings()
        log.info("third")
    finally:
        structlog.reset_defaults()
    assert [word in earlier.getvalue() for word in (b"first", b"second", b"third")] == [True, True, False]
    assert [word in later.getvalue() for word in (b"first", b"second", b"third")] == [False, False, True]
