"""The life of a run: where the package is, how Ctrl-C ends it, and what a killed one has left."""

import os
import sys
from pathlib import Path

ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=False)).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from scalefront import command_line, lifeline, stopping
from scalefront.jobs import import_from

import_from(ROOT / "workflow")
if workflow.is_main_process and workflow.modifier.is_main_snakefile():
    stopping.end_on_ctrl_c()
    shell.prefix(f"set -euo pipefail; {stopping.IGNORE} ")
    lifeline.release_locks()


onstart:
    lifeline.begin(getattr(workflow.persistence, "_lockfile", {}).values())
    command_line.note(command_line.current(sys.argv), workflow.workdir_init)


onerror:
    if stopping.was_asked():
        from scalefront.kept import kept_shards
        from scalefront.screen import stopped

        asked = [name for name in STUDIES if name in sys.argv] or CHOSEN
        if command_line.COMMAND not in os.environ:
            print(stopped(*kept_shards([STUDIES[name] for name in asked], ROOT)), file=sys.stderr)
        sys.exit(stopping.INTERRUPTED)
