"""BibTeX entries by key."""

import re

import pytest

from physml import catalog
from physml.methods import METHODS
from physml.result.cite import bibtex_entries

BIBLIOGRAPHY = """@article{one2020,
  title = {A {Nested} title},
  note = {mail@example.org},
}

@book{two2021, title = {Two}}
@misc{three:2022, title = {Three}}
"""


def test_entries_come_whole_in_the_order_of_the_keys():
    assert bibtex_entries(BIBLIOGRAPHY, ["two2021", "one2020"]) == (
        "@book{two2021, title = {Two}}\n\n"
        "@article{one2020,\n  title = {A {Nested} title},\n  note = {mail@example.org},\n}"
    )


def test_an_entry_asked_for_twice_comes_once():
    assert bibtex_entries(BIBLIOGRAPHY, ["three:2022"] * 2) == "@misc{three:2022, title = {Three}}"


def test_no_keys_give_no_entries():
    assert bibtex_entries(BIBLIOGRAPHY, []) == ""


def test_keys_that_are_not_there_are_named():
    with pytest.raises(KeyError, match=r"no entry nine2029, ten2030"):
        bibtex_entries(BIBLIOGRAPHY, ["nine2029", "one2020", "ten2030"])


def test_keys_that_come_one_by_one_serve_too():
    assert bibtex_entries(BIBLIOGRAPHY, (key for key in ["two2021"])) == "@book{two2021, title = {Two}}"


def test_every_method_cites_what_the_bibliography_has():
    for method in METHODS.values():
        assert method.citations
        assert all(key in bibtex_entries(catalog.bibliography(), method.citations) for key in method.citations)


def test_the_bibliography_has_each_key_once_and_closes_each_brace():
    text = catalog.bibliography()
    keys = re.findall(r"^@\w+\{([^,\s]+),", text, flags=re.MULTILINE)
    assert len(keys) == len(set(keys)) == text.count("\n@") + text.startswith("@")
    for key in keys:
        entry = bibtex_entries(text, [key])
        assert entry.count("{") == entry.count("}")
