"""A service with OSProfiler's own middleware. Prints its port, and exits when its standard input ends.

/records   returns all records so far (never traced)
/call?url= calls that URL with the headers of the trace, from within a point named "call"
/...       returns the headers that it would send to another service
"""

import json
import os
import socketserver
import sys
import threading
import urllib.parse
import urllib.request
from wsgiref import simple_server

from osprofiler import notifier
from osprofiler import profiler
from osprofiler import web

RECORDS = []


def service(environ, start_response):
    if environ["PATH_INFO"] == "/call":
        url = urllib.parse.parse_qs(environ["QUERY_STRING"])["url"][0]
        with profiler.Trace("call"):
            request = urllib.request.Request(url, headers=web.get_trace_id_headers())
            with urllib.request.urlopen(request, timeout=20) as response:
                body = response.read()
    else:
        body = json.dumps(web.get_trace_id_headers(), default=bytes.decode).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body]


def with_records(traced):
    def app(environ, start_response):
        if environ["PATH_INFO"] != "/records":
            return traced(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [("[%s]" % ",".join(RECORDS)).encode()]
    return app


class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True


class Handler(simple_server.WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


notifier.set(lambda record: RECORDS.append(json.dumps(record)))
app = with_records(web.WsgiMiddleware(service, sys.argv[1], enabled=True))
server = simple_server.make_server("127.0.0.1", 0, app, Server, Handler)
threading.Thread(target=end_with_parent, daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
