r"""Towers of limits: which limit an answer needs, in which order, and whether it has come.

Spectral quantities of Koopman operators need the limits of many samples M, then many functions N, then small eps, in
this order (colbrook2026adversarial, in the solvability complexity index hierarchy). How many can be saved depends on
what is known:

=====================  ==================  ================  ====================  ==============================
target                 nothing             preserves measure  modulus of continuity  both
=====================  ==================  ================  ====================  ==============================
pseudospectrum         2 (M, N)            2                 1, from inside        1, from inside
spectrum (ap. point)   3 (M, N, eps)       2 (M, N)          2 (N, eps)            1, with an error bound
=====================  ==================  ================  ====================  ==============================
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from physml.koopman.compression import Compression
from physml.koopman.pseudospectra import pseudospectrum

_STALLED = 0.9  # a limit is coming if each step is at most this times the one before


@dataclass(frozen=True)
class Tower:
    """A quantity for all M, N and eps, and what its successive limits do.

    Args:
        samples: the M.
        functions: the N.
        eps: the eps.
        values: of the quantity, (M, N, eps).
    """

    samples: tuple[int, ...]
    functions: tuple[int, ...]
    eps: tuple[float, ...]
    values: np.ndarray

    def steps(self) -> dict[str, np.ndarray]:
        """How much the value changes along each limit, those before it taken at their last entry."""
        return {
            "samples": np.abs(np.diff(self.values, axis=0)).max(axis=(1, 2)),
            "functions": np.abs(np.diff(self.values[-1], axis=0)).max(axis=1),
            "eps": np.abs(np.diff(self.values[-1, -1])),
        }

    def stalled(self, tolerance: float = 1e-12) -> tuple[str, ...]:
        """The limits that have not come: the last step is neither within the tolerance nor below the one before."""
        names = []
        for name, steps in self.steps().items():
            if len(steps) and steps[-1] > tolerance and (len(steps) < 2 or steps[-1] > _STALLED * steps[-2]):
                names.append(name)
        return tuple(names)

    def __str__(self) -> str:
        lines = []
        for (name, steps), entries in zip(self.steps().items(), (self.samples, self.functions, self.eps), strict=True):
            moves = ", ".join(f"{entry:g}: {step:.2g}" for entry, step in zip(entries[1:], steps, strict=True))
            lines.append(f"{name}: {'STALLED' if name in self.stalled() else 'ok'}; changes up to {moves or 'none'}")
        return "\n".join(lines)


def convergence_tower(
    quantity: Callable[[int, int, float], float], samples: Sequence[int], functions: Sequence[int], eps: Sequence[float]
) -> Tower:
    """The table of a quantity over the three limits.

    Args:
        quantity: of M, N and eps.
        samples: increasing M.
        functions: increasing N.
        eps: decreasing.

    Raises:
        ValueError: sequences that are empty, or do not go to their limits.

    Example:
        >>> tower = convergence_tower(lambda M, N, eps: 1 / M + 1 / N, [10, 100, 1000], [10, 20, 40], [0.1, 0.01])
        >>> tower.stalled()
        ()
        >>> print(convergence_tower(lambda M, N, eps: float(N), [10], [1, 2, 3], [0.1]))
        samples: ok; changes up to none
        functions: STALLED; changes up to 2: 1, 3: 1
        eps: ok; changes up to none
    """
    if not (samples and functions and eps):
        raise ValueError("samples, functions and eps need one entry each at least")
    if np.any(np.diff(samples) <= 0) or np.any(np.diff(functions) <= 0) or np.any(np.diff(eps) > 0):
        raise ValueError(
            f"samples {list(samples)}, functions {list(functions)}, eps {list(eps)}; expected the first two to "
            "increase and eps to decrease"
        )
    values = [[[quantity(M, N, e) for e in eps] for N in functions] for M in samples]
    return Tower(tuple(samples), tuple(functions), tuple(eps), np.array(values, dtype=float))


def pseudospectral_set(compression: Compression, n: int, eps: float, error: float = 0.0) -> Tensor:
    r"""The points :math:`z \in \frac{1}{n}(Z + iZ), |z| \le n` with :math:`\tau(z) + \delta + 1/n \le \epsilon`.

    Each is in the approximate point pseudospectrum of level eps, if delta bounds the error of tau; as n and the
    dictionary grow they fill it.

    Args:
        compression: of K.
        n: of the grid.
        eps: level.
        error: :math:`\delta`; see :func:`level_error`.

    Raises:
        ValueError: n < 1 or eps <= 0.

    Example:
        >>> identity = Compression.of_section(torch.eye(1, dtype=torch.float64))
        >>> pseudospectral_set(identity, n=4, eps=0.3)
        tensor([1.+0.j], dtype=torch.complex128)
    """
    if n < 1 or not eps > 0:
        raise ValueError(f"n is {n} and eps {eps}; expected n >= 1 and eps > 0")
    steps = torch.arange(-n * n, n * n + 1, dtype=torch.float64) / n
    z = torch.complex(*torch.meshgrid(steps, steps, indexing="ij")).flatten()
    z = z[z.abs() <= min(n, compression.norm() + eps)]  # beyond, tau(z) >= |z| - ||K|| > eps
    return z[pseudospectrum(compression, z).cpu() + error + 1 / n <= eps]


def level_error(
    z: Tensor, level: Tensor, size: int, cell: float, supremum: float, lipschitz: float, flow_lipschitz: float
) -> Tensor:
    r"""By how much quadrature can have lowered tau, if F is Lipschitz and the functions are orthonormal.

    On cells of diameter h, with :math:`|\psi| \le S`, Lipschitz constants :math:`\Lambda` of :math:`\psi` and c of
    F, each entry of A is off by at most :math:`S\Lambda(1 + c)h` and each of L by :math:`2S\Lambda c h`, so that

    .. math:: \tau^2 \le \tilde\tau^2 + N (\epsilon_L + 2|z| \epsilon_A) .

    Args:
        z: points.
        level: what quadrature gives for tau there.
        size: N.
        cell: h.
        supremum: S.
        lipschitz: Lambda.
        flow_lipschitz: c.

    Raises:
        ValueError: a negative number.

    Example:
        >>> round(float(level_error(torch.zeros(1), torch.zeros(1), 4, 1e-4, 1.0, 1.0, 0.5)[0]), 6)
        0.02
    """
    if min(size, cell, supremum, lipschitz, flow_lipschitz) < 0:
        raise ValueError("a size, diameter, supremum or Lipschitz constant is negative; expected none")
    error_A = supremum * lipschitz * (1 + flow_lipschitz) * cell
    error_L = 2 * supremum * lipschitz * flow_lipschitz * cell
    return (level**2 + size * (error_L + 2 * z.abs() * error_A)).sqrt() - level
