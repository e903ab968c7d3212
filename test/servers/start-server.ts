import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner } from './find-owner.js'

/** A server on 127.0.0.1 that runs for one test. */
export interface TestServer {
  readonly host: string
  readonly port: number
  /** The address for clients, with user and password. */
  readonly url: string
  /** Kills the server with SIGKILL. */
  kill(): Promise<void>
  /** Starts the server again on the same port with the same data. A running server is killed first. */
  restart(): Promise<void>
  /** Stops the server permanently and removes its data. */
  stop(): Promise<void>
}

/** A server's program, with a function that checks whether the server is ready. */
export interface ServerProgram {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** The user that runs the program. Default: the user of this process. */
  readonly owner?: Owner | undefined
  /** Called repeatedly until it resolves to true. A rejection means that the server is not ready yet. */
  isReady(): Promise<boolean>
}

/** A server that is running. */
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

/** Whether `setpriv` is available. With this program, the kernel ends the server even if this process is killed. */
const canFollowParent = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0

/**
 * Starts a server's program, and resolves once the server is ready. The program never outlives this process, and does
 * not keep this process alive.
 */
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
      throw new Error(`${program.command} did not become ready: ${outputs.get(child)}`)
    }
    await sleep(POLL_INTERVAL_MS)
    // The program may have ended because a server that was killed before still had its lock file or port.
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

/** Allows this process to exit while the program is running. */
function detachChild(child: ChildProcess): void {
  child.unref()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
  }
}

async function isReady(program: ServerProgram, child: ChildProcess): Promise<boolean> {
  if (hasEnded(child)) return false
  try {
    // If the program ended because its port was in use, another server may answer on that port.
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
