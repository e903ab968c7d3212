"""Writes each record, a line of the input, with OSProfiler's own Redis driver: redis_store.py CONNECTION_STRING."""

import json
import sys

from oslo_config import cfg

from osprofiler import opts
from osprofiler.drivers.redis_driver import Redis

opts.set_defaults(cfg.CONF)
cfg.CONF.set_override("filter_error_trace", "filter" in sys.argv, "profiler")
for line in sys.stdin:
    record = json.loads(line)
    driver = Redis(sys.argv[1], project=record["project"], service=record["service"])
    driver.notify(record)
