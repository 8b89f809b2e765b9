"""What all tests share: warnings of other people's import machinery stay out, threads are capped."""

import scalefront  # noqa: F401  (caps the threads of BLAS before numpy is imported)
