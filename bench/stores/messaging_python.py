"""OSProfiler's own messaging driver, which uses the broker that its connection string names."""

from osprofiler.drivers import messaging


class Messaging(messaging.Messaging):
    def __init__(self, url, **kwargs):
        # Current versions of oslo.messaging reject the driver's default context, None.
        super().__init__("messaging://", transport_url=url.replace("messaging:", "rabbit:"), context={}, **kwargs)
