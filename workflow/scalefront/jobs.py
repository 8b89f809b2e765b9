"""What every job shares: the package that it imports, and its log."""

import logging
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from scalefront.errors import StudyError
from scalefront.lifeline import RunEndedError, require_run

INTERRUPTED = 130  # exit code of a process that Ctrl-C ended


def import_from(folder):
    """Let the processes that run scripts import the package from ``folder``, whatever else is installed.

    Without it, a checkout would run the code of another one that its environment happens to hold.
    """
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != str(folder)]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *others])


@contextmanager
def job_log(path):
    """Send the package's logging to ``path`` while a job runs, with its duration or the traceback of its failure.

    Snakemake names the log of a job that failed; the screen keeps free of tracebacks. The log is a new file: what the
    orphan of a killed run still says goes into its own, and one that comes this far later ends here.
    """
    try:
        require_run(path)
    except RunEndedError:
        sys.exit(1)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).unlink(missing_ok=True)
    logging.basicConfig(
        filename=path, filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    logger, start = logging.getLogger("scalefront"), time.perf_counter()
    try:
        yield logger
    except StudyError as problem:
        logger.error("%s", problem)
        sys.exit(f"scalefront: {problem}")
    except RunEndedError as problem:
        logger.warning("%s", problem)
        sys.exit(1)
    except KeyboardInterrupt:
        logger.info("stopped after %.2f s", time.perf_counter() - start)
        sys.exit(INTERRUPTED)
    except Exception:
        logger.exception("failed after %.2f s", time.perf_counter() - start)
        sys.exit(1)
    logger.info("done in %.2f s", time.perf_counter() - start)
