"""Methods by name, and their settings as plain tables: one dataclass is API, TOML and flags."""

import dataclasses
import difflib
import typing
from typing import Any

from physml.nets import MLP, ModifiedMLP
from physml.optim import Adam, LevenbergMarquardt
from physml.pinn import PINN, CausalPINN, CausalWeights, Sampling, Windows

METHODS: dict[str, type[PINN]] = {"pinn": PINN, "causal_pinn": CausalPINN}

_PARTS = {
    part.__name__: part for part in (MLP, ModifiedMLP, Adam, LevenbergMarquardt, CausalWeights, Sampling, Windows)
}


class MethodError(ValueError):
    """A method or a setting that does not exist."""


def name_of(method: PINN) -> str:
    """The name of a method's class in the registry."""
    return next((name for name, known in METHODS.items() if known is type(method)), type(method).__name__)


def method_class(name: str) -> type[PINN]:
    """A method by name.

    Raises:
        MethodError: no such method.
    """
    if name not in METHODS:
        raise MethodError(f"no method {name!r}; there are {', '.join(METHODS)}")
    return METHODS[name]


def to_table(settings: Any) -> Any:
    """Settings as dicts, lists and numbers; the class of a part is kept under ``kind``."""
    if dataclasses.is_dataclass(settings):
        fields = {f.name: to_table(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
        return {"kind": type(settings).__name__, **fields}
    if isinstance(settings, tuple | list):
        return [to_table(item) for item in settings]
    return settings


def method_from_table(name: str, table: dict[str, Any]) -> PINN:
    """A method from a table such as :func:`to_table` gives; what the table leaves out keeps its default.

    Raises:
        MethodError: an unknown method, kind or setting.
    """
    return _build(method_class(name), {k: v for k, v in table.items() if k not in ("method", "kind")}, name)


def _build(part: Any, table: dict[str, Any], where: str) -> Any:
    fields = {field.name: field for field in dataclasses.fields(part)}
    hints = typing.get_type_hints(part)
    values = {}
    for key, value in table.items():
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(fields)}"
            raise MethodError(f"{where} has no setting {key!r}; {hint}")
        values[key] = _value(value, hints[key], fields[key], f"{where}.{key}")
    return part(**values)


def _value(value: Any, hint: Any, field: Any, where: str) -> Any:
    if isinstance(value, dict):
        return _part(value, _default_type(field, hint), where)
    if isinstance(value, list):
        return tuple(_part(v, None, f"{where}[{i}]") if isinstance(v, dict) else v for i, v in enumerate(value))
    return float(value) if hint is float and isinstance(value, int) else value


def _part(table: dict[str, Any], default: Any, where: str) -> Any:
    kind = table.get("kind", default.__name__ if default else None)
    if kind not in _PARTS:
        raise MethodError(f"{where} has kind {kind!r}; expected one of {', '.join(_PARTS)}")
    return _build(_PARTS[kind], {k: v for k, v in table.items() if k != "kind"}, where)


def _default_type(field: Any, hint: Any) -> Any:
    if field.default is not dataclasses.MISSING:
        return type(field.default)
    return hint if dataclasses.is_dataclass(hint) else None
