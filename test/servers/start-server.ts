import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner } from './find-owner.js'

/** A server that runs for a test alone, on 127.0.0.1. */
export interface TestServer {
  readonly host: string
  readonly port: number
  /** Where clients connect to, with user and password. */
  readonly url: string
  /** Ends it at once, by SIGKILL. */
  kill(): Promise<void>
  /** Starts it again, on the same port and with the same data, after a `kill()` where it still runs. */
  restart(): Promise<void>
  /** Ends it for good and removes its data. */
  stop(): Promise<void>
}

/** How to start a program, and how to see that it answers. */
export interface ServerProgram {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Whose process it is, where that is not ours. */
  readonly owner?: Owner | undefined
  /** Asked again and again until it resolves to true. A rejection means not yet. */
  isReady(): Promise<boolean>
}

/** A program that runs. */
export interface RunningServer {
  kill(): Promise<void>
  restart(): Promise<void>
}

const READY_TIMEOUT_MS = 120_000
const POLL_INTERVAL_MS = 25
const MAX_OUTPUT_CHARS = 4000

const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Where there is `setpriv`, the kernel ends a server also when this process is killed. */
const canFollowParent = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0

/** Starts a program and resolves once it is ready. It never outlives this process, nor keeps it alive. */
export async function startServer(program: ServerProgram): Promise<RunningServer> {
  let child = await launch(program)
  const kill = () => endProcess(child)
  return {
    kill,
    async restart() {
      await kill()
      child = await launch(program)
    },
  }
}

async function launch(program: ServerProgram): Promise<ChildProcess> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  let child = start(program)
  while (!(await isReady(program, child))) {
    if (performance.now() > deadline) {
      await endProcess(child)
      throw new Error(`${program.command} did not get ready: ${outputs.get(child)}`)
    }
    await sleep(POLL_INTERVAL_MS)
    // What a killed predecessor left (a lock file, a port) may need a moment to go.
    if (hasEnded(child)) child = start(program)
  }
  return child
}

const outputs = new WeakMap<ChildProcess, string>()

function start({ command, args, env, cwd, owner }: ServerProgram): ChildProcess {
  const [file, ...rest] = canFollowParent ? ['setpriv', '--pdeathsig', 'KILL', command, ...args] : [command, ...args]
  const child = spawn(file ?? command, rest, {
    env: { ...process.env, ...env },
    cwd: cwd ?? '/',
    ...owner,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  outputs.set(child, '')
  const keep = (chunk: Buffer) => outputs.set(child, `${outputs.get(child)}${chunk}`.slice(-MAX_OUTPUT_CHARS))
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', keep)
  child.on('error', error => keep(Buffer.from(String(error))))
  child.once('exit', () => children.delete(child))
  detachChild(child)
  return child
}

/** Neither the program nor its output keeps this process alive. */
function detachChild(child: ChildProcess): void {
  child.unref()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
  }
}

async function isReady(program: ServerProgram, child: ChildProcess): Promise<boolean> {
  if (hasEnded(child)) return false
  try {
    // Another server might answer in its place where this one found its port taken.
    return (await program.isReady()) && !hasEnded(child)
  } catch {
    return false
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.ref()
  child.kill('SIGKILL')
  await ended
}
