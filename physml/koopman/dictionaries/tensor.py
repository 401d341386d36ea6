"""Products of dictionaries of one coordinate each, all of them or a hyperbolic cross."""

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from sklearn.base import clone
from torch import Tensor

from physml.koopman.dictionaries.dictionary import Dictionary, Univariate


class TensorDictionary(Dictionary):
    r""":math:`\psi_{k}(x) = \prod_j \psi^{(j)}_{k_j}(x_j)`, one factor for each coordinate.

    Args:
        factors: a Fourier or polynomial dictionary for each coordinate.
        hyperbolic_cross: keep products with :math:`\prod_j \max(1, \deg_j) \le` this; None for all. Degrees of
            polynomials are counted from 1 here, wave numbers from 0.

    Raises:
        ValueError: by ``fit``, if there are not as many factors as coordinates.

    Example:
        >>> import numpy as np
        >>> from physml.koopman import FourierDictionary, HermiteDictionary
        >>> full = TensorDictionary([FourierDictionary(5), HermiteDictionary(9)])
        >>> cross = TensorDictionary([FourierDictionary(5), HermiteDictionary(9)], hyperbolic_cross=10)
        >>> [d.fit_transform(np.zeros((1, 2))).shape[1] for d in (full, cross)]
        [110, 54]
    """

    def __init__(self, factors: Sequence[Univariate] = (), hyperbolic_cross: float | None = None) -> None:
        self.factors, self.hyperbolic_cross = factors, hyperbolic_cross

    def evaluate(self, x: Tensor) -> Tensor:
        """The products, in the order of their indices."""
        columns = [factor.evaluate(x[:, j : j + 1]) for j, factor in enumerate(self.factors_)]
        chosen = [values[:, self.indices_[:, j]] for j, values in enumerate(columns)]
        return torch.stack(chosen).prod(0) if len(chosen) > 1 else chosen[0]

    def _learn(self, states: Tensor, successors: Any) -> None:
        d = states.shape[1]
        if len(self.factors) != d:
            raise ValueError(f"{len(self.factors)} factors for {d} coordinates; give one dictionary for each")
        self.factors_ = [cast(Univariate, clone(f)).fit(states[:, j : j + 1]) for j, f in enumerate(self.factors)]
        sizes = [_cross_sizes(factor) for factor in self.factors_]
        indices = torch.cartesian_prod(*[torch.arange(len(s)) for s in sizes]).reshape(-1, d)
        if self.hyperbolic_cross is not None:
            product = math.prod([s[indices[:, j]] for j, s in enumerate(sizes)], start=torch.ones(len(indices)))
            indices = indices[product <= self.hyperbolic_cross]
        self.indices_ = indices


def _cross_sizes(factor: Univariate) -> Tensor:
    """max(|k|, 1) of wave numbers, k + 1 of polynomials: what the cross multiplies."""
    degrees = factor.degrees()
    signed = len(degrees) > len(degrees.unique())
    return degrees.clamp(min=1) if signed else degrees + 1
