import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Flags that make a Node process report its CPU time and memory. `python_report.py` needs no flags for this. */
export const USAGE_FLAGS = ['--import', new URL('report-usage.js', import.meta.url).href]

/** The file that starts our command. */
export const COMMAND = fileURLToPath(new URL('../../packages/cli/dist/osprofiler.js', import.meta.url))

/**
 * Runs a process from start to end.
 *
 * @returns `ms` of wall time, and the values that the process wrote to file descriptor 3: `cpuMs`, and `peak` memory in
 * MB
 * @throws Error if the process fails
 */
export async function measureProcess(command, args) {
  const { PATH, HOME } = process.env
  const start = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'], env: { PATH, HOME } })
  const told = collect(child.stdio[3])
  const { code, end } = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve({ code, end: performance.now() }))
  })
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}`)
  return { ms: end - start, ...JSON.parse((await told) || '{}') }
}

async function collect(stream) {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}
