import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const STOP_PATIENCE_MS = 3_000
const START_PATIENCE_MS = 30_000

const running = new Set<ChildProcess>()
let stopped = false

/**
 * Starts one of the services in its own process.
 *
 * @returns the URL that the service prints
 */
export async function startService(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  // Node's own SQLite prints a warning that it is experimental.
  const child = start(['--disable-warning=ExperimentalWarning', file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  return await new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`The service ${name} ${what}.`))
    const timer = setTimeout(fail, START_PATIENCE_MS, 'does not listen')
    child.once('exit', code => fail(`ended with code ${code} before it listened`))
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const [, url] = / listens on (http:\S+)\n/.exec(said) ?? []
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    })
  })
}

/** Runs the `osprofiler` command in this terminal. Rejects if the command fails. */
export async function runOsprofiler(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const file = fileURLToPath(new URL('dist/osprofiler.js', import.meta.resolve('osprofiler/package.json')))
  const child = start([file, ...args], { env, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`osprofiler ${args[0]} ended with code ${code}.`)
}

/** Stops all running processes of the demo. No process can be started afterwards. */
export async function stopAll(): Promise<void> {
  stopped = true
  await Promise.all([...running].map(stop))
}

function start(args: readonly string[], options: SpawnOptions): ChildProcess {
  if (stopped) throw new Error('Everything was stopped.')
  const child = spawn(process.execPath, args, options)
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS)
  child.kill('SIGTERM')
  await ended
  clearTimeout(timer)
}
