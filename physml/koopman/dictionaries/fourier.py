"""Exponentials: Fourier modes of periodic coordinates, and random Fourier features."""

import math
from typing import Any

import torch
from torch import Tensor

from physml.koopman.dictionaries.dictionary import Dictionary, Univariate, mean_distance


class FourierDictionary(Univariate):
    r""":math:`e^{2\pi i\, k \cdot x / \text{period}}` with integers :math:`|k_j| \le n`.

    Args:
        n: largest wave number along each coordinate; there are :math:`(2n+1)^d` functions.
        period: of every coordinate.

    Example:
        >>> import numpy as np
        >>> FourierDictionary(n=1).fit_transform(np.array([[0.25]])).round(6)
        array([[0.-1.j, 1.+0.j, 0.+1.j]])
    """

    def __init__(self, n: int = 10, period: float = 1.0) -> None:
        self.n, self.period = n, period

    def _learn(self, states: Tensor, successors: Any) -> None:
        if self.n < 0 or not self.period > 0:
            raise ValueError(f"n is {self.n} and period {self.period}; expected n >= 0 and period > 0")
        axis = torch.arange(-self.n, self.n + 1, dtype=torch.float64)
        self.wave_vectors_ = torch.cartesian_prod(*[axis] * states.shape[1]).reshape(-1, states.shape[1])

    def degrees(self) -> Tensor:
        """The wave numbers' sizes."""
        return torch.arange(-self.n, self.n + 1).abs()

    def evaluate(self, x: Tensor) -> Tensor:
        """Products of one exponential of each coordinate."""
        phases = 2 * math.pi / self.period * x @ self.wave_vectors_.to(x).mT
        return torch.polar(torch.ones_like(phases), phases)


class RandomFourierDictionary(Dictionary):
    r""":math:`1, \cos(w_j \cdot x), \sin(w_j \cdot x)` with normal :math:`w_j`: an approximation of a Gaussian kernel.

    Args:
        n_frequencies: number of :math:`w_j`; there are twice as many functions, and the constant.
        scale: the kernel's length :math:`\delta` in :math:`e^{-|x-y|^2/\delta^2}`, in mean distances of the states from
            their mean.
        random_state: seed of the frequencies.

    Raises:
        ValueError: by ``fit``, if all states are equal.

    Example:
        >>> import numpy as np
        >>> RandomFourierDictionary(n_frequencies=3).fit_transform(np.eye(2)).shape
        (2, 7)
    """

    def __init__(self, n_frequencies: int = 50, scale: float = 1.0, random_state: int = 0) -> None:
        self.n_frequencies, self.scale, self.random_state = n_frequencies, scale, random_state

    def _learn(self, states: Tensor, successors: Any) -> None:
        generator = torch.Generator().manual_seed(self.random_state)
        draws = torch.randn(states.shape[1], self.n_frequencies, generator=generator, dtype=torch.float64)
        self.frequencies_ = 2**0.5 / (self.scale * mean_distance(states)) * draws

    def evaluate(self, x: Tensor) -> Tensor:
        """The constant, the cosines, the sines."""
        phases = x @ self.frequencies_.to(x)
        return torch.cat([torch.ones_like(x[:, :1]), phases.cos(), phases.sin()], 1)
