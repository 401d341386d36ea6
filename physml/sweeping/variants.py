"""Variants of a method: every combination of values for some of its settings."""

import dataclasses
import difflib
import itertools
from collections.abc import Sequence
from typing import Any

from physml.methods import Method, MethodError


def grid(method: Method, **settings: Sequence[Any]) -> dict[str, Method]:
    """Variants of a method: every combination of the values given for some of its settings.

    Args:
        method: what the other settings are taken from.
        settings: values by dotted path, such as ``**{"network.width": [16, 32], "phases.0.steps": [100, 1000]}``; a
            number counts the entries of a tuple.

    Returns:
        The variants by name, such as ``"width=16, steps=100"``.

    Raises:
        MethodError: a setting that does not exist, or values that are no list.

    Example:
        >>> from physml import pinn
        >>> list(grid(pinn.PINN(), **{"network.width": [16, 32], "sampling.count": [500]}))
        ['width=16, count=500', 'width=32, count=500']
    """
    for path, values in settings.items():
        if not isinstance(values, list | tuple | range) or not values:
            raise MethodError(f"{path} is {values!r}; expected a list of values, such as [16, 32]")
    lasts = [path.rpartition(".")[2] for path in settings]
    names = [last if lasts.count(last) == 1 else path for path, last in zip(settings, lasts, strict=True)]
    labels = [[f"{name}={text}" for text in _texts(v)] for name, v in zip(names, settings.values(), strict=True)]
    variants = {}
    for chosen in itertools.product(
        *(zip(texts, v, strict=True) for texts, v in zip(labels, settings.values(), strict=True))
    ):
        variant: Any = method
        for path, (_, value) in zip(settings, chosen, strict=True):
            variant = _replaced(variant, path.split("."), value, path)
        variants[", ".join(text for text, _ in chosen)] = variant
    return variants


def _texts(values: Sequence[Any]) -> list[str]:
    """Short names of values: numbers and words as they are, parts by their kind, else by their place."""
    texts = [type(v).__name__ if dataclasses.is_dataclass(v) else str(v) for v in values]
    plain = all(dataclasses.is_dataclass(v) or isinstance(v, str | int | float) for v in values)
    return texts if plain and len(set(texts)) == len(texts) else [str(place) for place in range(len(values))]


def _replaced(part: Any, keys: Sequence[str], value: Any, path: str) -> Any:
    """A part with the setting at the end of a path changed."""
    if not keys:
        return value
    key, *rest = keys
    if isinstance(part, tuple):
        known = [str(place) for place in range(len(part))]
    else:
        known = list(getattr(part, "__dataclass_fields__", ()))
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
        raise MethodError(f"{path}: {type(part).__name__} has no setting {key!r}; {hint}")
    if isinstance(part, tuple):
        place = int(key)
        return (*part[:place], _replaced(part[place], rest, value, path), *part[place + 1 :])
    return dataclasses.replace(part, **{key: _replaced(getattr(part, key), rest, value, path)})
