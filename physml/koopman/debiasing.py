r"""Linear maps from noisy snapshots: least squares puts all noise into the images, and shrinks eigenvalues.

With independent noise of variance :math:`\sigma^2` on every sample, :math:`\hat A` tends to
:math:`(\Sigma + \sigma^2)^{-1} \Sigma A` for states of covariance :math:`\Sigma`: more data do not help. Two
corrections are in use. Both take for noise whatever leaves the span, so the span must be invariant.
"""

import torch
from jaxtyping import Num
from torch import Tensor

from physml.koopman.compression import Compression

_SINGULAR = 1e-12


def forward_backward(compression: Compression) -> Num[Tensor, "r r"]:
    r"""The geometric mean :math:`A_f (A_f^{-1} A_b^{-1})^{1/2}` of the forward fit and the inverse of the backward one.

    dawson2016 take :math:`(A_f A_b^{-1})^{1/2}`, whose eigenvalues are the same to first order in the noise; but the
    sign of that root is not determined where :math:`\lambda` and :math:`-\lambda` are eigenvalues. In the frame
    :math:`A_f = \hat A` and :math:`A_b = \hat L^{-1} \hat A^*`, so that :math:`A_f^{-1} A_b^{-1}` is similar to a
    Hermitian matrix that is at least 1. To first order the eigenvalues have no bias if states and successors have one
    covariance. For an isometry, :math:`\hat L = 1`, the mean is the unitary matrix of measure-preserving EDMD.

    Raises:
        ValueError: the fit is singular, so that nothing leads back.

    Example:
        >>> noisy = Compression.of_section(torch.tensor([[0.9], [0.5]], dtype=torch.float64))
        >>> round(float(forward_backward(noisy).square()), 12)  # 0.9 forwards, (0.9^2 + 0.5^2) / 0.9 backwards
        1.06
    """
    Q, R = torch.linalg.qr(compression.matrix)
    sizes = R.diagonal().abs()
    if not float(sizes.min()) > _SINGULAR * float(sizes.max()):
        raise ValueError(
            f"the least-squares fit is singular ({float(sizes.min()):.1g} beside {float(sizes.max()):.1g}) and has no "
            "backward one; lower the rank, or choose debias='total_least_squares'"
        )
    leaving = torch.linalg.solve_triangular(R, compression.remainder, upper=True, left=False)
    ratio = torch.eye(compression.rank).to(R) + leaving.mH @ leaving
    values, vectors = torch.linalg.eigh(ratio)
    return Q @ (vectors * values.sqrt()) @ vectors.mH @ R


def total_least_squares(compression: Compression) -> Num[Tensor, "r r"]:
    r"""The map of the nearest snapshots that some linear map takes into each other (hemati2017).

    The nearest :math:`[\Psi_X, \Psi_Y]` of rank r are those of its leading singular vectors. The bias vanishes if the
    noise of all coordinates, of states and of successors, has one variance and is independent.

    Example:
        >>> section = Compression.of_section(torch.tensor([[0.9], [0.0]], dtype=torch.float64))
        >>> round(float(total_least_squares(section)), 12)
        0.9
    """
    lift = compression.to_frame
    image = compression.stacked() @ lift
    both = torch.cat([torch.nn.functional.pad(lift, (0, 0, 0, len(compression.remainder))), image], 1)
    left, right = torch.linalg.svd(both, full_matrices=False).Vh[: compression.rank].tensor_split(2, dim=1)
    return lift @ torch.linalg.lstsq(left, right).solution @ compression.from_frame
