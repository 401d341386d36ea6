"""Every problem of the catalog, loaded: all of them, or those of one kind."""

import pytest

from physml import catalog
from physml.problem import PDE, Problem, Snapshots

NAMES = {kind: [name for name in catalog.names() if isinstance(catalog.load(name), kind)] for kind in (PDE, Snapshots)}


@pytest.fixture(params=catalog.names())
def any_problem(request) -> Problem:
    return catalog.load(request.param)


@pytest.fixture(params=NAMES[PDE])
def problem(request) -> PDE:
    return catalog.load(request.param)


@pytest.fixture(params=NAMES[Snapshots])
def snapshots(request) -> Snapshots:
    return catalog.load(request.param)
