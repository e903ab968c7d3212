import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findFreePort } from './servers/free-port.js'

const exec = promisify(execFile)
export const root = fileURLToPath(new URL('..', import.meta.url))
const command = join(root, 'packages/cli/dist/osprofiler.js')

/** The service from the quick start with Express. It traces only requests with valid tickets. */
export interface SigningService {
  readonly origin: string
  /** A folder for the files of a test. `close()` removes the folder. */
  readonly folder: string
  /** Environment variables for programs that sign requests to the service. */
  readonly env: NodeJS.ProcessEnv
  /** Returns the ids of all recorded traces. */
  listTraces(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function startSigningService(): Promise<SigningService> {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-signing-'))
  const port = await findFreePort()
  const origin = `http://127.0.0.1:${port}`
  const env = {
    ...process.env,
    OSPROFILER_HMAC_KEYS: 'o7Vt2kQ9xWc4LmZs8RbYpD1g',
    OSPROFILER_CONNECTION_STRING: `sqlite:///${join(folder, 'traces.db')}`,
  }
  const service = spawn(process.execPath, [join(root, 'examples/quick-start/express.js')], {
    cwd: root,
    env: { ...env, PORT: String(port), OSPROFILER_TICKETS: 'required' },
  })
  await waitForAnswer(origin)
  return {
    origin,
    folder,
    env,
    async listTraces() {
      const { stdout } = await exec(process.execPath, [command, 'trace', 'list', '--json'], { env })
      return (JSON.parse(stdout) as { base_id: string }[]).map(trace => trace.base_id).sort()
    },
    async close() {
      await end(service)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Ends a program, and waits until it has ended. */
export async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null) return
  const ended = once(program, 'exit')
  program.kill('SIGTERM')
  await ended
}

/** Waits until a server sends any response. */
export async function waitForAnswer(url: string): Promise<void> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; ) {
    const answered = await fetch(url).then(
      response => response.arrayBuffer(),
      () => undefined,
    )
    if (answered !== undefined) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`nothing answers at ${url}`)
}
