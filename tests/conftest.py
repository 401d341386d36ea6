"""What every test shares: checked array shapes, reproducible properties, one seeded generator."""

import functools
import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import jaxtyping
import pytest
import torch

_checked = jaxtyping.jaxtyped


def _checked_unless_compiling(*args: Any, **kwargs: Any) -> Any:
    """jaxtyping's decorator; torch.compile, which cannot trace its checks, gets the plain function."""
    checked = _checked(*args, **kwargs)
    if not (args and inspect.isfunction(args[0])):
        return checked
    plain: Callable = args[0]

    @functools.wraps(plain)
    def choose(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return plain(*args, **kwargs) if torch.compiler.is_compiling() else checked(*args, **kwargs)

    return choose


# Before the first `import physml`: from here on beartype checks its annotations, in tests only. An int is a float.
jaxtyping.jaxtyped = jaxtyping._decorator.jaxtyped = _checked_unless_compiling
jaxtyping.install_import_hook("physml", "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

# The one place where tests touch threads: parallel workers (pytest -n) must not fight over the cores.
if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)

hypothesis.settings.register_profile("physml", deadline=None, max_examples=25, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("physml")


@pytest.fixture
def generator() -> torch.Generator:
    """A CPU generator with a fixed seed."""
    return torch.Generator().manual_seed(0)


TINY = '''"""Two waves on a ring that decay: the smallest file with all that a problem file can hold."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Budget, Condition, Domain, Params, Published, Reference, parameter


@dataclass(frozen=True)
class Ring(Params):
    diffusivity: float = parameter(0.05, low=0.0, high=1.0, unit="m2/s", meaning="how fast the waves decay")


def residual(u, p):
    return {"ring": u.t - p.diffusivity * u.xx}


def start(points, p):
    return torch.sin(math.pi * points.x) + 0.5


def solution(p, refinement):
    t, x = np.arange(9)[:, None] / 8, -1 + np.arange(16) / 8
    u = 0.5 + np.exp(-p.diffusivity * math.pi**2 * t) * np.sin(math.pi * x)
    return xr.Dataset({"u": (("t", "x"), u)}, coords={"t": t[:, 0], "x": x})


problem = PDE(
    name="tiny",
    title="Tiny ring",
    equation="u_t = a u_{xx}",
    domain=Domain((Axis("t", 0.0, 1.0, unit="s"), Axis("x", -1.0, 1.0, unit="m", periodic=True))),
    residual=residual,
    conditions=(Condition("initial", "t", 0.0, start),),
    params=Ring(),
    reference=Reference("exact", solution, method="closed form"),
    published=(Published("PINN", "relative_l2", 0.5, "raissi2019", where="Table 1", reproduced_by="pinn"),),
    budgets={"smoke": Budget(600.0), "short": Budget(1200.0), "paper": Budget(3600.0)},
    citations=("evans2010",),
)
'''

TINY_RECIPE = """recommended = "pinn"

[pinn.smoke]
network = { width = 4, depth = 1 }
modes = 1
series_modes = 16
sampling = { count = 40, period = 2 }
phases = [{ kind = "LevenbergMarquardt", steps = 4 }]
"""


@pytest.fixture
def tiny_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A problem file whose smoke budget is solved in a moment; what references compute is kept beside it."""
    monkeypatch.setenv("PHYSML_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "problem" / "tiny.py"
    path.parent.mkdir()
    path.write_text(TINY)
    path.with_suffix(".toml").write_text(TINY_RECIPE)
    return path


@pytest.fixture
def one_thread() -> Iterator[None]:
    """One thread of torch, however the tests are run: what is compared bit by bit must use as many."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are saved without drawing their report, which takes longer than a small run."""
    monkeypatch.setattr("physml.result.store.report_page", lambda result: "")
