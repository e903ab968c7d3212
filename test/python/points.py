"""Records points in each way that OSProfiler supports, and prints each record as a line of JSON.

The test python-points.test.ts does the same in TypeScript.
"""

import json

from osprofiler import notifier
from osprofiler import profiler


class Broken(Exception):
    pass


@profiler.trace("sum", info={"kind": "test"})
def add(a, b):
    return a + b


@profiler.trace("hidden", hide_args=True)
def hidden(a):
    return a


@profiler.trace("shown", hide_result=False)
def shown(a):
    return [a, "text"]


@profiler.trace("outer")
def outer(n):
    return add(n, 1) + add(n, 2)


@profiler.trace("failing")
def failing(reason):
    raise Broken(reason)


@profiler.trace("twice")
@profiler.trace("once")
def twice(a):
    return a


@profiler.trace_cls("store", info={"kind": "class"})
class Store(object):

    def find(self, id):
        return self._check(id)

    def _check(self, id):
        return self.__really(id)

    def __really(self, id):
        return id

    @staticmethod
    def tune(level):
        return level

    @classmethod
    def create(cls):
        return cls()


class Cache(Store):

    def find(self, id):
        return super(Cache, self).find(id)


@profiler.trace_cls("private", trace_private=True, trace_static_methods=True, hide_args=True)
class Private(object):
    # This class has no method __really. Python would rename it to _Private__really, and trace_cls would trace the
    # method, although its docs exclude such names.

    def find(self, id):
        return self._check(id)

    def _check(self, id):
        return self.__really__(id)

    def __really__(self, id):
        return id

    @staticmethod
    def tune(level):
        return level


class Base(object):

    def inherited(self, a):
        return a


@profiler.trace_cls("inheriting")
class Inheriting(Base):

    def own(self, a):
        return self.inherited(a)


class Parent(object, metaclass=profiler.TracedMeta):
    __trace_args__ = {"name": "family", "hide_result": False}

    def own(self, a):
        return a


class Child(Parent):

    def added(self, a):
        return self.own(a)

    def _private(self):
        return 1


def refuse():
    class Partly(object):

        def first(self):
            return 1

        @profiler.trace("second")
        def second(self):
            return 2

    try:
        profiler.trace_cls("partly", allow_multiple_trace=False)(Partly)
    except ValueError:
        profiler.start("refused", info={"first": Partly().first()})
        profiler.stop()
    try:
        profiler.trace("again", allow_multiple_trace=False)(add)
    except ValueError:
        profiler.start("refused again")
        profiler.stop()


def program():
    profiler.start("a", info={"any": "info", "deep": {"list": [1, None, True]}})
    profiler.start("b")
    profiler.stop(info={"more": "info"})
    profiler.start("c")
    profiler.stop()
    profiler.stop()

    with profiler.Trace("block", info={"n": 1}):
        with profiler.Trace("inside"):
            pass
    try:
        with profiler.Trace("broken block"):
            raise Broken("in a block")
    except Broken:
        pass

    add(1, 2)
    add("x", "y")
    hidden("S3CRET")
    shown(7)
    outer(5)
    twice(1)
    try:
        failing("no reason")
    except Broken:
        pass

    store = Store()
    store.find("a")
    store._check("b")
    Store.tune(3)
    Store.create()
    Cache().find("c")
    Private().find("d")
    Private.tune(4)
    Inheriting().own(1)
    Base().inherited(2)
    Child().added(5)
    Child()._private()
    refuse()


notifier.set(lambda record: print(json.dumps(record)))
profiler.init("KEY", base_id="base", parent_id="caller")
program()
profiler.clean()
program()
