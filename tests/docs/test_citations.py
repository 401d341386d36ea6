"""Every source that the code names is in the bibliography."""

import re
from pathlib import Path

import physml

KEY = re.compile(r"(?<![\w.{])[a-z]{3,}(?:19|20)\d\d[a-z]*\b")


def test_every_key_in_a_docstring_or_card_has_an_entry():
    known = set(re.findall(r"^@\w+\{(\w+),", physml.catalog.bibliography(), re.MULTILINE))
    files = [*Path(physml.__file__).parent.rglob("*.py"), *physml.catalog.folder().glob("*.py")]
    named = {key: path.name for path in files for key in KEY.findall(path.read_text())}
    assert len(named) > 15
    assert {key: file for key, file in named.items() if key not in known} == {}
