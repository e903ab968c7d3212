import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * Starts a contender in its own process. The process answers each line of JSON with a line of JSON, in order.
 * Contenders share no heap, no compiled code and no AsyncLocalStorage, so they do not slow each other down.
 */
export function startChild(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = []
  let ended
  createInterface({ input: child.stdout }).on('line', line => waiting.shift()?.resolve(JSON.parse(line)))
  const end = error => {
    ended = error
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  child.on('error', end)
  child.on('exit', code => end(new Error(`${[command, ...args].join(' ')} ended with ${code}`)))

  return {
    pid: child.pid,
    ask(message) {
      if (ended !== undefined) return Promise.reject(ended)
      child.stdin.write(`${JSON.stringify(message)}\n`)
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    stop() {
      if (ended !== undefined) return Promise.resolve()
      const exited = new Promise(resolve => child.once('exit', resolve))
      child.stdin.end()
      return exited
    },
  }
}

/** Like `startChild`, for a script in this folder, run by the same Node as the benchmark. */
export function startNode(script, ...args) {
  return startNodeAt(process.execPath, script, ...args)
}

/** Like `startChild`, for a script in this folder, run by the Node at `path`. */
export function startNodeAt(path, script, ...args) {
  return startChild(path, [fileURLToPath(new URL(script, import.meta.url)), ...args])
}

/** Like `startChild`, for a script in this folder, run by the Python that has OSProfiler. */
export function startPython(script, ...args) {
  return startChild('/usr/bin/python3', [fileURLToPath(new URL(script, import.meta.url)), ...args])
}
