import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectory } from './cli-process.js'
import { readPythonOutput, runInOwnProcess, runPython } from './python/run-python.js'

const INSPECTION_PROGRAM = `
import os, sys
print(sys.argv, sys.path[0], os.getcwd(), sys.stdin.read(), __name__, globals().get("__file__"))
print(sys.stdout.encoding, sys.stdin.encoding, sys.stderr.errors, sys.stdout.line_buffering, os.environ.get("COLOR"))
print(sys.modules["__main__"].LATER, file=sys.stderr)
LATER = 1
`
const ENDING_PROGRAMS = `
import atexit, threading, time
atexit.register(print, "at exit")
threading.Thread(target=lambda: [threading.main_thread().join(), print("thread")]).start()
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("main", end="")
`
const NESTED_PROGRAM = `
def outer():
    raise ValueError("é")
try:
    outer()
except ValueError as error:
    raise KeyError("again") from error
`

const env = { COLOR: 'red' }

describe('a Python program that runs in a fork', () => {
  it.each([
    ['the modules and settings that it finds', INSPECTION_PROGRAM.replace('sys.modules["__main__"].LATER', '"é"')],
    ['a name that is not yet defined', INSPECTION_PROGRAM],
    ['an exit with a thread and an exit handler', ENDING_PROGRAMS],
    ['an exception that another exception caused', NESTED_PROGRAM],
    ['a syntax error', 'print("a"'],
    ['sys.exit()', 'import sys; print("out"); sys.exit()'],
    ['sys.exit(3)', 'import sys; sys.stdout.write("out"); sys.exit(3)'],
    ['sys.exit(-1)', 'import sys; sys.exit(-1)'],
    ['sys.exit() with a message', 'import sys; sys.exit("not today")'],
    ['os._exit(4), which loses unflushed output', 'import os; print("lost"); os._exit(4)'],
    ['a signal', 'import os; print("out", flush=True); os.kill(os.getpid(), 15)'],
    ['a long output and a long input', 'import sys; print(sys.stdin.read() * 3)'],
  ])('has the same outcome as in a separate process: %s', async (_, program) => {
    const cwd = makeDirectory()
    writeFileSync(join(cwd, 'script.py'), program)
    const input = 'é漢😀\n'.repeat(30_000)

    for (const start of [['-c', program], ['script.py']]) {
      const args = [...start, '-x', 'é']
      const forked = await runPython(args, { input, env, cwd })

      const own = { ...process.env, ...env, PYTHONIOENCODING: 'utf-8' }
      expect(forked).toEqual(await runInOwnProcess(args, input, own, cwd))
    }
  })

  it('leaves no state for other programs, and runs in parallel with them', async () => {
    const program = [
      'import os, sys, time, osprofiler.profiler as profiler, json',
      'print(profiler.get(), getattr(json, "mark", None), os.environ.get("MARK"))',
      'profiler.init("key"); json.mark = 1; os.environ["MARK"] = "1"; time.sleep(float(sys.argv[1]))',
    ].join('\n')

    const outputs = await Promise.all(
      ['1', '0', '0.5'].map(seconds => readPythonOutput(['-c', program, seconds], { env })),
    )

    expect(outputs).toEqual(Array(3).fill('None None None\n'))
  })

  it('reports why it failed', async () => {
    await expect(readPythonOutput(['-c', 'raise ValueError("not today")'], { env })).rejects.toThrow(
      /^Python ended with 1: Traceback[\s\S]*ValueError: not today\n$/,
    )
  })
})
