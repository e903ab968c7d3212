"""Reads and writes lines of JSON with Python's json: answers {"count"} with {"ns"} of CPU time."""

import json
import sys
import time

work, lines = sys.argv[1], json.loads(sys.argv[2])
if work == "dumps":
    do, items = json.dumps, [json.loads(line) for line in lines]
else:
    do, items = json.loads, lines

for request in sys.stdin:
    count = json.loads(request)["count"]
    before = time.process_time_ns()
    for i in range(count):
        do(items[i % len(items)])
    print(json.dumps({"ns": time.process_time_ns() - before}), flush=True)
