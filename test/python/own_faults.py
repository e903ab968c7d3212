"""Prints faults of Python's OSProfiler that appear in mixed traces, and the effect of their remedies, as JSON."""

import json
import threading

import webob
import webob.dec

from osprofiler import notifier, profiler, web

records = []
notifier.set(records.append)


def taken():
    points = [[r["name"], r["base_id"][:4], r["trace_id"], r["parent_id"]] for r in records]
    records.clear()
    return points


def call_that_raises(stops):
    """Traces a request in which an outgoing request raises, followed by a query."""
    try:
        import requests

        from osprofiler import requests as hook
    except ImportError:
        return None
    hook.enable()
    profiler.init("KEY")
    with profiler.Trace("wsgi"):
        try:
            requests.get("http://127.0.0.1:1/")
        except requests.RequestException as error:
            if stops:
                profiler.stop({"etype": type(error).__name__, "message": str(error)})
        with profiler.Trace("db"):
            pass
    profiler.clean()
    return [name for name, *_ in taken()]


def serve_two_traces(cleans):
    """Serves calls of two traces in sequence, in one thread of an RPC server."""

    def serve():
        for base_id in ("aaaa", "bbbb"):
            if cleans:
                profiler.clean()
            profiler.init("KEY", base_id=base_id, parent_id=base_id)
            with profiler.Trace("rpc"):
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    return [base_id for name, base_id, *_ in taken() if name == "rpc-start"]


def answer_to(hmac):
    application = webob.dec.wsgify(lambda request: webob.Response("ok"))
    middleware = web.WsgiMiddleware(application, hmac_keys="KEY", enabled=True)
    request = webob.Request.blank("/", headers={"X-Trace-Info": "e30="})
    request.environ["HTTP_X_TRACE_HMAC"] = hmac
    try:
        return request.get_response(middleware).status
    except TypeError as error:
        return str(error)


print(
    json.dumps(
        {
            "raises": call_that_raises(False),
            "raisesAndStops": call_that_raises(True),
            "threadKeeps": serve_two_traces(False),
            "threadCleans": serve_two_traces(True),
            "ascii": answer_to("0" * 40),
            "beyondAscii": answer_to("0" * 39 + "\xff"),
        }
    )
)
