import { isAbsolute, resolve } from 'node:path'
import { globalObject, JSON, process } from '../platform/platform.js'

/** A process manager that runs a file of its own as the main file, and loads the program from there. */
interface Launcher {
  readonly ownFile: RegExp
  /** The path of the program's file, as the launcher knows it. */
  readonly findProgram: () => unknown
}

const LAUNCHERS: readonly Launcher[] = [
  { ownFile: /[\\/]pm2[\\/]lib[\\/]ProcessContainer\w*\.c?js$/, findProgram: () => readPm2('pm_exec_path') },
  { ownFile: /[\\/]helper-scripts[\\/]node-loader\.js$/, findProgram: findOfPassenger },
  // Until the interceptor has taken itself out of the arguments.
  { ownFile: /[\\/]iisnode[\\/]interceptor\.js$/, findProgram: () => process.argv?.[2] },
]

/**
 * The file of the program that a main file stands for: a launcher's file for the one that it launches, any other for
 * itself. `undefined` where a launcher does not tell.
 *
 * Children of a program inherit its environment: only the launcher's own file says that a process is launched by it.
 */
export function launchedFile(path: string): string | undefined {
  const launcher = LAUNCHERS.find(({ ownFile }) => ownFile.test(path))
  if (launcher === undefined) return path
  const program = launcher.findProgram()
  return typeof program === 'string' && isAbsolute(program) ? program : undefined
}

/** What PM2 calls the program that it has launched here, or `undefined`. */
export function launchedName(path: unknown): string | undefined {
  if (typeof path !== 'string' || LAUNCHERS[0]?.ownFile.test(path) !== true) return undefined
  const name = readPm2('name')
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** In cluster mode, PM2 hands over its settings as one text, which its own file unpacks. We may be loaded before that. */
function readPm2(name: string): unknown {
  const { pm2_env: text, [name]: value } = process.env
  if (text === undefined) return value
  try {
    return (JSON.parse(text) as Record<string, unknown>)[name] ?? value
  } catch {
    return value
  }
}

function findOfPassenger(): string {
  const { PhusionPassenger: passenger } = globalObject as { PhusionPassenger?: { options?: Record<string, unknown> } }
  const { app_root: root, startup_file: file } = passenger?.options ?? {}
  const folder = typeof root === 'string' ? root : process.cwd()
  return resolve(folder, typeof file === 'string' ? file : 'app.js')
}
