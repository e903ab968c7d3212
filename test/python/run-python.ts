import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import type { Outcome } from '../run-in-host.js'
import { currentPython } from './each-python.js'

export interface PythonOptions {
  readonly input?: string
  /** Environment variables in addition to those of this process. */
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** A process that runs `host.py`. It runs several programs at the same time. */
interface Host {
  readonly child: ChildProcessWithoutNullStreams
  readonly running: Map<number, { resolve(outcome: Outcome): void; reject(error: Error): void }>
}

const HOST = fileURLToPath(new URL('host.py', import.meta.url))
/** Runs Python's command in the same way as its console script. */
const COMMAND = 'import sys; from osprofiler.cmd.shell import main; sys.exit(main())'
const HAS_OWN_PROCESS = process.env.OSPROFILER_TEST_OWN_PROCESS === '1'

/**
 * Each combination of a Python and an environment has its own host, because modules read the environment while they are
 * imported.
 */
const hosts = new Map<string, Host>()
const modules = new Set(['osprofiler.cmd.shell'])
let lastId = 0

afterAll(async () => {
  await Promise.all(Array.from(hosts.values(), stopHost))
})

/**
 * Registers modules that most runs in a test file import. The host process imports these modules once, and then forks
 * itself for each run.
 */
export function importOnce(...names: readonly string[]): void {
  for (const name of names) modules.add(name)
}

/** Runs Python's `osprofiler` and returns its output. @throws Error with the standard error if it fails. */
export function runPythonCommand(args: readonly string[], options?: PythonOptions): Promise<string> {
  return readPythonOutput(['-c', COMMAND, ...args], options)
}

/** Runs the current Python and returns its output. @throws Error with the standard error if it fails. */
export async function readPythonOutput(args: readonly string[], options?: PythonOptions): Promise<string> {
  const { code, stdout, stderr } = await runPython(args, options)
  if (code !== 0) throw new Error(`Python ended with ${code}: ${stderr}`)
  return stdout
}

/**
 * Runs the current Python with `-c CODE` or a script, in a fork of a process that has imported OSProfiler. If
 * OSPROFILER_TEST_OWN_PROCESS is 1, each run starts a new process.
 */
export async function runPython(
  args: readonly string[],
  { input = '', env = {}, cwd = process.cwd() }: PythonOptions = {},
): Promise<Outcome> {
  const environment = { ...process.env, PYTHONIOENCODING: 'utf-8', ...env }
  if (HAS_OWN_PROCESS) return await runInOwnProcess(args, input, environment, cwd)
  const host = findHost(environment)
  const id = ++lastId
  return await new Promise((resolve, reject) => {
    host.running.set(id, { resolve, reject })
    host.child.stdin.write(`${JSON.stringify({ id, args, input, cwd })}\n`)
  })
}

/** Runs Python in a new process, with the same result as in the host. */
export async function runInOwnProcess(
  args: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Outcome> {
  const child = spawn(currentPython(), args, { env, cwd })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', text => {
      texts[name] += text
    })
  }
  // A program that reads no input may have exited before the input is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, ...texts }
}

function findHost(env: NodeJS.ProcessEnv): Host {
  const key = JSON.stringify([currentPython(), env])
  const known = hosts.get(key)
  if (known !== undefined) return known
  const host = startHost(env)
  host.child.once('close', () => hosts.delete(key))
  hosts.set(key, host)
  return host
}

function startHost(env: NodeJS.ProcessEnv): Host {
  const child = spawn(currentPython(), [HOST, ...modules], { env })
  const running: Host['running'] = new Map()
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    errors += text
  })
  child.stdin.on('error', () => undefined)
  createInterface({ input: child.stdout }).on('line', line => {
    const { id, ...outcome } = JSON.parse(line)
    running.get(id)?.resolve(outcome)
    running.delete(id)
  })
  child.once('error', error => {
    errors += error.message
  })
  child.once('close', () => {
    for (const { reject } of running.values()) reject(new Error(`Python's host ended: ${errors}`))
  })
  return { child, running }
}

async function stopHost({ child }: Host): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.stdin.end()
  await once(child, 'close')
}
