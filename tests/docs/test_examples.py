"""What the documentation shows is true: the examples in docstrings, and the problem files of the how-to pages."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import physml

MODULES = sorted(module.name for module in pkgutil.walk_packages(physml.__path__, "physml."))
EXAMPLES = Path(__file__).parents[2] / "docs" / "howto" / "examples"
KINDS = ("problem = PDE(", "problem = Snapshots(", "problem = DynamicalSystem(")
PROBLEMS = sorted(path for path in EXAMPLES.glob("*.py") if any(kind in path.read_text() for kind in KINDS))


def examples_of(name: str) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(importlib.import_module(name)) if test.examples]


@pytest.mark.parametrize("name", [name for name in MODULES if examples_of(name)])
def test_the_examples_in_docstrings_give_what_they_say(name):
    report: list[str] = []
    runner = doctest.DocTestRunner()
    for test in examples_of(name):
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_there_are_files_of_each_kind():
    names = {"fisher_kpp", "poisson", "relaxation", "schroedinger", "sine_gordon", "standard_map"}
    assert {path.stem for path in PROBLEMS} == names


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_the_problem_files_of_the_documentation_are_sound(path):
    problem = physml.load(path)
    problem.check()
    assert problem.card
