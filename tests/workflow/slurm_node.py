"""A Slurm of one node on the loopback interface: three daemons, started for the tests and ended by their process ids.

It keeps no accounts (slurmdbd), so that states come from squeue, and enforces no memory or time.
"""

import fcntl
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo", "setpriv")
PLUGINS = ("slurm", "slurm_jobstep", "cluster_generic")
CONFIGURATION = Path("/etc/slurm/slurm.conf")  # srun inside of a job looks nowhere else
LOCK = Path(tempfile.gettempdir()) / "scalefront-slurm.lock"
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"}

SETTINGS = """\
ClusterName=scratch
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_interval=1,sched_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
OverTimeLimit=UNLIMITED
MinJobAge=3600
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=16000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=60 State=UP
"""


def missing():
    """Why no Slurm can be started here; empty where one can."""
    if os.geteuid() != 0:
        return "only root starts one"
    programs = [program for program in PROGRAMS if shutil.which(program) is None]
    if programs:
        return f"no {', '.join(programs)} (apt-get install slurm-wlm munge)"
    plugins = [name for name in PLUGINS if importlib.util.find_spec(f"snakemake_executor_plugin_{name}") is None]
    if plugins:
        return f"no Snakemake plugin {', '.join(plugins)}"
    if not CONFIGURATION.parent.is_dir():
        return f"no folder {CONFIGURATION.parent}"
    return f"{CONFIGURATION} is that of another Slurm" if CONFIGURATION.exists() else ""


@contextmanager
def alone():
    """One Slurm at a time, whatever else runs tests here."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running_slurm():
    """A Slurm of two cores; yields the folder of its logs. Nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="scalefront-slurm-"))
    folder.chmod(0o755)  # munged refuses a socket in a closed folder, and a key in an open one
    daemons, before = [], CONFIGURATION.readlink() if CONFIGURATION.is_symlink() else None
    try:
        _write_settings(folder)
        CONFIGURATION.unlink(missing_ok=True)  # a link to nothing, or `missing` would have told
        CONFIGURATION.symlink_to(folder / "slurm.conf")
        for command, ready in _daemons(folder):
            daemons.append(_start(command, folder))
            _wait_for(ready, daemons[-1], folder)
        yield folder
    finally:
        if len(daemons) == 3:
            _cancel_all()
        for daemon in reversed(daemons):
            _end(daemon)
        CONFIGURATION.unlink(missing_ok=True)
        if before is not None:
            CONFIGURATION.symlink_to(before)
        shutil.rmtree(folder, ignore_errors=True)


def jobs(states="all"):
    """Rows of all jobs, oldest first: (id, state, comment, memory, minutes)."""
    found = _told("squeue", "--noheader", f"--states={states}", "--sort=i", "--format=%A|%T|%k|%m|%l")
    return [tuple(line.strip().split("|")) for line in found.splitlines() if line.strip()]


def cancel(job):
    subprocess.run(["scancel", job], check=True, timeout=60)


def scripts(name, folder):
    """Job -> process id of each script ``name`` of a rule that runs in ``folder`` right now."""
    found = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                words = (process / "cmdline").read_bytes().decode().split("\0")
                entries = (process / "environ").read_bytes().decode(errors="replace").split("\0")
                here = (process / "cwd").readlink() == folder
            except (OSError, UnicodeDecodeError):
                continue
            settings = dict(entry.split("=", 1) for entry in entries if "=" in entry)
            is_script = "python" in words[0] and any(word.endswith(f".{name}.py") for word in words[1:])
            if here and is_script and "SLURM_JOB_ID" in settings:
                found[settings["SLURM_JOB_ID"]] = int(process.name)
    return found


def environment():
    """That of this process without what a surrounding Slurm or the test runner has set."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_", "PYTEST"))}


def _write_settings(folder):
    for name, mode in (("run", 0o755), ("key", 0o700), ("state", 0o755), ("spool", 0o755), ("log", 0o755)):
        (folder / name).mkdir(mode=mode)
    key = folder / "key" / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("127.0.0.1", 0))
        ports = dict(zip(("controller_port", "node_port"), (s.getsockname()[1] for s in (first, second)), strict=True))
    host = socket.gethostname().split(".")[0]
    (folder / "slurm.conf").write_text(SETTINGS.format(host=host, folder=folder, **ports))


def _daemons(folder):
    """(command, whether it is up) of each daemon, in their order; all stay in the foreground."""
    keys = [f"--key-file={folder}/key/munge.key", f"--seed-file={folder}/key/seed"]
    files = [f"--socket={folder}/run/munge.sock", f"--pid-file={folder}/run/munged.pid"]
    yield ["munged", "--foreground", *keys, *files], (folder / "run" / "munge.sock").exists
    yield ["slurmctld", "-D", "-c"], lambda: "UP" in _told("scontrol", "ping")
    yield ["slurmd", "-D"], lambda: _told("sinfo", "--noheader", "--format=%T").strip() == "idle"


def _start(command, folder):
    """The process; the kernel ends it with the tests, too, should they be killed."""
    command = ["setpriv", "--pdeathsig", "TERM", *command]
    with (folder / "log" / f"{command[3]}.out").open("w") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment(), cwd=folder)


def _wait_for(ready, daemon, folder, seconds=120):
    until = time.monotonic() + seconds
    while not ready():
        if daemon.poll() is not None or time.monotonic() > until:
            logs = [f"{path.name}: {path.read_text()[-500:]}" for path in sorted((folder / "log").iterdir())]
            raise RuntimeError(f"{daemon.args[3]} did not come up\n" + "\n".join(logs))
        time.sleep(0.2)


def _cancel_all(seconds=60):
    """Cancel every job and wait for their processes to end, which would outlive the daemons."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        waiting = [job for job, state, *_ in jobs() if state not in ENDED]
        if not waiting:
            return
        subprocess.run(["scancel", *waiting], check=False, timeout=60)
        time.sleep(0.5)


def _end(daemon):
    daemon.terminate()
    try:
        daemon.wait(timeout=30)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _told(*command):
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60, check=False)
    return done.stdout
