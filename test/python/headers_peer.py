"""Signs and checks headers as OSProfiler does.

Each line of input is a call, a JSON array [operation, argument, ...]. Each line of output is a result in JSON.
"""

import base64
import json
import sys

from osprofiler import _utils
from osprofiler import profiler
from osprofiler import web

MIDDLEWARE = web.WsgiMiddleware(None, "", enabled=True)


def pack(data, key):
    """Returns the headers that osprofiler's own signer sends."""
    info, hmac = _utils.signed_pack(data, key)
    return [info.decode("ascii"), hmac]


def pack_variant(data, key, options):
    """Returns the headers that another valid Python signer would create with other options for json.dumps()."""
    text = json.dumps(data, **options).encode("utf-8")
    info = base64.urlsafe_b64encode(text).decode("ascii")
    return [info, _utils.generate_hmac(info, key)]


def decide(info, hmac, keys):
    """Returns the middleware's decision: the trace's ids and key, None if there is no trace, or the exception."""
    profiler.clean()
    try:
        trace = _utils.signed_unpack(info, hmac, _utils.split(keys))
        if not MIDDLEWARE._trace_is_valid(trace):
            return None
        started = profiler.init(**trace)
    except Exception as error:
        return {"raises": type(error).__name__}
    ids = [started.get_base_id(), started.get_id()]
    if not all(isinstance(id_, str) for id_ in ids):
        return {"odd": repr(ids)[:100]}
    return {"baseId": ids[0], "parentId": ids[1], "hmacKey": started.hmac_key}


OPERATIONS = {f.__name__: f for f in (pack, pack_variant, decide)}

for line in sys.stdin:
    operation, *arguments = json.loads(line)
    print(json.dumps(OPERATIONS[operation](*arguments)), flush=True)
