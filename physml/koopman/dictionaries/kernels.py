"""Kernels, and the dictionary of their principal functions on a set of states."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from physml.koopman.dictionaries.dictionary import Dictionary, mean_distance

Kernel = Callable[[Tensor, Tensor], Tensor]

RADIAL: dict[str, Callable[[Tensor], Tensor]] = {
    "gaussian": lambda r: torch.exp(-(r**2)),
    "laplacian": lambda r: r.neg_().exp_(),  # of distances that nobody else has
    "lorentzian": lambda r: 1 / (1 + r**2),
}
KERNELS = (*RADIAL, "polynomial", "poly_exp")

_POSITIVE = 1e-12  # share of the largest eigenvalue of a Gram matrix
_NOT_A_KERNEL = 1e-8


def make_kernel(kernel: str | Kernel, states: Tensor, scale: float = 1.0, degree: int = 20) -> Kernel:
    r"""The kernel k of that name, scaled to states (n, d); or a function of (n, d) and (m, d) to (n, m) as it is.

    With :math:`\delta` = scale times the mean distance of the states from their mean, and r the distance of x and y
    over :math:`\delta`: "gaussian", "laplacian", "lorentzian" as for radial functions; "polynomial"
    :math:`(1 + x \cdot y / s^2)^p` with s = scale times the states' mean norm; "poly_exp"
    :math:`e^{-r} (1 + x \cdot y / \delta^2)^p`.

    Raises:
        ValueError: an unknown name, a scale that is not positive, or states that are all equal.
    """
    if not isinstance(kernel, str):
        return kernel
    if kernel not in KERNELS:
        raise unknown_kernel(kernel, KERNELS)
    if not scale > 0:
        raise ValueError(f"the scale of the kernel is {scale}; expected a positive multiple of the data's own length")
    size = float(states.norm(dim=1).mean()) if kernel == "polynomial" else mean_distance(states)
    if not size > 0:
        raise ValueError("all states are zero, so that a polynomial kernel has no scale; pass data that vary")
    return ScaledKernel(kernel, scale * size, degree)


@dataclass(frozen=True)
class ScaledKernel:
    """A kernel with its length, as :func:`make_kernel` gives it.

    Args:
        name: one of ``KERNELS``.
        length: by which states are divided.
        degree: of the polynomial, if it has one.
    """

    name: str
    length: float
    degree: int

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """k of all rows of x (n, d) and y (m, d): (n, m)."""
        if self.name in RADIAL:
            return RADIAL[self.name](distances(x, y) / self.length)
        polynomial = (1 + x @ y.mT / self.length**2) ** self.degree
        return polynomial if self.name == "polynomial" else polynomial * torch.exp(-distances(x, y) / self.length)


def distances(x: Tensor, y: Tensor) -> Tensor:
    """Between all rows, (n, m), by differences: squares that cancel would cost half of the digits."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def unknown_kernel(given: Any, known: Collection[str]) -> ValueError:
    """The error for a name that is none of the known ones."""
    return ValueError(f"no kernel {given!r}; there are {', '.join(known)}")


def principal_functions(gram: Tensor, n_functions: int | None, cut_off: float = 0.0) -> tuple[Tensor, float]:
    r"""The :math:`\tilde U = U S^{-1}` of a Gram matrix :math:`U S^2 U^*`, and what share of the trace they keep.

    Args:
        gram: k(x_i, x_j).
        n_functions: r at most; None for all with positive eigenvalue.
        cut_off: times the norm of the Gram matrix is added to its diagonal.

    Raises:
        ValueError: the matrix is not positive semidefinite.
    """
    values, U = torch.linalg.eigh((gram + gram.mH) / 2)
    if not float(values[-1]) > 0 or float(values[0]) < -_NOT_A_KERNEL * float(values[-1]):
        raise ValueError(
            f"the Gram matrix has eigenvalues from {float(values[0]):.2g} to {float(values[-1]):.2g}; expected none "
            "below 0: this function is no positive definite kernel, choose another"
        )
    values = values + cut_off * values[-1]
    wanted = len(values) if n_functions is None else n_functions
    keep = torch.arange(len(values), device=values.device) >= len(values) - wanted
    keep &= values > _POSITIVE * values[-1]
    share = float(values[keep].sum() / values.clamp(min=0).sum())
    return (U[:, keep] / values[keep].sqrt()).flip(1), share


class KernelDictionary(Dictionary):
    r"""The first principal functions of a kernel on the states of ``fit``, :math:`\psi(x) = k(x, x_i)\, \tilde U`.

    With more snapshots than functions in the estimator, its residuals are certificates; so fit the dictionary to some
    states, and the estimator to others (colbrook2024rigorous): pass those as ``states``.

    Args:
        n_functions: how many; None for as many as are independent.
        kernel: a name, or a function of (n, d) and (m, d) to (n, m); see :func:`make_kernel`.
        scale: of the kernel, times the data's own length.
        degree: of polynomial kernels.
        states: (m, d) in whose span the functions are; None for those of ``fit``.

    Raises:
        ValueError: by ``fit``: an unknown kernel, or one whose Gram matrix has negative eigenvalues.

    Example:
        >>> import numpy as np
        >>> KernelDictionary(n_functions=2).fit_transform(np.array([[0.0], [0.5], [1.0]])).shape
        (3, 2)
    """

    def __init__(
        self,
        n_functions: int | None = 50,
        kernel: str | Kernel = "gaussian",
        scale: float = 1.0,
        degree: int = 20,
        states: Any = None,
    ) -> None:
        self.n_functions, self.kernel, self.scale = n_functions, kernel, scale
        self.degree, self.states = degree, states

    def _learn(self, states: Tensor, successors: Any) -> None:
        self.states_ = states if self.states is None else torch.as_tensor(self.states).to(states)
        self.kernel_ = make_kernel(self.kernel, self.states_, self.scale, self.degree)
        self.functions_, _ = principal_functions(self.kernel_(self.states_, self.states_), self.n_functions)

    def evaluate(self, x: Tensor) -> Tensor:
        """k(x, x_i) U S^-1."""
        return self.kernel_(x, self.states_.to(x)) @ self.functions_.to(x)
