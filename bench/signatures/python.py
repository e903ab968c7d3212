"""Signs and verifies with Python's OSProfiler: answers {"count"} with {"ns"} of CPU time."""

import json
import sys
import time
import uuid

from osprofiler import _utils

KEY = "SECRET_KEY"
TRACES = [
    {"base_id": str(uuid.uuid4()), "parent_id": str(uuid.uuid4())}
    for _ in range(1024)
]
HEADERS = [_utils.signed_pack(trace, KEY) for trace in TRACES]


def sign(count):
    for i in range(count):
        _utils.signed_pack(TRACES[i % 1024], KEY)


def verify(count):
    for i in range(count):
        info, hmac = HEADERS[i % 1024]
        _utils.signed_unpack(info, hmac, [KEY])


task = {"sign": sign, "verify": verify}[sys.argv[1]]

for line in sys.stdin:
    before = time.process_time_ns()
    task(json.loads(line)["count"])
    print(json.dumps({"ns": time.process_time_ns() - before}), flush=True)
