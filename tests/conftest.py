"""What every test shares: checked array shapes, reproducible properties, one seeded generator."""

import functools
import inspect
import os
from collections.abc import Callable
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
