import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { currentPython } from './each-python.js'

/** A running script in this folder, executed by the Python that has OSProfiler. */
export interface PythonChild {
  /**
   * Returns the next line of the script's standard output.
   *
   * @throws Error with the script's standard error if the script ends instead
   */
  readLine(): Promise<string>
  writeLine(line: string): void
  stop(): Promise<void>
}

/** Starts a script in this folder. The script must end when its standard input ends. */
export function startPython(script: string, args: readonly string[] = []): PythonChild {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(currentPython(), [path, ...args], {
    stdio: 'pipe',
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    errors += text
  })
  const ended = new Promise<void>(resolve => {
    child.once('close', () => resolve())
    child.once('error', error => {
      errors += `${error.message}. These tests need Python with osprofiler and webob (Debian: python3-osprofiler).`
      resolve()
    })
  })
  child.stdin.on('error', () => {})
  const reader = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  return {
    async readLine() {
      const { done, value } = await reader.next()
      if (!done) return value
      await ended
      throw new Error(`${script} ended: ${errors}`)
    },
    writeLine(line) {
      child.stdin.write(`${line}\n`)
    },
    async stop() {
      if (child.pid === undefined || child.exitCode !== null) return
      child.stdin.end()
      await once(child, 'close')
    },
  }
}
