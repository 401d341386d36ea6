"""Methods by name, and their settings as plain tables: one dataclass is API, TOML and flags."""

import dataclasses
import difflib
import typing
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor

from physml.bridge import IterativeReferenceRefinement
from physml.interop.deepxde.method import DeepXDE
from physml.koopman import EDMDSpectrum, MeasurePreservingSpectrum, RAGESplit, ResDMDSpectrum
from physml.pinn import PINN, CausalPINN
from physml.problem import PDE, Problem
from physml.result import Findings, Predictor
from physml.train import Process


@runtime_checkable
class SolvingProcess(Process, Protocol):
    """What ``method.start`` gives: a process that the training loop steps, and that tells what it has found."""

    def findings(self) -> Findings: ...

    def restore(self, weights: dict[str, Tensor]) -> Predictor: ...


@runtime_checkable
class Method(Protocol):
    """What solves problems: a frozen dataclass of settings, with a default for each."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    solves: ClassVar[Any]  # the kind of problems

    @property
    def citations(self) -> tuple[str, ...]: ...

    def start(self, problem: Any, *, seed: int, device: torch.device, dtype: torch.dtype) -> SolvingProcess: ...


METHODS: dict[str, type] = {
    "pinn": PINN,
    "causal_pinn": CausalPINN,
    "deepxde": DeepXDE,
    "reference_refinement": IterativeReferenceRefinement,
    "resdmd": ResDMDSpectrum,
    "edmd": EDMDSpectrum,
    "measure_preserving_edmd": MeasurePreservingSpectrum,
    "rage": RAGESplit,
}


class MethodError(ValueError):
    """A method or a setting that does not exist."""


def name_of(method: Method) -> str:
    """The name of a method's class in the registry."""
    return next((name for name, known in METHODS.items() if known is type(method)), type(method).__name__)


def method_class(name: str) -> type:
    """A method by name.

    Raises:
        MethodError: no such method.
    """
    if name not in METHODS:
        raise MethodError(f"no method {name!r}; there are {', '.join(METHODS)}")
    return METHODS[name]


def check_fits(problem: Problem, method: Method) -> None:
    """See that a method is for this kind of problem.

    Raises:
        MethodError: it is for another kind; with those that are for this one.
    """
    if not isinstance(problem, method.solves):
        able = ", ".join(name for name, known in METHODS.items() if isinstance(problem, known.solves))
        raise MethodError(
            f"{name_of(method)} solves problems of the kind {method.solves.kind}, and {problem.name} is of the kind "
            f"{problem.kind}; methods for it: {able}"
        )


def default_method(problem: Problem) -> str:
    """The name of the method for a problem whose file recommends none: for evolution, causal training."""
    if isinstance(problem, PDE):
        return "causal_pinn" if problem.domain.time else "pinn"
    return next(name for name, known in METHODS.items() if isinstance(problem, known.solves))


def to_table(settings: Any) -> Any:
    """Settings as dicts, lists and numbers; the class of a part is kept under ``kind``."""
    if dataclasses.is_dataclass(settings):
        fields = {f.name: to_table(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
        return {"kind": type(settings).__name__, **fields}
    if isinstance(settings, tuple | list):
        return [to_table(item) for item in settings]
    if isinstance(settings, dict):
        return {name: to_table(item) for name, item in settings.items()}
    return settings


def method_from_table(name: str, table: dict[str, Any]) -> Method:
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
        default = None if fields[key].default is dataclasses.MISSING else fields[key].default
        values[key] = _value(value, hints[key], default, f"{where}.{key}")
    return part(**values)


def _value(value: Any, hint: Any, default: Any, where: str) -> Any:
    """A value of a table as the type of its setting wants it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    parts = [kind for kind in arguments or (hint,) if dataclasses.is_dataclass(kind)]
    if type(None) in arguments and _absent(value):
        return None
    if origin is tuple:
        _expect(isinstance(value, list | tuple), value, "a list", where)
        return tuple(_value(item, arguments[0], None, f"{where}[{i}]") for i, item in enumerate(value))
    if parts:
        _expect(isinstance(value, dict), value, "a table of settings", where)
        return _part(value, parts, default, where)
    if origin is typing.Literal:
        _expect(value in arguments, value, "one of " + ", ".join(map(str, arguments)), where)
        return value
    number = hint is float and isinstance(value, int) and not isinstance(value, bool)
    matches = isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
    _expect(number or matches, value, f"a value of type {hint.__name__}", where)
    return float(value) if number else value


def _absent(value: Any) -> bool:
    return value is None


def _expect(condition: bool, value: Any, expected: str, where: str) -> None:
    if not condition:
        raise MethodError(f"{where} is {value!r}; expected {expected}")


def _part(table: dict[str, Any], parts: list[Any], default: Any, where: str) -> Any:
    """A part from its table; without a kind, one of the default's kind."""
    known = {part.__name__: part for part in parts}
    kind = table.get("kind", type(default).__name__ if default is not None else parts[0].__name__)
    if kind not in known or ("kind" not in table and default is None and len(parts) > 1):
        raise MethodError(f"{where} has kind {table.get('kind')!r}; expected one of {', '.join(known)}")
    return _build(known[kind], {k: v for k, v in table.items() if k != "kind"}, where)
