"""Archives of finished studies: packed into one tar, verified from it alone, unpacked into a working copy.

An archive is a working copy in a tar: the code at its commit, the studies, their results, and beside this science a
record of how it came about (logs, Snakemake's records, the environment, a Workflow Run RO-Crate). docs/archive.md has
the layout.
"""
