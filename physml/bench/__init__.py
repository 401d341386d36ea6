"""Speed as ratios: alternatives measured in turn, in one run on one machine."""

from physml.bench.benchmark import Benchmark as Benchmark
from physml.bench.benchmark import Comparison as Comparison
from physml.bench.benchmark import Measurement as Measurement
from physml.bench.benchmark import benchmark_names as benchmark_names
from physml.bench.benchmark import load_benchmark as load_benchmark
from physml.bench.benchmark import measured_rows as measured_rows
from physml.bench.benchmark import run_benchmark as run_benchmark
from physml.bench.timing import interleaved as interleaved
