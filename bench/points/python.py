"""Points of Python's profiler with a notifier that does nothing: answers {"count"} with {"ns"} of CPU time."""

import json
import sys
import time

from osprofiler import notifier
from osprofiler import profiler

notifier.set(lambda *args, **kwargs: None)
profiler.init("SECRET_KEY")

INFO = {"db": {"statement": "SELECT name FROM products WHERE id = $1", "params": "42"}}


def work(value):
    return value


@profiler.trace("point")
def traced_work(value):
    return value


def start_stop(count):
    for _ in range(count):
        profiler.start("point")
        profiler.stop()


def block(count):
    for i in range(count):
        with profiler.Trace("point"):
            work(i)


def block_info(count):
    for i in range(count):
        with profiler.Trace("point", info=INFO):
            work(i)


def trace(count):
    for i in range(count):
        traced_work(i)


task = {"startStop": start_stop, "block": block, "blockInfo": block_info, "trace": trace}[sys.argv[1]]

for line in sys.stdin:
    before = time.process_time_ns()
    task(json.loads(line)["count"])
    print(json.dumps({"ns": time.process_time_ns() - before}), flush=True)
