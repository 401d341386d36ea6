"""Radial functions around centres."""

from typing import Any

import numpy as np
import torch
from sklearn.cluster import KMeans, MiniBatchKMeans
from torch import Tensor

from physml.koopman.dictionaries.dictionary import Dictionary, mean_distance
from physml.koopman.dictionaries.kernels import RADIAL, distances, unknown_kernel

_MANY = 10**4  # samples, from which on centres are found from batches of them


class RBFDictionary(Dictionary):
    r""":math:`\phi(|x - c_j| / \delta)` around centres :math:`c_j`, and perhaps the constant.

    Args:
        n_centers: how many.
        kind: "gaussian" :math:`e^{-r^2}`, "laplacian" :math:`e^{-r}` or "lorentzian" :math:`1/(1 + r^2)`.
        centers: "kmeans" of the states, "random" ones of them, or an array (n_centers, d).
        scale: :math:`\delta`, in mean distances of the states from their mean. :math:`e^{-2r}` has 0.5.
        include_constant: whether 1 is a function, too. Without it the eigenvalue 1 is only approximate.
        random_state: seed of the centres.

    Raises:
        ValueError: by ``fit``: an unknown kind, fewer states than centres, or states that are all equal.

    Example:
        >>> import numpy as np
        >>> RBFDictionary(n_centers=2).fit_transform(np.array([[0.0], [0.1], [1.0], [1.1]])).shape
        (4, 3)
    """

    def __init__(
        self,
        n_centers: int = 100,
        kind: str = "laplacian",
        centers: Any = "kmeans",
        scale: float = 1.0,
        include_constant: bool = True,
        random_state: int = 0,
    ) -> None:
        self.n_centers, self.kind, self.centers, self.scale = n_centers, kind, centers, scale
        self.include_constant, self.random_state = include_constant, random_state

    def _learn(self, states: Tensor, successors: Any) -> None:
        if self.kind not in RADIAL:
            raise unknown_kernel(self.kind, RADIAL)
        self.length_ = self.scale * mean_distance(states)
        self.centers_ = self._find_centers(states)

    def evaluate(self, x: Tensor) -> Tensor:
        """One column for each centre; the constant is the first."""
        centers = self.centers_.to(x)
        if self.include_constant:  # in the place of a centre, which saves a copy of all columns
            centers = torch.cat([centers[:1], centers])
        values = RADIAL[self.kind](distances(x / self.length_, centers / self.length_))
        if self.include_constant:
            values[:, 0] = 1.0
        return values

    def _find_centers(self, states: Tensor) -> Tensor:
        if not isinstance(self.centers, str):
            return torch.as_tensor(np.asarray(self.centers), dtype=torch.float64)
        if self.centers not in ("kmeans", "random"):
            raise ValueError(f"centers is {self.centers!r}; expected 'kmeans', 'random' or an array (n_centers, d)")
        if len(states) < self.n_centers:
            raise ValueError(f"{self.n_centers} centres of {len(states)} states; lower n_centers or pass more data")
        if self.centers == "random":
            order = torch.randperm(len(states), generator=torch.Generator().manual_seed(self.random_state))
            return states[order[: self.n_centers].to(states.device)]
        find = MiniBatchKMeans if len(states) > _MANY else KMeans
        found = find(self.n_centers, n_init=1, max_iter=500, random_state=self.random_state)  # pyright: ignore
        return torch.from_numpy(found.fit(states.cpu().numpy()).cluster_centers_).to(states)
