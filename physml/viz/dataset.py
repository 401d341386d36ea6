"""What the variables of a run's data mean: the reference of a field, residuals, labels."""

import xarray as xr

_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi",
    "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
}  # fmt: skip


def reference_of(data: xr.Dataset, field: str) -> xr.DataArray | None:
    """The reference of a field: ``reference``, or ``reference_<field>`` among several; None without one."""
    own = data.get(f"reference_{field}")
    return data.get("reference") if own is None else own


def residuals_of(data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Residuals by the names of their variables, ``residual`` or ``residual_<equation>``."""
    return {str(n): a for n, a in data.data_vars.items() if n == "residual" or str(n).startswith("residual_")}


def field_of(data: xr.Dataset, field: str) -> xr.DataArray:
    """A field of the data.

    Raises:
        ValueError: no such field.
    """
    if field not in data:
        raise ValueError(f"no field {field!r} in the data; it has {', '.join(map(str, data.data_vars))}")
    return data[field]


def label(data: xr.Dataset, name: str) -> str:
    """The name of an axis or field with its unit, as in ``x [m]``; dimensionless ones have the name alone."""
    unit = data[name].attrs.get("units", "1") if name in data.variables else "1"
    symbol = f"$\\{name}$" if name in _GREEK else f"${name}$"
    return symbol if unit in ("", "1") else f"{symbol} [{unit}]"


def axis_names(array: xr.DataArray) -> list[str]:
    """The axes of a field, time first."""
    return sorted(map(str, array.dims), key=lambda name: name != "t")


def cut(array: xr.DataArray, keep: list[str]) -> tuple[xr.DataArray, str]:
    """The array over the axes to keep, at the final time and in the middle of the rest; and where that is."""
    others = [name for name in axis_names(array) if name not in keep]
    where = {name: array.sizes[name] - 1 if name == "t" else array.sizes[name] // 2 for name in others}
    text = ", ".join(f"${name} = {float(array[name][index]):.3g}$" for name, index in where.items())
    return array.isel(where).transpose(*keep), text
