"""Records a statement with NaN and similar parameters by the SQLAlchemy tracer: nan_params.py CONNECTION_STRING."""

import sys

from oslo_config import cfg
import sqlalchemy

from osprofiler import notifier
from osprofiler import opts
from osprofiler import profiler
from osprofiler import sqlalchemy as tracer

opts.set_defaults(cfg.CONF)
notifier.set(notifier.create(sys.argv[1], project="shop", service="orders", host="vm", conf=cfg.CONF))

engine = sqlalchemy.create_engine("sqlite://")
with engine.begin() as connection:
    connection.execute(sqlalchemy.text("CREATE TABLE t (a FLOAT, b FLOAT, c INTEGER, d FLOAT, e FLOAT, f FLOAT)"))
tracer.add_tracing(sqlalchemy, engine, "db")

trace = profiler.init("key")
request = {"path": "/t", "query": "", "method": "POST", "scheme": "http"}
with profiler.Trace("wsgi", info={"request": request, "big": 12345678901234567890123, "name": "NaN"}):
    with engine.begin() as connection:
        connection.execute(
            sqlalchemy.text("INSERT INTO t VALUES (:a, :b, :c, :d, :e, :f)"),
            {"a": float("nan"), "b": float("inf"), "c": 2 ** 53 + 1, "d": 1.0, "e": 1e-7, "f": 1e16},
        )
print(trace.get_base_id())
