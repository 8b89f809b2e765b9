"""Snakemake's progress as `make run` shows it: one line a finished shard, Snakemake's own log in a named file."""

import logging
import os
import sys
import time
from pathlib import Path

from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

SHOWN = ("export", "measure", "simulate", "solve", "judge")
# a failed job was named already, with its log
REPEATED = ("RuleException", "CalledProcessError", "At least one job")
SILENT = (LogEvent.PROGRESS, LogEvent.DEBUG_DAG, LogEvent.RULEGRAPH, LogEvent.RESOURCES_INFO)


class LogHandler(LogHandlerBase):
    """Prints ``[done/all m:ss] rule study shard`` and errors; writes everything to the file $SCALEFRONT_LOG."""

    def __post_init__(self):
        self.start = time.monotonic()
        self.jobs, self.done, self.total, self.drawn = {}, 0, 0, False
        self.formatter = DefaultFormatter(quiet=set(), show_failed_logs=False)
        path = os.environ.get("SCALEFRONT_LOG")
        self.file = Path(path).open("a", encoding="utf-8", buffering=1) if path else None  # noqa: SIM115

    def emit(self, record):
        event = getattr(record, "event", None)
        self._keep(record, event)
        # a job that ends now has not failed; one that Ctrl-C reaches itself may end before this process is told
        if _is_stopping(within=0.1 if event == LogEvent.JOB_ERROR else 0.0):
            return
        if event == LogEvent.RUN_INFO:
            self.total = getattr(record, "stats", {}).get("total", 0)
        elif event == LogEvent.JOB_INFO:
            self.jobs[record.jobid] = record.rule_name, dict(record.wildcards or {}), list(record.output or [])
        elif event == LogEvent.JOB_FINISHED:
            self._finished(*self.jobs.get(record.job_id, ("", {}, [])))
        elif event == LogEvent.JOB_ERROR:
            place = ", ".join(map(str, getattr(record, "log", None) or [])) or os.environ.get("SCALEFRONT_LOG", "")
            self._say(f"failed: {self._job(*self.jobs.get(record.jobid, ('', {}, []))[:2])}; see {place}")
        elif record.levelno >= logging.ERROR and not any(known in str(record.msg) for known in REPEATED):
            self._say(self.formatter.format(record).strip())

    def _finished(self, rule, wildcards, output):
        self.done += 1
        if rule in SHOWN:
            self._say(self._job(rule, wildcards), progress=True)
        elif rule == "draw" and not self.drawn:
            self.drawn = True
            self._say(f"first figure: {output[-1]}", progress=True)

    def _job(self, rule, wildcards):
        return " ".join([rule, *map(str, wildcards.values())])

    def _say(self, text, progress=False):
        elapsed = int(time.monotonic() - self.start)
        head = f"[{self.done}/{self.total} {elapsed // 60}:{elapsed % 60:02d}] " if progress else ""
        print(head + text, file=sys.stderr, flush=True)  # noqa: T201

    def _keep(self, record, event):
        if self.file is None or event in SILENT:
            return
        text = self.formatter.format(record)
        if text and text != "None":
            self.file.write(text.rstrip("\n") + "\n")

    def close(self):
        if self.file is not None:
            self.file.close()
            self.file = None
        super().close()

    @property
    def writes_to_stream(self):
        return True

    @property
    def writes_to_file(self):
        return False

    @property
    def has_filter(self):
        return True

    @property
    def has_formatter(self):
        return True

    @property
    def needs_rulegraph(self):
        return False


def _is_stopping(within):
    """Whether Ctrl-C is pressed ``within`` seconds; the workflow imports the package, of its own checkout, later."""
    was_asked = getattr(sys.modules.get("scalefront.stopping"), "was_asked", None)  # None, too, while it is imported
    return was_asked is not None and was_asked(within)
