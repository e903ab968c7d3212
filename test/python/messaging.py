"""Uses oslo.messaging and OSProfiler's own messaging driver on a broker.

    messaging.py notify URL         sends each line of input, a record, with Python's driver
    messaging.py listen URL COUNT   prints COUNT notifications that oslo.messaging's own listener receives
"""

import json
import sys
import threading

from oslo_config import cfg
import oslo_messaging
from osprofiler.drivers.messaging import Messaging

command, url = sys.argv[1:3]


class Endpoint(object):
    def __init__(self, count):
        self.left = count
        self.done = threading.Event()
        self.lock = threading.Lock()

    def info(self, context, publisher_id, event_type, payload, metadata):
        # Several threads may call this method at the same time.
        with self.lock:
            print(json.dumps({"context": context, "publisher_id": publisher_id, "event_type": event_type,
                              "payload": payload, "metadata": metadata}), flush=True)
            self.left -= 1
            if self.left == 0:
                self.done.set()


if command == "notify":
    for line in sys.stdin:
        record = json.loads(line)
        driver = Messaging("messaging://", project=record["project"], service=record["service"],
                           host=record["info"]["host"], context={}, conf=cfg.ConfigOpts(), transport_url=url)
        driver.notify(record)

if command == "listen":
    transport = oslo_messaging.get_notification_transport(cfg.ConfigOpts(), url=url)
    endpoint = Endpoint(int(sys.argv[3]))
    listener = oslo_messaging.get_notification_listener(
        transport, [oslo_messaging.Target(topic="profiler")], [endpoint], executor="threading")
    listener.start()
    endpoint.done.wait(20)
    listener.stop()
    listener.wait()
