"""Failures end a command with their message and code."""

from isthmus.cli.failure import CommandFailed


def test_a_failure_has_a_message_and_a_code() -> None:
    failure = CommandFailed("no such thing: take another")
    assert (str(failure), failure.exit_code) == ("no such thing: take another", 1)
    assert CommandFailed("unreadable", exit_code=2).exit_code == 2
