"""The splitting u_t = L u + f(u) that spectral references and evolved lifts use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Semilinear:
    r"""A periodic evolution equation written as :math:`u_t = L u + f(u)`, or one of which only L is told.

    Args:
        symbol: ``symbol(k, p)``: what L multiplies :math:`e^{ikx}` by, for angular wavenumbers k of any shape, in numpy
            or torch; complex where L has odd derivatives. With two fields u and v, of u + iv, and of both signs of k.
        nonlinear: ``nonlinear(u, p)``: f, pointwise; made of operators that numpy and torch share. None where the rest
            is not pointwise, as in :math:`u u_x`.
        flow: ``flow(u, t, p)``: the solution after t of u' = f(u), pointwise in torch operations, where it is closed.

    Raises:
        ValueError: a flow without its ``nonlinear``.
    """

    symbol: Callable[[Any, Any], Any]
    nonlinear: Callable[[Any, Any], Any] | None = None
    flow: Callable[[Any, Any, Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.flow is not None and self.nonlinear is None:
            raise ValueError("a flow is that of u' = f(u); give f as nonlinear, too")
