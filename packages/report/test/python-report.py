"""Reads a JSON list of records from each line. Writes the report that OSProfiler's drivers build, as JSON."""

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
