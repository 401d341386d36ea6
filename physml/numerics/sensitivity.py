"""How much a perturbation of the start has grown: what limits every method on a chaotic problem."""

import numpy as np
import xarray as xr


def growth(solution: xr.Dataset, perturbed: xr.Dataset) -> xr.Dataset:
    r""":math:`|u(t) - \tilde u(t)| / |u(t_0) - \tilde u(t_0)|` of two solutions, in the norm over fields and space.

    Args:
        solution, perturbed: on the same grid with the axis ``t``; they differ at the first time.

    Returns:
        ``growth(t)``, 1 at the first time.

    Raises:
        ValueError: they start alike.

    Example:
        >>> t = np.array([0.0, 1.0])
        >>> one, other = (xr.Dataset({"u": ("t", size * np.exp(t))}, coords={"t": t}) for size in (1.0, 1.1))
        >>> growth(one, other).growth.to_numpy().round(3)
        array([1.   , 2.718])
    """
    squares = ((solution - perturbed) ** 2).to_dataarray()
    distance = np.sqrt(squares.sum([name for name in squares.dims if name != "t"]))
    if not distance[0] > 0:
        raise ValueError("the two solutions start alike; perturb one of them")
    return xr.Dataset({"growth": distance / distance[0]})
