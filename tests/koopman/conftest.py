"""Systems whose Koopman spectra are known."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from physml.koopman import EDMD, Compression, FourierDictionary


def equispaced(count: int) -> Tensor:
    return torch.arange(count, dtype=torch.float64)[:, None] / count


@pytest.fixture
def circle() -> Callable[[int], Tensor]:
    """So many equispaced points of [0, 1), a column."""
    return equispaced


@pytest.fixture
def rotation() -> Callable[..., EDMD]:
    """The rotation of a circle by alpha turns, with the wave numbers up to n."""

    def fit(n: int, alpha: float) -> EDMD:
        x = equispaced(10 * n + 6)
        return EDMD(FourierDictionary(n)).fit(x, x + alpha)

    return fit


@pytest.fixture
def doubling() -> Callable[[int], EDMD]:
    """The doubling map of the circle, with the wave numbers up to n."""

    def fit(n: int) -> EDMD:
        x = equispaced(10 * n + 6)
        return EDMD(FourierDictionary(n)).fit(x, 2 * x)

    return fit


@pytest.fixture
def rogers_szego() -> Callable[[float, int], Compression]:
    """Columns of the CMV matrix in which e_1 has a wrapped normal spectral measure, of variance ln(1 / q)."""

    def build(q: float, count: int) -> Compression:
        size = count + 4
        alpha = (-1) ** torch.arange(size) * q ** ((torch.arange(size, dtype=torch.float64) + 1) / 2)
        rho = (1 - alpha**2).sqrt()

        def blocks(start: int) -> Tensor:
            matrix = torch.eye(size, dtype=torch.float64)
            for k in range(start, size - 1, 2):
                matrix[k : k + 2, k : k + 2] = torch.stack([alpha[k], rho[k], rho[k], -alpha[k]]).reshape(2, 2)
            return matrix

        return Compression.of_section((blocks(0) @ blocks(1))[: count + 2, :count])

    return build


@pytest.fixture
def wrapped_normal() -> Callable[[Tensor, float], Tensor]:
    """The density of a normal distribution that is wrapped around the circle."""

    def density(theta: Tensor, variance: float) -> Tensor:
        turns = 2 * math.pi * torch.arange(-6, 7, dtype=torch.float64)
        return torch.exp(-((theta[:, None] - turns) ** 2) / (2 * variance)).sum(1) / math.sqrt(2 * math.pi * variance)

    return density


@pytest.fixture
def plane(generator: torch.Generator) -> Tensor:
    """Some points of the complex plane, around the unit disc."""
    draws = 1.5 * torch.randn(40, 2, generator=generator, dtype=torch.float64)
    return torch.complex(draws[:, 0], draws[:, 1])
