"""A problem file is self-contained: it knows the problem vocabulary and arrays, and no method."""

import ast
from pathlib import Path

import pytest

PROBLEMS = Path(__file__).parents[1] / "problems"
ALLOWED = {
    "physml.problem", "physml.dynamics", "physml.numerics", "torch", "numpy", "scipy", "xarray",
    "math", "decimal", "dataclasses", "functools", "typing", "collections.abc", "pathlib", "re", "csv", "gzip",
    "importlib.util",
}  # fmt: skip


def imported(source: str) -> set[str]:
    """The dotted names that a source imports; relative ones begin with a dot."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def forbidden(source: str) -> set[str]:
    """Those of the imported names that lie in none of the allowed modules."""
    return {name for name in imported(source) if not any(f"{name}.".startswith(f"{a}.") for a in ALLOWED)}


@pytest.mark.parametrize("path", sorted(PROBLEMS.glob("*.py")), ids=lambda path: path.stem)
def test_problem_imports_only_the_vocabulary(path: Path) -> None:
    assert forbidden(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from physml.problem import PDE\nfrom physml import numerics\nimport torch.nn as nn", set()),
        ("import physml", {"physml"}),
        ("from physml.pinn import PINN", {"physml.pinn.PINN"}),
        ("def f():\n    import torchsde", {"torchsde"}),
        ("from .burgers import residual", {".burgers.residual"}),
    ],
)
def test_the_rule_itself(source: str, expected: set[str]) -> None:
    assert forbidden(source) == expected
