"""Systems that no method can tell apart: equal data, different spectra (colbrook2026adversarial)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from physml.koopman.arrays import Array, as_tensor, is_numpy, outgoing


@dataclass(frozen=True)
class DiscTwist:
    r"""The area-preserving map :math:`(r, \theta) \mapsto (r, \theta + \phi(r))` of the unit disc.

    .. math:: \phi(r) = a \exp\left(1 - \frac{1}{1 - ((r^2 - c)/h)^2}\right) \text{ for } |r^2 - c| < h, \text{ else } 0

    For a = 0 it is the identity, with the spectrum {1}. For every other a, however small, :math:`\phi` takes an
    interval of values, and :math:`K f = e^{ik\phi(r)} f` on the functions :math:`f = h(r) e^{ik\theta}`: the spectrum
    is the whole circle.

    Args:
        amplitude: a.
        center: c, of the ring, in units of r squared.
        half_width: h.

    Example:
        >>> import numpy as np
        >>> DiscTwist(0.3)(np.array([[1.0, 0.0], [0.5**0.5, 0.0]])).round(3)
        array([[1.   , 0.   ],
               [0.676, 0.209]])
    """

    amplitude: float
    center: float = 0.5
    half_width: float = 0.25

    def phase(self, square: Tensor) -> Tensor:
        """phi where r squared is ``square``; exactly 0 outside the ring."""
        s = ((square - self.center) / self.half_width).square()
        inside = s < 1
        bump = torch.exp(1 - 1 / torch.where(inside, 1 - s, 1.0))
        return torch.where(inside, self.amplitude * bump, 0.0)

    def __call__(self, points: Any) -> Array:
        """The image of points (n, 2) of the disc."""
        x = as_tensor(points, "points")
        angle = self.phase(x.square().sum(1))
        cos, sin = angle.cos(), angle.sin()
        turned = torch.stack([cos * x[:, 0] - sin * x[:, 1], sin * x[:, 0] + cos * x[:, 1]], 1)
        return outgoing(turned, is_numpy(points))


def adversarial_disc(avoid: Any, amplitude: float = 0.3) -> DiscTwist:
    """A map of the disc that moves no point of radius in ``avoid``, but has the whole circle as spectrum.

    Data at these radii are those of the identity, whose spectrum is {1}: the Hausdorff distance of the two is 2. So
    whatever is computed from the data is wrong by 1 at least for one of them.

    Args:
        avoid: radii (n,) in [0, 1] that were sampled.
        amplitude: largest angle by which any point is turned.

    Raises:
        ValueError: radii outside [0, 1], or amplitude 0.

    Example:
        >>> import numpy as np
        >>> twist = adversarial_disc(np.array([0.2, 0.5, 0.9]))
        >>> bool((twist(np.array([[0.5, 0.0]])) == np.array([[0.5, 0.0]])).all())
        True
    """
    squares = as_tensor(avoid, "avoid").flatten().square()
    if bool((squares > 1).any()) or amplitude == 0:
        raise ValueError(
            f"amplitude is {amplitude}, and radii go up to {float(squares.max().sqrt())}; expected not 0, and at most 1"
        )
    edges = torch.cat([squares.new_tensor([0.0, 1.0]), squares]).sort().values
    gaps = edges.diff()
    widest = int(gaps.argmax())
    # A little less than the gap, so that rounding of a radius does not put it inside.
    return DiscTwist(amplitude, float(edges[widest] + gaps[widest] / 2), 0.499 * float(gaps[widest]))


@dataclass(frozen=True)
class SkewProduct:
    r"""The map :math:`(x, y) \mapsto (x + \alpha, y + f(x))` of the torus, modulo 1.

    For f(x) = x, the default, :math:`K e_{k,l} = e^{2\pi i k\alpha} e_{k+l,l}`: eigenvalues
    :math:`e^{2\pi i k\alpha}` from l = 0, and a Lebesgue spectrum from all else. For smooth f of mean 0 it depends on
    how well rationals approximate
    :math:`\alpha` whether any eigenfunction depends on y: finite data cannot tell.

    Args:
        alpha: angle of the rotation, in turns.
        fiber: f, of a tensor (n,); None for the identity.

    Example:
        >>> import numpy as np
        >>> SkewProduct(0.25)(np.array([[0.5, 0.75]]))
        array([[0.75, 0.25]])
    """

    alpha: float
    fiber: Callable[[Tensor], Tensor] | None = None

    def __call__(self, points: Any) -> Array:
        """The image of points (n, 2)."""
        x = as_tensor(points, "points")
        shift = x[:, 0] if self.fiber is None else self.fiber(x[:, 0])
        image = torch.stack([x[:, 0] + self.alpha, x[:, 1] + shift], 1)
        return outgoing(image - image.floor(), is_numpy(points))

    def modes(self, wave_vectors: Tensor) -> tuple[Tensor, Tensor]:
        """K e_k for the default f: the wave vectors (n, 2) of the images, and their factors (n,).

        Raises:
            ValueError: another f, for which the image is no single mode.
        """
        if self.fiber is not None:
            raise ValueError("a Fourier mode has a single mode as image for f(x) = x only; leave out fiber")
        k, fiber = wave_vectors.unbind(1)
        phases = 2 * math.pi * self.alpha * k.to(torch.float64)
        return torch.stack([k + fiber, fiber], 1), torch.polar(torch.ones_like(phases), phases)
