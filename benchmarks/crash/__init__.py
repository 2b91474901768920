"""SIGKILL at named points, a thousand times: nothing that was told is lost, doubled or out of order.

    python -m benchmarks.crash --kills 1000 --seed 1 [--platform discord|slack] [--jobs 2] [--traces FOLDER]

The loopback platform and a loopback engine live here; the bot is a process of its own, `python -m bots discord` or
`slack`, that is killed at a fault point (`core/faults.py`), started again on its database, and so on. After each start
the database and what the platform shows are compared. A failure is printed with its seed and step, and what led to it
is kept in the folder for traces.
"""
