"""Reads a JSON list of records a line and answers with the report that OSProfiler's drivers make of them."""

import json
import sys

from osprofiler.drivers import base

for line in sys.stdin:
    driver = base.Driver("test://")
    for record in json.loads(line):
        driver._append_results(
            record["trace_id"],
            record["parent_id"],
            record["name"],
            record["project"],
            record["service"],
            record["info"].get("host"),
            record["timestamp"],
            record,
        )
    print(json.dumps(driver._parse_results()), flush=True)
