import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'

/** A command's output and exit code. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that runs `command-host.js`. It runs one command at a time. */
interface Host {
  readonly child: ChildProcess
  readonly texts: { stdout: string; stderr: string }
}

const idleHosts: Host[] = []
process.once('exit', () => {
  for (const { child } of idleHosts) child.kill('SIGKILL')
})

/**
 * Runs the command in a process that may have run other commands before. The result is the same as in a new process.
 * The command has no input and no terminal.
 */
export async function runInHost(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Outcome> {
  const host = idleHosts.pop() ?? startHost()
  const mark = `\0${randomUUID()}\0`
  const code = await new Promise<number | null>((resolve, reject) => {
    const onClose = (ended: number | null) => settle(() => resolve(ended))
    const onMessage = ({ code: told }: { code: number }) => settle(() => resolve(told))
    host.child.once('error', reject).once('close', onClose).once('message', onMessage)
    host.child.send({ args, env, cwd, mark })

    function settle(tell: () => void): void {
      host.child.off('error', reject).off('close', onClose).off('message', onMessage)
      tell()
    }
  })
  return await readOutcome(host, code, mark)
}

/**
 * Waits for a command's output, which may arrive after the message with the exit code. A process writes `mark` at the
 * end of the output. If the command called exit(), the process has ended without writing `mark`.
 */
async function readOutcome(host: Host, code: number | null, mark: string): Promise<Outcome> {
  const { child, texts } = host
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  while (!hasEnded() && !(texts.stdout.endsWith(mark) && texts.stderr.endsWith(mark))) {
    await new Promise(resolve => setImmediate(resolve))
  }
  const outcome = { code, stdout: removeMark(texts.stdout, mark), stderr: removeMark(texts.stderr, mark) }
  Object.assign(texts, { stdout: '', stderr: '' })
  if (!hasEnded()) idleHosts.push(host)
  return outcome
}

function removeMark(text: string, mark: string): string {
  return text.endsWith(mark) ? text.slice(0, -mark.length) : text
}

function startHost(): Host {
  const path = fileURLToPath(new URL('command-host.js', import.meta.url))
  const { PATH, HOME } = process.env
  const child = fork(path, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { PATH, HOME }, execArgv: [] })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', text => {
      texts[name] += text
    })
  }
  detachChild(child)
  return { child, texts }
}

/** Lets the process of the test file exit even if this child process is still running. */
function detachChild(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
  }
}
