"""OSProfiler's own messaging driver, with the broker of its connection string."""

from osprofiler.drivers import messaging


class Messaging(messaging.Messaging):
    def __init__(self, url, **kwargs):
        # Current versions of oslo.messaging reject its default context, None.
        super().__init__("messaging://", transport_url=url.replace("messaging:", "rabbit:"), context={}, **kwargs)
