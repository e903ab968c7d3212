"""Records points with Python's profiler and a driver that counts: answers {"count"} with {"ns"} of CPU time."""

import json
import sys
import time

from osprofiler import notifier
from osprofiler import profiler
from osprofiler.drivers import base


class Count(base.Driver):
    """A store that counts. Python has no queue, so a point calls its driver directly."""

    records = 0

    def notify(self, info, **kwargs):
        self.records += 1


driver = Count("count://")
notifier.set(lambda info, context=None: driver.notify(info))
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
    count = json.loads(line)["count"]
    before, records = time.process_time_ns(), driver.records
    task(count)
    ns = time.process_time_ns() - before
    assert driver.records - records == 2 * count, driver.records
    print(json.dumps({"ns": ns}), flush=True)
