"""Writes each record, a line of the input, with OSProfiler's own SQL driver: sql_store.py CONNECTION_STRING HOST."""

import json
import sys

from osprofiler.drivers.sqlalchemy_driver import SQLAlchemyDriver

driver = SQLAlchemyDriver(sys.argv[1], host=sys.argv[2] or None)
for line in sys.stdin:
    driver.notify(json.loads(line))
