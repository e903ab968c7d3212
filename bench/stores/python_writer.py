"""Writes records to a server with one of OSProfiler's own drivers: python_writer.py CLASS URL."""

import datetime
import importlib
import json
import sys
import time
import uuid

from oslo_config import cfg

from osprofiler import opts

POINTS_PER_TRACE = 10

opts.set_defaults(cfg.CONF)
module, name = sys.argv[1].rsplit(".", 1)
driver = getattr(importlib.import_module(module), name)(sys.argv[2], project="node", service="orders", host="shop-7")


def create_records(count):
    """Creates the same records as ../store/records.js."""
    records = []
    for index in range(count // 2):
        if index % POINTS_PER_TRACE == 0:
            base_id = str(uuid.uuid4())
        timestamp = datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%S.%f")
        common = {"base_id": base_id, "parent_id": base_id, "trace_id": str(uuid.uuid4()), "timestamp": timestamp,
                  "project": "node", "service": "orders"}
        db = {"statement": "SELECT id, state, total FROM orders WHERE customer = ? AND state = ?",
              "params": '[42,"paid"]'}
        records.append(dict(common, name="db-start", info={"db": db, "host": "shop-7"}))
        records.append(dict(common, name="db-stop", info={"host": "shop-7"}))
    return records


for line in sys.stdin:
    records = create_records(json.loads(line)["count"])
    driver.notify(records[0])
    cpu = time.process_time()
    start = time.perf_counter()
    for record in records:
        driver.notify(record)
    seconds = time.perf_counter() - start
    cpu = time.process_time() - cpu
    print(json.dumps({"perSecond": len(records) / seconds, "perCpuSecond": len(records) / cpu}), flush=True)
