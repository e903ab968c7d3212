"""OSProfiler's own messaging driver, on the broker that its connection string names."""

from osprofiler.drivers import messaging


class Messaging(messaging.Messaging):
    def __init__(self, url, **kwargs):
        # Its default context, None, is an error to current versions of oslo.messaging.
        super().__init__("messaging://", transport_url=url.replace("messaging:", "rabbit:"), context={}, **kwargs)
