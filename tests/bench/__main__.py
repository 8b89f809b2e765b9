"""`make bench`: how fast, as ratios within one run; one thread. Never part of the tests: machines are noisy."""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import scalefront  # noqa: F401  (caps the threads before numpy is imported)

from tests.bench import bench_feature_learning
from tests.bench.timing import REPEATS, ROOT, lasted, measured, median

SCALEFRONT = [sys.executable, "-c", "from scalefront.cli import main; main()"]
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]


def main():
    print(f"one thread (OMP_NUM_THREADS={os.environ['OMP_NUM_THREADS']}), {os.cpu_count()} cores, median of {REPEATS}")
    theory()
    steps_in_theory()
    simulation()
    sgd()
    bench_feature_learning.main()
    thousand_points()
    whole_runs()


def theory():
    import numpy as np
    from scalefront.models.random_features.theory.loss_curves import loss_curves
    from scalefront.spectra import power_law

    from tests.oracles.time_domain import gradient_descent

    def curve(modes, stop, samples=200.0, points=60):
        spectrum, times = power_law(1.25, 0.4, modes), np.geomspace(0.1, stop, points)
        return median(lambda: loss_curves(spectrum, [100.0], [samples], [0.5], times))

    large = curve(1e8, 1e6)
    print(f"theory, 60 times, M = 1e8, N = 100, P = 200      {large:9.4f} s   wanted < 1 s")
    print(f"  of M = 1e8 to M = 1e4                          {large / curve(1e4, 1e6):9.2f}     wanted < 2")
    print(f"  of t <= 1e12 to t <= 1e6                       {curve(1e8, 1e12) / large:9.2f}     wanted 1")
    print(f"  P = inf (a single integral)                    {curve(1e8, 1e6, np.inf):9.4f} s")
    spectrum = power_law(1.25, 0.4, 60)
    start = time.perf_counter()
    gradient_descent(spectrum, 20, 30, 0.5, 0.1, 300)
    march = time.perf_counter() - start
    contour = median(lambda: loss_curves(spectrum, [20.0], [30.0], [0.5], np.linspace(0.1, 30, 300)))
    print(f"T x T equations, T = 300, M = 60                 {march:9.2f} s")
    print(f"  of them to the contour at the same 300 times   {march / contour:9.0f}     wanted > 100")


