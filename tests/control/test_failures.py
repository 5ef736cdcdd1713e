"""Failures carry what a person needs."""

from isthmus.control.failures import FieldProblem, Invalid, OperationFailed


def test_a_failure_says_which_fields() -> None:
    failure: OperationFailed = Invalid("weight: 0 is too small", [FieldProblem("weight", "at least 1")])
    assert (failure.code, failure.message, failure.fields[0].field) == ("invalid", str(failure), "weight")
