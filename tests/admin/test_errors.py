"""Every kind of failure has its status."""

from isthmus.admin.errors import STATUS
from isthmus.control import failures


def test_every_failure_has_its_status() -> None:
    kinds = [failures.OperationFailed, *failures.OperationFailed.__subclasses__()]
    assert {kind.code for kind in kinds} == STATUS.keys()