def steps_in_theory():
    """Gradient descent at all of 10,000 steps, and one-pass sgd against the direct sum of its Volterra equation."""
    import numpy as np
    from scalefront.models.random_features.filters import Method
    from scalefront.models.random_features.theory.loss_curves import loss_curves
    from scalefront.models.random_features.theory.one_pass import one_pass_curves
    from scalefront.spectra import power_law

    from tests.oracles import volterra
    from tests.oracles.time_domain import gradient_descent

    spectrum, method = power_law(1.25, 0.4, 60), Method("gradient_descent", 0.1)
    start = time.perf_counter()
    gradient_descent(spectrum, 20, 30, 0.5, 0.1, 300)
    march = time.perf_counter() - start
    every = median(lambda: loss_curves(spectrum, [20.0], [30.0], [0.5], np.arange(10_001.0), method), 3)
    few = median(lambda: loss_curves(spectrum, [20.0], [30.0], [0.5], np.arange(301.0), method))
    print(f"gradient descent, all steps to 10,000, M = 60    {every:9.3f} s")
    print(f"  of the T x T equations at T = 300 to all those {march / every:9.1f}     their cost grows as T^3")
    print(f"  of them to the contours at the same 300 steps  {march / few:9.0f}")
    spectrum = power_law(1.25, 0.4, 1000, exact=1000)
    start = time.perf_counter()
    direct = volterra.losses(spectrum, 100, 0.5, 0.3, 8, 5000)
    summed = time.perf_counter() - start
    steps = np.arange(5001.0)
    closed = median(lambda: one_pass_curves(spectrum, [100.0], [0.5], [0.3], [8.0], steps), 3)
    sixty = median(lambda: one_pass_curves(spectrum, [100.0], [0.5], [0.3], [8.0], steps[:: 5000 // 59]))
    worst = np.abs(one_pass_curves(spectrum, [100.0], [0.5], [0.3], [8.0], steps).test_loss[0] / direct - 1).max()
    print(f"Volterra equation summed, T = 5000, M = 1000     {summed:9.3f} s")
    print(f"  its generating function, all 5000 steps        {closed:9.3f} s   largest difference {worst:.1e}")
    print(f"  60 of these steps                              {sixty:9.4f} s")


CURVE = """
import time, numpy as np
from scalefront.models.random_features.simulation import full_batch
from scalefront.randomness import point_key, seed_keys
from scalefront.spectra import power_law
spectrum, times = power_law(1.25, 0.4, 1000, exact=1000), np.geomspace(0.1, 1e4, 60)
def run(seed): full_batch(seed_keys(point_key(0, "0" * 12), [seed]), spectrum, 400, 800, 0.5, times)
run(0)
start = time.perf_counter()
for seed in range(1, 6): run(seed)
print((time.perf_counter() - start) / 5)
"""
STEPS = """
import time, numpy as np, scalefront
from tests.oracles import literal_flow
k = np.arange(1.0, 1001)
drawn = literal_flow.draw(np.random.default_rng(0), k**-1.25, 400, 800, 0.5)
start = time.perf_counter()
literal_flow.steps(drawn, k**-1.25, k**-1.5, 0.5, 10_000)
print(time.perf_counter() - start)
"""


def simulation():
    seconds, peaks = zip(*(measured(program) for program in (CURVE, STEPS)), strict=True)
    print(f"full-batch curve, N = 400, P = 800, M = 1000     {seconds[0]:9.4f} s   peak {peaks[0]:.0f} MiB")
    print(f"  10,000 literal steps on one draw               {seconds[1]:9.3f} s   peak {peaks[1]:.0f} MiB")
    print(f"  of the steps to the curve                      {seconds[1] / seconds[0]:9.0f}     wanted > 20")


NUMPY_SGD = """
import time, numpy as np, scalefront
rng, modes, width, batch, steps = np.random.default_rng(0), 1000, 256, 32, 300
k = np.arange(1.0, modes + 1)
root, projection = k ** (-1.25 / 2), rng.standard_normal((width, modes))
error = np.sqrt(modes * k**-1.5 / k**-1.25)
start = time.perf_counter()
for _ in range(steps):
    features = rng.standard_normal((batch, modes)) * root
    residual = features @ error / np.sqrt(modes) + 0.5 * rng.standard_normal(batch)
    gradient = np.sqrt(modes) / batch * (features.T @ residual)
    error = error - 0.3 * projection.T @ (projection @ gradient) / width
    loss = k**-1.25 @ error**2 / modes
print((time.perf_counter() - start) / steps)
"""
SGD = """
import time, jax, numpy as np
from scalefront.models.random_features import sgd
from scalefront.models.random_features.draws import mode_chunks
from scalefront.numerics import jnp
from scalefront.randomness import point_key, seed_keys
from scalefront.spectra import power_law
spectrum, keys = power_law(1.25, 0.4, {modes}, exact={modes}), seed_keys(point_key(0, "0" * 12), range({seeds}))
drawn = sgd._eigenbases(keys, *map(jnp.asarray, mode_chunks(spectrum)), 256)
settings = [jnp.asarray(value) for value in (0.5, 0.3, {batch}.0)]
def run(steps):
    start = time.perf_counter()
    jax.block_until_ready(sgd._run(keys, *drawn, *settings, jnp.asarray([steps])))
    return time.perf_counter() - start
run(10)
print(sorted(run(1000) for _ in range(3))[1] / 1000 / {seeds})
"""


def sgd():
    """A step of one seed: sums over a batch drawn as such, 32 seeds together, against a numpy loop over M features.

    The decomposition that a seed needs once, which takes longer the more modes there are, is left out.
    """

    def step(modes=1000, batch=32, seeds=32):
        return measured(SGD.format(modes=modes, batch=batch, seeds=seeds))[0]

    literal, here = measured(NUMPY_SGD)[0], step()
    print(f"one-pass sgd, a step, N = 256, B = 32, M = 1000  {here * 1e6:9.2f} us  a seed, 32 seeds together")
    print(f"  of a numpy loop over 1000 features to it       {literal / here:9.1f}     wanted > 20")
    print(f"  of B = 1024 to B = 32                          {step(batch=1024) / here:9.2f}     wanted < 2")
    print(
        f"  of M = 100,000 to M = 1000, 8 seeds            {step(100_000, seeds=8) / step(seeds=8):9.2f}     wanted 1"
    )


def whole_runs():
    """`scalefront run` in an empty folder, with the compiled code of earlier runs and without it, and once more."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"XDG_CACHE_HOME": str(Path(folder) / "cache")}
        command = [*SCALEFRONT, "run", "--cores", "2"]
        for what, wanted in (("the default studies, nothing compiled", 180), ("  a second run", 10)):
            start = time.perf_counter()
            subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
            print(f"{what:48} {time.perf_counter() - start:9.1f} s   wanted < {wanted} s")
        archives(Path(folder), environment)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"  cpu of all of it                               {used.ru_utime + used.ru_stime:9.1f} s")


def archives(folder, environment):
    """Packing the default results, verifying the archive and unpacking it: seconds and bytes."""
    archive = "results/archives/default.tar"
    packed = [*SNAKEMAKE, "archive", "--config", "archive_uncommitted=true"]
    print(f"packing the default results                      {lasted(packed, folder, environment):9.1f} s")
    print(f"  the archive                                    {(folder / archive).stat().st_size / 2**20:9.1f} MiB")
    verified = lasted([*SCALEFRONT, "verify", archive], folder, environment)
    print(f"  verifying it, 20 points computed anew          {verified:9.1f} s")
    unpacked = lasted([*SCALEFRONT, "unpack", archive, "copy"], folder)
    print(f"  unpacking it                                   {unpacked:9.1f} s")


THOUSAND = """
title: A thousand points
model: random_features
seeds: 2
spectrum: {{kind: power_law, capacity: 1.5, source: 0.5, modes: 1000}}
time: {{start: 0.1, stop: 1e4, points: 41}}
sweep:
  width: [32, 64, 96, 128, 160]
  samples: [100, 200, 400, 800, .inf]
  label_noise: {{start: 0.01, stop: 1, points: 40}}
  fan_out: {fan_out}
"""


def thousand_points():
    """A study of 1000 points, simulated and solved on two cores: what is not the shards' own compute."""
    with tempfile.TemporaryDirectory() as name:
        folder, environment = Path(name), os.environ | {"XDG_CACHE_HOME": str(Path(name) / "cache")}
        for fan_out, points in (("[width, samples, label_noise]", 1), ("[width, samples]", 40)):
            (folder / "thousand.yaml").write_text(THOUSAND.format(fan_out=fan_out))
            command = [*SNAKEMAKE, "--config", "studies=thousand.yaml"]
            planned = lasted([*command, "--dry-run", "--quiet", "all"], folder, environment)
            print(f"1000 points, planning {2000 // points:4} shards of {points:2} points   {planned:9.1f} s")
        whole = lasted(command, folder, environment)
        logs = [path.read_text() for path in (folder / "results" / "logs").glob("*/thousand/*.log")]
        own = sum(float(re.search(r"done in ([\d.]+) s", text)[1]) for text in logs)
        print(f"  running it on two cores                        {whole:9.1f} s")
        print(f"  share of two cores that is not compute         {1 - own / 2 / whole:9.2f}")
        print(f"  a second run                                   {lasted(command, folder, environment):9.1f} s")


if __name__ == "__main__":
    main()
