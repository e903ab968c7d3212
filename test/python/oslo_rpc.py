"""Makes and serves oslo.messaging calls like OpenStack's services, with their serializer for the profiler's context.

    oslo_rpc.py serve URL TOPIC EXCHANGE    serves TOPIC as the server "python" until the input ends; prints {"serving": true}
    oslo_rpc.py call URL TOPIC EXCHANGE     each line of input is a call; prints {"result": ...} or {"error": ..., "type": ...}

A line of input is {"method", "args"}. "base_id" and "key" make a call traced, "target" has the arguments of prepare(), and "cast"
makes it a cast. Records are printed, too: {"record": ...}. The URL's query contains options of oslo.messaging.
"""

import json
import os
import sys
import threading
import time

from oslo_config import cfg
import oslo_messaging
from osprofiler import notifier
from osprofiler import profiler

KEY = "SECRET_KEY"
lock = threading.Lock()


def tell(**line):
    with lock:
        print(json.dumps(line), flush=True)


class ProfilerContextSerializer(oslo_messaging.NoOpSerializer):
    """Like nova.rpc.ProfilerRequestContextSerializer and similar classes in Cinder, Neutron and Heat."""

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

    def echo(self, context, value):
        return value

    def fail(self, context):
        raise ValueError("not today")

    def slow(self, context, seconds):
        time.sleep(seconds)
        return "done"

    def note(self, context, text):
        tell(noted=text)


@profiler.trace_cls("rpc")
class Control:
    target = oslo_messaging.Target(namespace="control", version="2.3")

    def stop(self, context, force):
        return ["stopped", force]


def serve(transport, topic):
    target = oslo_messaging.Target(topic=topic, server="python")
    server = oslo_messaging.get_rpc_server(
        transport, target, [Manager(), Control()], executor="threading", serializer=ProfilerContextSerializer())
    server.start()
    tell(serving=True)
    sys.stdin.read()


def call(transport, topic):
    # Up to version 14.1, the class itself creates the client.
    make = getattr(oslo_messaging, "get_rpc_client", oslo_messaging.RPCClient)
    client = make(transport, oslo_messaging.Target(topic=topic), timeout=20, serializer=ProfilerContextSerializer())
    for line in sys.stdin:
        what = json.loads(line)
        profiler.clean()
        if what.get("base_id"):
            profiler.init(what["key"], base_id=what["base_id"])
        try:
            with profiler.Trace("caller"):
                prepared = client.prepare(**what.get("target", {}))
                send = prepared.cast if what.get("cast") else prepared.call
                tell(result=send({"user": "alice"}, what["method"], **what.get("args", {})))
        except Exception as error:
            tell(error=str(error).split("\n")[0], type=type(error).__name__)


notifier.set(lambda payload, context=None: tell(record=payload))
conf = cfg.CONF
conf([])
oslo_messaging.set_transport_defaults(control_exchange=sys.argv[4])
transport = oslo_messaging.get_rpc_transport(conf, url=sys.argv[2], **(
    {"allowed_remote_exmods": ["builtins"]} if "call" in sys.argv[1] else {}))
{"serve": serve, "call": call}[sys.argv[1]](transport, sys.argv[3])
# Exits immediately, because the threads would otherwise wait for their connections.
os._exit(0)
