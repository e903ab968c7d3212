"""Calls and serves over oslo.messaging as OpenStack's services do, with their serializer of a profiled context.

    oslo_rpc.py serve URL TOPIC    serves TOPIC until its input ends; prints {"serving": true} first
    oslo_rpc.py call URL TOPIC     each line of input, [base_id, method, args], is a call; prints {"result": ...}

What its notifier is told is printed, too: {"record": ...}.
"""

import json
import os
import sys

from oslo_config import cfg
import oslo_messaging
from osprofiler import notifier
from osprofiler import profiler

KEY = "SECRET_KEY"


def tell(**line):
    print(json.dumps(line), flush=True)


class ProfilerContextSerializer(oslo_messaging.NoOpSerializer):
    """As nova.rpc.ProfilerRequestContextSerializer, and its likes in Cinder, Neutron, Heat."""

    def serialize_context(self, context):
        context = dict(context)
        prof = profiler.get()
        if prof:
            context["trace_info"] = {
                "hmac_key": prof.hmac_key,
                "base_id": prof.get_base_id(),
                "parent_id": prof.get_id(),
            }
        return context

    def deserialize_context(self, context):
        profiler.clean()
        trace_info = context.pop("trace_info", None)
        if trace_info:
            profiler.init(**trace_info)
        return context


@profiler.trace_cls("rpc")
class Manager:
    def add(self, context, a, b):
        tell(context=sorted(context))
        return a + b

    def fail(self, context):
        raise ValueError("not today")


def serve(transport, topic):
    target = oslo_messaging.Target(topic=topic, server="python")
    server = oslo_messaging.get_rpc_server(
        transport, target, [Manager()], executor="threading", serializer=ProfilerContextSerializer())
    server.start()
    tell(serving=True)
    sys.stdin.read()


def call(transport, topic):
    # Until 14.1 it is made by its class.
    make = getattr(oslo_messaging, "get_rpc_client", oslo_messaging.RPCClient)
    client = make(transport, oslo_messaging.Target(topic=topic), timeout=20, serializer=ProfilerContextSerializer())
    for line in sys.stdin:
        base_id, key, method, args = json.loads(line)
        profiler.clean()
        if base_id:
            profiler.init(key, base_id=base_id)
        try:
            with profiler.Trace("caller"):
                tell(result=client.call({"user": "alice"}, method, **args))
        except Exception as error:
            tell(error=str(error).split("\n")[0])


notifier.set(lambda payload, context=None: tell(record=payload))
conf = cfg.CONF
conf([])
transport = oslo_messaging.get_rpc_transport(conf, url=sys.argv[2])
{"serve": serve, "call": call}[sys.argv[1]](transport, sys.argv[3])
# At once: its threads would first wait for their connections.
os._exit(0)
