import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A program in its own process, which ends with the running test at the latest. */
export interface Program {
  readonly child: ChildProcess
  /** The first message to the parent process, which is the server's port. */
  readonly port: Promise<number>
  /** Resolves when the program has exited. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>
}

export const REGISTER = ['--import', '@osprofiler/node/register'] as const

/** Starts a fixture with this environment. Does not inherit the variables of OSProfiler, Vitest and Node. */
export function startProgram(
  fixture: string,
  environment: Record<string, string> = {},
  execArgv: readonly string[] = REGISTER,
): Program {
  const path = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url))
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OSPROFILER_|VITEST|NODE_)/.test(name))
  const child = spawn(process.execPath, [...execArgv, path], {
    cwd: fileURLToPath(new URL('fixtures', import.meta.url)),
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', chunk => {
    stdout += chunk
  })
  child.stderr?.on('data', chunk => {
    stderr += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }))
  const port = Promise.race([
    once(child, 'message').then(([message]) => Number(message)),
    ended.then(() => Promise.reject(new Error(`The program ended: ${stderr}`))),
  ])
  port.catch(() => undefined)
  return { child, port, ended }
}
