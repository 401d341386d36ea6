"""BibTeX entries by key."""

import re
from collections.abc import Iterable


def bibtex_entries(bibliography: str, keys: Iterable[str]) -> str:
    """The entries with these keys, in order, each once.

    Raises:
        KeyError: a key that the bibliography lacks.
    """
    keys, found = tuple(keys), {}
    for entry in re.split(r"\n(?=@)", bibliography):
        match = re.match(r"@\w+\{([^,\s]+),", entry)
        if match:
            found[match.group(1)] = entry.strip()
    missing = [key for key in keys if key not in found]
    if missing:
        raise KeyError(f"the bibliography has no entry {', '.join(missing)}")
    return "\n\n".join(found[key] for key in dict.fromkeys(keys))
