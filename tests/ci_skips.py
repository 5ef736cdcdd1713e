"""Under CI a skip that says `needs …` is a failure: there, what the tests need has to be there.

A pytest plugin. Skips for other reasons (another operating system, say) stay skips.
"""

import os
from collections.abc import Generator

import pytest


def fail_if_needed(report: pytest.CollectReport | pytest.TestReport) -> None:
    """Turn the skip in `report` into a failure when it is for something that CI promises."""
    if (
        os.environ.get("CI") != "true"
        or report.outcome != "skipped"
        or not isinstance(report.longrepr, tuple)
    ):
        return
    path, line, said = report.longrepr
    reason = said.removeprefix("Skipped: ")
    if reason.startswith("needs "):
        report.outcome = "failed"
        report.longrepr = f"{path}:{line}: skipped under CI, where nothing may be missing: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_needed(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_needed(report)
    return report
