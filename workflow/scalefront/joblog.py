"""The log of one job: how long it took, or why it failed."""

import logging
import time
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def job_log(path):
    """Send the package's logging to ``path`` while a job runs, with its duration or the traceback of its failure."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=path, filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    logger, start = logging.getLogger("scalefront"), time.perf_counter()
    try:
        yield logger
    except BaseException:
        logger.exception("failed after %.2f s", time.perf_counter() - start)
        raise
    logger.info("done in %.2f s", time.perf_counter() - start)
