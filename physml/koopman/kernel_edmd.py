"""Kernel EDMD, for fewer snapshots than functions, with dual residuals that need no quadrature."""

import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor

from physml.koopman import pseudospectra
from physml.koopman.arrays import Array, is_numpy, outgoing
from physml.koopman.compression import Compression
from physml.koopman.dictionaries import make_kernel, principal_functions
from physml.koopman.dictionaries.kernels import Kernel
from physml.koopman.eigenpairs import eigenpairs
from physml.koopman.estimator import KoopmanEstimator
from physml.koopman.pseudospectra import Method, PseudoEigenfunctions
from physml.koopman.snapshots import read_snapshots

_DROPPED = 0.5  # share of the trace of the Gram matrix


class KernelEDMD(KoopmanEstimator):
    r"""Kernel EDMD (williams2015kernel) with the residuals of colbrook2024another.

    Of Gram matrices :math:`G_{ij} = k(x_i, x_j) = U S^2 U^*`, :math:`A_{ij} = k(y_i, x_j)`,
    :math:`L_{ij} = k(y_i, y_j)` and :math:`\tilde U = U S^{-1}` it has :math:`\hat K = \tilde U^* A \tilde U` and the
    functions :math:`k(x, x_i)\tilde U`. With as many functions as snapshots the usual residuals vanish. But in the
    kernel's space :math:`K^* k_x = k_{F(x)}`,
    so that for :math:`w^* \hat K = \lambda w^*`

    .. math:: \operatorname{res}^2 = \frac{w^* (\tilde U^* L \tilde U - \hat K \hat K^*) w}{w^* w}

    is the exact residual of an eigenfunction of the adjoint, the Perron-Frobenius operator. ``residuals_``,
    ``pseudospectrum`` and ``spectrum`` are of the adjoint here, in the kernel's norm.

    Args:
        kernel: "gaussian", "laplacian", "lorentzian", "polynomial", "poly_exp", or a function of (n, d) and (m, d)
            to (n, m).
        n_functions: at most; None for as many as are independent.
        scale: of the kernel, times the data's own length; see :func:`physml.koopman.make_kernel`.
        degree: of polynomial kernels.
        cut_off: times the norm of G is added to its diagonal.

    Example:
        >>> import numpy as np
        >>> angles = np.arange(12)[:, None] * 2 * np.pi / 12
        >>> model = KernelEDMD(lambda x, y: 0.5 + (x - y.T).cos()).fit(angles, angles + 0.3)
        >>> np.sort(np.angle(model.eigenvalues_))[[0, 2]].round(6)
        array([-0.3,  0.3])
    """

    def __init__(
        self,
        kernel: str | Kernel = "gaussian",
        n_functions: int | None = None,
        scale: float = 1.0,
        degree: int = 20,
        cut_off: float = 0.0,
    ) -> None:
        self.kernel, self.n_functions, self.scale = kernel, n_functions, scale
        self.degree, self.cut_off = degree, cut_off

    def fit(self, X: Any, Y: Any = None, sample_weight: Any = None) -> Any:
        """Fit to snapshots, as of :meth:`physml.koopman.EDMD.fit`.

        Raises:
            ValueError: shapes that do not match, NaN or inf, weights, or a kernel that is not positive definite.
        """
        if sample_weight is not None:
            raise ValueError("sample_weight is given, but KernelEDMD integrates nothing: leave it out, or use ResDMD")
        snapshots = read_snapshots(X, Y)
        self._numpy, self._real = is_numpy(X), not snapshots.trajectories[0].is_complex()
        self.n_features_in_ = snapshots.dimension
        x, y = snapshots.pairs()
        kernel = make_kernel(self.kernel, x, self.scale, self.degree)
        G, A, L = kernel(x, x), kernel(y, x), kernel(y, y)
        U, share = principal_functions(G, self.n_functions, self.cut_off)
        if share < 1 - _DROPPED:
            warnings.warn(
                f"the {U.shape[1]} functions keep {share:.0%} of the kernel's trace on the samples, and dual "
                "residuals are about those alone; raise n_functions",
                stacklevel=2,
            )
        self.dictionary_ = _Sections(kernel, x, U)
        adjoint = self._adjoint(U, G, A, L, x)
        conjugates, left = eigenpairs(adjoint.matrix)
        residuals = pseudospectra.residuals(adjoint, conjugates, left)
        right = torch.linalg.pinv(left).mH  # in the order of the left ones
        values = conjugates.conj().resolve_conj()
        self._publish(adjoint, values, right / right.norm(dim=0), residuals, adjoint.matrix.mH.resolve_conj())
        self.left_eigenvectors_ = outgoing(left[:, residuals.argsort()], self._numpy)
        return self

    def _certificate(self) -> str:
        return f"{super()._certificate()} of the adjoint, in the norm of the kernel"

    def pseudospectrum(self, z: Any, method: Method = "svd") -> Array:
        """The least residual at z of all functions for the adjoint, in the kernel's norm.

        Raises:
            ValueError: z holds NaN or inf, or an unknown method.
        """
        return super().pseudospectrum(z.conj() if hasattr(z, "conj") else np.conj(z), method)

    def pseudoeigenfunction(self, z: Any) -> PseudoEigenfunctions:
        """The function with the least residual for the adjoint at each z: its coefficients, and the residual.

        Raises:
            ValueError: z holds NaN or inf.
        """
        return super().pseudoeigenfunction(z.conj() if hasattr(z, "conj") else np.conj(z))

    def _adjoint(self, U: Tensor, G: Tensor, A: Tensor, L: Tensor, x: Tensor) -> Compression:
        """The compression of K* in the kernel's space, with the projections of the states by least squares."""
        K = U.mH @ A @ U
        values, vectors = torch.linalg.eigh(U.mH @ L @ U - K @ K.mH)
        # What is below the rounding of the difference is zero for all that can be known.
        remainder = values.clamp(min=0).sqrt()[:, None] * vectors.mH
        psi = G @ U
        observables = torch.linalg.pinv(psi) @ x.to(psi)
        unresolved = (x - psi @ observables).norm(dim=0) / len(x) ** 0.5
        identity = torch.eye(U.shape[1]).to(U)
        condition = float(torch.linalg.cond(psi)) ** 2
        return Compression(K.mH, remainder, identity, identity, observables, unresolved, condition)


class _Sections:
    """The functions k(x, x_i) U, learned already."""

    n_consumed_samples = 0

    def __init__(self, kernel: Kernel, states: Tensor, functions: Tensor) -> None:
        self.kernel, self.states, self.functions = kernel, states, functions

    def evaluate(self, x: Tensor) -> Tensor:
        return self.kernel(x, self.states.to(x)) @ self.functions.to(x)
