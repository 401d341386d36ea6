"""The splitting u_t = L u + f(u) that spectral references and evolved lifts use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Semilinear:
    r"""A periodic evolution equation written as :math:`u_t = L u + f(u)`, or one of which only L is told.

    Args:
        symbol: ``symbol(k, p)``, with more axes of space ``symbol(k, l, p)``: what L multiplies :math:`e^{ikx}` by, for
            angular wavenumbers of any shape, in numpy or torch; complex where L has odd derivatives. Of several fields
            a tuple, one each; or, of two fields u and v, that of u + iv, for both signs of k.
        nonlinear: ``nonlinear(u, p)``: f, pointwise; made of operators that numpy and torch share. None where the rest
            is not pointwise, as in :math:`u u_x`.
        flow: ``flow(u, t, p)``: the solution after t of u' = f(u), pointwise in torch operations, where it is closed.
        mass: ``mass(k, p)``: the symbol of what the residual applies to :math:`u_t - L u`, where that is more than a
            number: :math:`-|k|^2` for the vorticity equation of a stream function. Modes where it is zero stay zero.

    Raises:
        ValueError: a flow without its ``nonlinear``.
    """

    symbol: Callable[..., Any]
    nonlinear: Callable[[Any, Any], Any] | None = None
    flow: Callable[[Any, Any, Any], Any] | None = None
    mass: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        if self.flow is not None and self.nonlinear is None:
            raise ValueError("a flow is that of u' = f(u); give f as nonlinear, too")
