"""What all tests share: one thread."""

import scalefront  # noqa: F401  (caps the threads of BLAS before numpy is imported)
