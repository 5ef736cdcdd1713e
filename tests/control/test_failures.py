"""Failures carry what a person needs."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from isthmus.control.failures import (
    FieldProblem,
    Invalid,
    OperationFailed,
    Outdated,
    check_unchanged,
    words_of,
)


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    password: SecretStr = Field(default=SecretStr("ten or more"), min_length=10, max_length=20)
    name: str = "anna"

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        if " " in name:
            raise ValueError("no spaces")
        return name


def test_a_failure_says_which_fields() -> None:
    failure: OperationFailed = Invalid("weight: 0 is too small", [FieldProblem("weight", "at least 1")])
    assert (failure.code, failure.message, failure.fields[0].field) == ("invalid", str(failure), "weight")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"password": "short"}, "needs at least 10 characters"),
        ({"password": "x" * 21}, "may have 20 characters at most"),
        ({"colour": 1}, "there is no such field here"),
        ({"name": "a b"}, "no spaces"),
        ({"name": 1}, "Input should be a valid string"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_for_people(written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Form.model_validate(written)
    assert [words_of(each) for each in refused.value.errors()] == [said]


def test_a_change_of_what_was_changed_since_is_refused_by_name() -> None:
    check_unchanged("account acc_1", 7, None)
    check_unchanged("account acc_1", 7, 7)
    with pytest.raises(Outdated, match="account acc_1 was changed meanwhile") as refused:
        check_unchanged("account acc_1", 8, 7)
    assert refused.value.code == "outdated"
