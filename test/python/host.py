"""Runs programs like `python ARGS`, in forks of one process that has imported large modules: host.py MODULE...

A line of input asks for one run: {"id", "args", "input", "cwd"}. ARGS begin with -c CODE or with the path of a script.
A line of output is the outcome: {"id", "code", "stdout", "stderr"}. The code is null if a signal ended the run.
Runs share the environment and the imported modules of this process, and nothing else.
"""

import atexit
import gc
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import threading
import types


class Run:
    """A fork that runs one program. It has ended when its standard output and standard error have both ended."""

    def __init__(self, request):
        self.id = request["id"]
        with tempfile.TemporaryFile() as stdin:
            stdin.write(request["input"].encode())
            stdin.seek(0)
            (stdout, to_stdout), (stderr, to_stderr) = os.pipe(), os.pipe()
            self.pid = os.fork()
            if self.pid == 0:
                for descriptor, standard in ((stdin.fileno(), 0), (to_stdout, 1), (to_stderr, 2)):
                    os.dup2(descriptor, standard)
                    os.close(descriptor)
                run_and_exit(request["args"], request["cwd"])
        os.close(to_stdout)
        os.close(to_stderr)
        self.names = {stdout: "stdout", stderr: "stderr"}
        self.texts = {"stdout": b"", "stderr": b""}

    def read(self, pipe):
        """Returns whether the run has ended."""
        text = os.read(pipe, 1 << 16)
        self.texts[self.names[pipe]] += text
        if not text:
            os.close(pipe)
            del self.names[pipe]
        return not self.names

    def outcome(self):
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        texts = {name: text.decode(errors="replace") for name, text in self.texts.items()}
        return {"id": self.id, "code": None if code < 0 else code, **texts}


def serve():
    # This process uses only file descriptors, so that Python's standard streams are unused when the process forks.
    pipes = {}
    asked = b""
    while True:
        ready = select.select([0, *pipes], [], [])[0]
        for pipe in ready:
            if pipe == 0:
                text = os.read(0, 1 << 16)
                if not text:
                    return stop(pipes.values())
                *lines, asked = (asked + text).split(b"\n")
                for line in lines:
                    run = Run(json.loads(line))
                    pipes.update(dict.fromkeys(run.names, run))
            else:
                run = pipes[pipe]
                if run.read(pipe):
                    tell(run.outcome())
                pipes = {each: run for each, run in pipes.items() if each in run.names}


def tell(outcome):
    line = json.dumps(outcome).encode() + b"\n"
    while line:
        line = line[os.write(1, line):]


def stop(runs):
    for run in set(runs):
        os.kill(run.pid, signal.SIGKILL)


def run_and_exit(args, cwd):
    code = 1
    try:
        code = run_program(args, cwd)
        # The interpreter performs these steps in this order at exit. Its remaining steps would only free memory.
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def run_program(args, cwd):
    try:
        os.chdir(cwd)
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        if args[0] == "-c":
            sys.argv = ["-c", *args[2:]]
            sys.path.insert(0, "")
            program = compile(args[1], "<string>", "exec", dont_inherit=True)
        else:
            sys.argv = args
            sys.path.insert(0, os.path.dirname(os.path.realpath(args[0])))
            main.__file__ = os.path.abspath(args[0])
            with open(main.__file__, "rb") as script:
                program = compile(script.read(), main.__file__, "exec", dont_inherit=True)
        exec(program, main.__dict__)
    except SystemExit as exit:
        if exit.code is None or isinstance(exit.code, int):
            return (exit.code or 0) & 0xFF
        print(exit.code, file=sys.stderr)
        return 1
    except BaseException as error:
        # Removes this function's frame from the traceback.
        error.__traceback__ = error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


# Python has put this script's folder into the path. A program must find the modules in its own folder instead.
del sys.path[0]
for module in sys.argv[1:]:
    importlib.import_module(module)
if threading.active_count() > 1:
    sys.exit("A fork would lose these threads: %s" % threading.enumerate())
# Without this call, the garbage collector of a fork would visit all modules and copy their memory.
gc.freeze()
serve()
