"""JAX as this project uses it: import ``jax`` and ``jnp`` from here.

Double precision, strict promotion of ranks and types, one thread, compiled code kept between runs.
"""

import getpass
import os
import platform
import re
import tempfile
from pathlib import Path


def _compilation_cache():
    """A folder per user and CPU model: compiled code of one CPU may not run on another."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path(tempfile.gettempdir()) / f"cache-{getpass.getuser()}")
    return root / "scalefront" / f"jax-{_cpu_model()}"


def _cpu_model():
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        text = ""
    found = re.search(r"model name\s*:\s*(.+)", text)
    name = found.group(1) if found else platform.processor() or platform.machine()
    return re.sub(r"\W+", "-", name).strip("-").lower() or "unknown"


os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_compilation_cache()))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)

__all__ = ["jax", "jnp"]
