"""The splitting u_t = L u + f(u) that spectral references and evolved lifts use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Semilinear:
    r"""A periodic evolution equation written as :math:`u_t = L u + f(u)`.

    Args:
        symbol: ``symbol(k, p)``: what L multiplies :math:`e^{ikx}` by, for angular wavenumbers k of any shape.
        nonlinear: ``nonlinear(u, p)``: f, pointwise; made of operators that numpy and torch share.
        flow: ``flow(u, t, p)``: the solution after t of u' = f(u), pointwise in torch operations, where it is closed.
    """

    symbol: Callable[[Any, Any], Any]
    nonlinear: Callable[[Any, Any], Any]
    flow: Callable[[Any, Any, Any], Any] | None = None
