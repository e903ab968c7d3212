"""OSProfiler's own driver of Log Insight, at the ports (of HTTP and of HTTPS) that its connection string ends in."""

import urllib3

from osprofiler.drivers import loginsight

# It verifies no certificate, and is warned of that at each request.
urllib3.disable_warnings()


class LogInsight(loginsight.LogInsightDriver):
    def __init__(self, url, **kwargs):
        place, ports = url.rsplit("@", 1)
        http, https = ports.split(",")
        loginsight.LogInsightClient.__init__.__defaults__ = (int(http), int(https), 60000)
        super().__init__(f"{place}@127.0.0.1", **kwargs)
