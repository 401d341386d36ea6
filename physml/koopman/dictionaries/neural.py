"""A dictionary that is a neural network, trained so that the Koopman operator leaves its span as little as it can."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from physml.koopman.arrays import as_tensor
from physml.koopman.dictionaries.dictionary import Dictionary
from physml.nets import MLP


class NeuralDictionary(Dictionary):
    r"""1, the coordinates and ``n_functions`` outputs of a network, trained on the residual of their span.

    With the frame :math:`Q = \Psi_X R^{-1}` and :math:`C = \Psi_Y R^{-1}` of a batch of pairs, the loss is

    .. math:: \frac{1}{N} \|C - Q Q^* C\|_F^2 - \frac{\alpha}{N} \log \det (D^{-1} R^* R D^{-1})

    with D the norms of the functions: the mean square of the residual of the whole span, as in the learned dictionaries
    of xu2025reskoopnet, and :math:`\alpha` times a measure of how dependent the functions are, which is 0 if they are
    orthogonal. Gradients go through the QR factorisation.

    Args:
        n_functions: outputs of the network.
        width: of its hidden layers.
        depth: how many.
        steps: of Adam.
        learning_rate: of Adam, at first; it falls to zero as a cosine.
        independence: :math:`\alpha`.
        batch_size: pairs in a step.
        random_state: seed of weights and batches.

    Raises:
        ValueError: by ``fit``: no successors, or fewer pairs than functions.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
        >>> dictionary = NeuralDictionary(n_functions=2, width=8, steps=5).fit(x, 0.9 * x)
        >>> dictionary.transform(x).shape
        (200, 4)
    """

    def __init__(
        self,
        n_functions: int = 20,
        width: int = 64,
        depth: int = 2,
        steps: int = 1000,
        learning_rate: float = 3e-3,
        independence: float = 1e-4,
        batch_size: int = 2000,
        random_state: int = 0,
    ) -> None:
        self.n_functions, self.width, self.depth = n_functions, width, depth
        self.steps, self.learning_rate, self.independence = steps, learning_rate, independence
        self.batch_size, self.random_state = batch_size, random_state

    def evaluate(self, x: Tensor) -> Tensor:
        """1, the coordinates, the outputs; without gradient."""
        with torch.no_grad():
            return _functions(self.network_.to(x.device), (x - self.mean_.to(x)) / self.spread_.to(x))

    def _learn(self, states: Tensor, successors: Any) -> None:
        if successors is None:
            raise ValueError("a NeuralDictionary learns from pairs: call fit(X, Y) with the successors Y of X")
        x, y = states, as_tensor(successors, "Y").to(states)
        size = 1 + x.shape[1] + self.n_functions
        if x.shape != y.shape or min(len(x), self.batch_size) <= size:
            raise ValueError(
                f"X and Y have shapes {tuple(x.shape)} and {tuple(y.shape)}, and batches {self.batch_size} pairs; "
                f"expected equal shapes and more than {size} pairs, as there are functions"
            )
        self.mean_, self.spread_ = x.mean(0), x.std(0).clamp(min=torch.finfo(x.dtype).eps)
        generator = torch.Generator().manual_seed(self.random_state)
        network = MLP(self.width, self.depth).build(x.shape[1], self.n_functions, generator)
        self.network_ = network.to(x.device, torch.float64)
        self.losses_ = self._train((x - self.mean_) / self.spread_, (y - self.mean_) / self.spread_, generator)

    def _train(self, x: Tensor, y: Tensor, generator: torch.Generator) -> list[float]:
        optimizer = torch.optim.Adam(self.network_.parameters(), lr=self.learning_rate)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        losses = []
        for _ in range(self.steps):
            rows = torch.randperm(len(x), generator=generator)[: self.batch_size].to(x.device)
            optimizer.zero_grad()
            loss = invariance_loss(
                _functions(self.network_, x[rows]), _functions(self.network_, y[rows]), self.independence
            )
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(float(loss.detach()))
            if not math.isfinite(losses[-1]):
                raise ValueError(f"the loss is {losses[-1]} after {len(losses)} steps; lower learning_rate")
        return losses


def invariance_loss(psi_x: Tensor, psi_y: Tensor, independence: float = 0.0) -> Tensor:
    r"""The mean square of what of K leaves the span of a dictionary, a differentiable number.

    Args:
        psi_x: (M, N), M > N.
        psi_y: (M, N), the same functions at the successors.
        independence: weight :math:`\alpha` of the functions' dependence; see :class:`NeuralDictionary`.

    Example:
        >>> x = torch.linspace(-1, 1, 9, dtype=torch.float64)[:, None]
        >>> float(invariance_loss(x, 0.5 * x)) < 1e-30  # x is an eigenfunction
        True
    """
    Q, R = torch.linalg.qr(psi_x)
    C = torch.linalg.solve_triangular(R, psi_y, upper=True, left=False)
    escaping = (C - Q @ (Q.mH @ C)).abs().square().sum() / R.shape[1]
    dependence = -2 * (R.diagonal().abs().log() - psi_x.norm(dim=0).log()).mean()
    return escaping + independence * dependence


def _functions(network: nn.Module, x: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(x[:, :1]), x, network(x)], 1)
