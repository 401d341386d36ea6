"""The Schrödinger bridge between two Gaussians with respect to a linear reference, in closed form."""

import itertools
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from physml.numerics.linear_sde import Transition, transition
from physml.numerics.transport import symmetric_root


class GaussianSchrodingerBridge:
    r"""The path law with marginals :math:`N(m_0, S_0)` and :math:`N(m_1, S_1)` that is nearest to a linear reference.

    The reference is :math:`dX = (A X + c)\,dt + dN` with noise of covariance Q a time; Brownian motion if A and c are
    left out (bunne2023schrodinger). With its transition :math:`\Phi, \eta, \Omega` over T and the singular value
    decomposition :math:`S_1^{1/2} \Omega^{-1} \Phi S_0^{1/2} = U\,\mathrm{diag}(s)\,V^T`, the coupling is

    .. math:: C = S_0^{1/2} V\,\mathrm{diag}(\rho)\,U^T S_1^{1/2}, \qquad \rho = 2 s / (1 + \sqrt{1 + 4 s^2}),

    and the path law is the reference with the drift :math:`A x + c + Q \nabla \log h`, where
    :math:`\log h(x, t) = -x^T \Lambda_t x / 2 + \lambda_t^T x` up to a constant.

    Args:
        m0, m1: means, shape (d,).
        S0, S1: covariances, shape (d, d), positive definite.
        Q: shape (d, d), positive semidefinite; :math:`\sigma^2 I` for isotropic noise.
        A: shape (d, d).
        c: shape (d,).
        T: the time between the marginals.

    Raises:
        ValueError: shapes that do not fit, numbers that are not finite, a covariance that is not positive definite,
            T <= 0, or noise that does not reach every direction.

    Example:
        >>> zero, one = torch.zeros(1), torch.eye(1)
        >>> bridge = GaussianSchrodingerBridge(zero, one, zero + 2, one, Q=0.1 * one)
        >>> mean, covariance = bridge.marginal(0.5)
        >>> round(float(mean), 6)
        1.0
    """

    def __init__(
        self,
        m0: Float[Tensor, " _"],
        S0: Float[Tensor, "_ _"],
        m1: Float[Tensor, " _"],
        S1: Float[Tensor, "_ _"],
        *,
        Q: Float[Tensor, "_ _"],
        A: Float[Tensor, "_ _"] | None = None,
        c: Float[Tensor, " _"] | None = None,
        T: float = 1.0,
    ) -> None:
        self.m0, self.S0, self.m1, self.S1, self.Q = (value.double() for value in (m0, S0, m1, S1, Q))
        self.A = torch.zeros_like(self.S0) if A is None else A.double()
        self.c = torch.zeros_like(self.m0) if c is None else c.double()
        self.T = T
        self._check()
        reference = self._reference(T)
        lower = reference.factor()
        inverse = torch.cholesky_inverse(lower)
        root0, root1 = symmetric_root(self.S0), symmetric_root(self.S1)
        U, s, Vh = torch.linalg.svd(root1 @ inverse @ reference.Phi @ root0)
        half = (1 + (1 + 4 * s**2).sqrt()) / 2
        self.coupling: Float[Tensor, "d d"] = root0 @ Vh.mT @ ((s / half)[:, None] * U.mT) @ root1
        """:math:`\\mathrm{Cov}(X_0, X_T)`."""
        back = torch.linalg.solve(root1, U)
        precision = back @ (half[:, None] * back.mT)  # of the end, given the start
        self._Lambda = precision - inverse
        self._lambda = precision @ self.m1 - inverse @ reference.mean(self.m0[None])[0]

    def transition(self, start: float | Tensor, end: float | Tensor) -> Transition:
        """The bridge's own transition from a time to a later one, numbers or tensors (k,), between 0 and T.

        Raises:
            ValueError: times out of order or outside of [0, T].
        """
        start, end = self._times(start), self._times(end)
        if not (start <= end).all():
            raise ValueError(f"needs a start before the end, given {start.tolist()} and {end.tolist()}")
        reference = self._reference(end - start)
        Lambda, linear = self._potential(end)
        damping = torch.linalg.inv(torch.eye(len(self.m0)).to(Lambda) + reference.Omega @ Lambda)
        shift = reference.eta + (reference.Omega @ linear[..., None])[..., 0]
        Omega = damping @ reference.Omega
        return Transition(damping @ reference.Phi, (damping @ shift[..., None])[..., 0], (Omega + Omega.mT) / 2)

    def marginal(self, t: float | Tensor) -> tuple[Float[Tensor, "*k d"], Float[Tensor, "*k d d"]]:
        """Mean and covariance at a time, or at times (k,).

        Raises:
            ValueError: a time outside of [0, T].
        """
        path = self.transition(0.0, t)
        return path.mean(self.m0[None])[..., 0, :], path.Phi @ self.S0 @ path.Phi.mT + path.Omega

    def drift_coefficients(self, t: float | Tensor) -> tuple[Float[Tensor, "*k d d"], Float[Tensor, "*k d"]]:
        """M and n of the drift :math:`M x + n` at a time, or at times (k,).

        Raises:
            ValueError: a time outside of [0, T].
        """
        Lambda, linear = self._potential(self._times(t))
        return self.A - self.Q @ Lambda, self.c + linear @ self.Q

    def drift(self, x: Float[Tensor, "... n d"], t: float | Tensor) -> Float[Tensor, "... n d"]:
        """The drift at points (n, d) and a time, or at points (k, n, d) and times (k,).

        Raises:
            ValueError: a time outside of [0, T].
        """
        M, n = self.drift_coefficients(t)
        return x.to(M) @ M.mT + n[..., None, :]

    def kl(self) -> Float[Tensor, ""]:
        """Kullback-Leibler divergence from the reference that starts with the first marginal."""
        reference, bridge = self._reference(self.T), self.transition(0.0, self.T)
        lower = reference.factor()
        inverse = torch.cholesky_inverse(lower)
        change = bridge.Phi - reference.Phi
        shift = self.m1 - reference.mean(self.m0[None])[0]
        spread = bridge.Omega + change @ self.S0 @ change.mT
        ratio = 2 * lower.diagonal().log().sum() - torch.linalg.slogdet(bridge.Omega)[1]
        return ((inverse * spread).sum() - len(shift) + ratio + shift @ inverse @ shift) / 2

    def sample_paths(
        self, n: int, times: Sequence[float] | Float[Tensor, " k"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "n k d"]:
        """Paths at times, of the exact law, whatever the distance between the times.

        Args:
            n: how many.
            times: that do not decrease, in [0, T].
            generator: that of torch if None.

        Raises:
            ValueError: times out of order or outside of [0, T].
        """
        times = self._times(torch.as_tensor(times))
        device = self.A.device if generator is None else generator.device
        shape = (len(times), n, len(self.m0))
        noise = torch.randn(shape, generator=generator, dtype=torch.float64, device=device).to(self.A)
        mean, covariance = self.marginal(times[0])
        states = [mean + noise[0] @ symmetric_root(covariance)]
        for (start, end), xi in zip(itertools.pairwise(times), noise[1:], strict=True):
            step = self.transition(start, end)
            states.append(step.mean(states[-1]) + xi @ symmetric_root(step.Omega))
        return torch.stack(states, 1)

    def _reference(self, duration: float | Tensor) -> Transition:
        return transition(self.A, self.c, self.Q, duration)

    def _potential(self, t: Tensor) -> tuple[Tensor, Tensor]:
        r""":math:`\Lambda_t` and :math:`\lambda_t`: log h at T, averaged over the reference's transition."""
        ahead = self._reference(self.T - t)
        inverse = torch.linalg.inv(torch.eye(len(self.m0)).to(self.A) + self._Lambda @ ahead.Omega)
        Lambda = ahead.Phi.mT @ inverse @ self._Lambda @ ahead.Phi
        linear = ahead.Phi.mT @ inverse @ (self._lambda - ahead.eta @ self._Lambda)[..., None]
        return (Lambda + Lambda.mT) / 2, linear[..., 0]

    def _times(self, t: float | Tensor) -> Tensor:
        t = torch.as_tensor(t, dtype=torch.float64, device=self.A.device)
        if not ((t >= 0) & (t <= self.T)).all():
            raise ValueError(f"needs times in [0, {self.T}], given {t.tolist()}")
        return t

    def _check(self) -> None:
        d = self.m0.shape[0]
        for name in ("m0", "m1", "c", "S0", "S1", "Q", "A"):
            value, shape = getattr(self, name), (d,) if name in ("m0", "m1", "c") else (d, d)
            if value.shape != shape or not value.isfinite().all():
                raise ValueError(f"needs finite numbers {name} of shape {shape}, given shape {tuple(value.shape)}")
        for name in ("S0", "S1"):
            if torch.linalg.cholesky_ex(getattr(self, name))[1]:
                raise ValueError(f"the covariance {name} is not positive definite; add the variance of the measurement")
        symmetric_root(self.Q)
        if not 0 < self.T < float("inf"):
            raise ValueError(f"needs a time T > 0, given {self.T}")
