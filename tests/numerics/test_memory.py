"""Freed memory that is kept."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource, torch
from physml.numerics import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.zeros(40, 2**18)  # 40 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

before = faults()
kept = keep_freed_memory()
faults()
print(int(kept), before, faults())
"""


def test_pages_are_used_again():
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    kept, before, after = map(int, ended.stdout.split())
    if not kept:
        pytest.skip("not a C library that can keep freed memory")
    assert after < before / 20
