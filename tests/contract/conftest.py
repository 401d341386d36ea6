"""Every problem of the catalog, loaded."""

import pytest

from physml import catalog
from physml.problem import PDE


@pytest.fixture(params=catalog.names())
def problem(request) -> PDE:
    return catalog.load(request.param)
