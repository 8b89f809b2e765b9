#!/bin/sh
# State of the Slurm job $1, as snakemake-executor-plugin-cluster-generic asks: one of running, success, failed.
# squeue remembers a finished job for MinJobAge; sacct is asked for an older one, where the cluster keeps accounts.
state=$(squeue --noheader --states=all --format=%T --jobs="$1" 2>/dev/null | head -n 1)
if [ -z "$state" ]; then
    state=$(sacct --noheader --allocations --parsable2 --format=State --jobs="$1" 2>/dev/null | head -n 1)
fi
case "$state" in
    COMPLETED) echo success ;;
    BOOT_FAIL | CANCELLED* | DEADLINE | FAILED | NODE_FAIL | OUT_OF_MEMORY | PREEMPTED | REVOKED | TIMEOUT) echo failed ;;
    *) echo running ;; # pending, starting, ending, or a scheduler that does not answer just now
esac
