"""OSProfiler's own driver for Log Insight, with the HTTP and HTTPS ports at the end of its connection string."""

import urllib3

from osprofiler.drivers import loginsight

# The driver does not verify certificates, so each request would cause a warning.
urllib3.disable_warnings()


class LogInsight(loginsight.LogInsightDriver):
    def __init__(self, url, **kwargs):
        place, ports = url.rsplit("@", 1)
        http, https = ports.split(",")
        loginsight.LogInsightClient.__init__.__defaults__ = (int(http), int(https), 60000)
        super().__init__(f"{place}@127.0.0.1", **kwargs)
