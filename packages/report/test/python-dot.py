"""Reads a JSON list of records from each line. Writes the DOT graph that OSProfiler's command creates, as JSON."""

import json
import sys

from osprofiler.cmd import commands
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
    graph = commands.TraceCommands()._create_dot_graph(driver._parse_results())
    print(json.dumps(graph.source), flush=True)
