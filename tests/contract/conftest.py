"""Every problem of the catalog, loaded: all of them, and those of one kind."""

import pytest

from physml import catalog
from physml.problem import PDE, Problem, Snapshots

KINDS = {problem.name: type(problem) for problem in catalog.list()}


def of_kind(kind: type) -> list[str]:
    return [name for name, found in KINDS.items() if found is kind]


@pytest.fixture(params=KINDS)
def any_problem(request) -> Problem:
    return catalog.load(request.param)


@pytest.fixture(params=of_kind(PDE))
def problem(request) -> PDE:
    return catalog.load(request.param)


@pytest.fixture(params=of_kind(Snapshots))
def snapshots(request) -> Snapshots:
    return catalog.load(request.param)
