"""Faults that take a while, or a process of their own: each row of the fault matrix says what came of it.

    python -m benchmarks.soak [--seed 1] [--rows 10,13,…] [--turns 10000]

The numbers are those of `docs/faults.md`; rows that need no more than a moment are tests there. A row that fails is
printed with its seed. The crash test is a program of its own: `python -m benchmarks.crash`.
"""
