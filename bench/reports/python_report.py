"""Creates a report with Python: `python_report.py RECORDS.jsonl OUT.json dumps|dump`.

Collects the records as the drivers do (redis_driver.py's get_report). Writes them
as the command does (dumps: one string, which is then written), or piece by piece
(json.dump()). Reports its usage to file descriptor 3.
"""

import json
import os
import re
import sys
import time

from osprofiler.drivers import base

LAYOUT = {"separators": (",", ": "), "indent": 2}


def read_report(path):
    driver = base.Driver("")
    with open(path) as lines:
        for line in lines:
            n = json.loads(line)
            driver._append_results(
                n["trace_id"], n["parent_id"], n["name"], n["project"],
                n["service"], n["info"]["host"], n["timestamp"], n)
    return driver._parse_results()


_, records, out, way = sys.argv
report = read_report(records)
with open(out, "w+") as output:
    if way == "dumps":
        output.write(json.dumps(report, **LAYOUT))
    else:
        json.dump(report, output, **LAYOUT)

with open("/proc/self/status") as status:
    kilobytes = re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)
use = {"cpuMs": time.process_time() * 1000, "peak": int(kilobytes) / 1000}
os.write(3, json.dumps(use).encode())
# Without this exit, the time that Python takes to free its memory would count.
os._exit(0)
