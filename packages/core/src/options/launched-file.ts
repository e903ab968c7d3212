import { isAbsolute, resolve } from 'node:path'
import { globalObject, JSON, process } from '../platform/platform.js'

/** A process manager whose own file is the process's main file and loads the application. */
interface Launcher {
  readonly ownFile: RegExp
  /** Returns the path of the application's file, as the launcher specifies it. */
  readonly findProgram: () => unknown
}

const LAUNCHERS: readonly Launcher[] = [
  { ownFile: /[\\/]pm2[\\/]lib[\\/]ProcessContainer\w*\.c?js$/, findProgram: () => readPm2Setting('pm_exec_path') },
  { ownFile: /[\\/]helper-scripts[\\/]node-loader\.js$/, findProgram: findPassengerProgram },
  // `argv[2]` is the application's file until the interceptor removes itself from `argv`.
  { ownFile: /[\\/]iisnode[\\/]interceptor\.js$/, findProgram: () => process.argv?.[2] },
]

/**
 * Returns the application's file. `path` is the process's main file. If `path` belongs to a launcher, returns the file
 * that the launcher loads, or `undefined` if the launcher does not specify this file.
 */
export function findLaunchedFile(path: string): string | undefined {
  // A launcher is recognized only by its own file, because an application's child processes inherit the launcher's
  // environment variables.
  const launcher = LAUNCHERS.find(({ ownFile }) => ownFile.test(path))
  if (launcher === undefined) return path
  const program = launcher.findProgram()
  return typeof program === 'string' && isAbsolute(program) ? program : undefined
}

/** Returns the name that PM2 gives to the application in this process, or `undefined` if PM2 did not launch it. */
export function findLaunchedName(path: unknown): string | undefined {
  if (typeof path !== 'string' || LAUNCHERS[0]?.ownFile.test(path) !== true) return undefined
  const name = readPm2Setting('name')
  return typeof name === 'string' && name !== '' ? name : undefined
}

/**
 * Reads a setting that PM2 passes in the environment. In cluster mode, PM2 passes its settings as one JSON string. PM2
 * may parse this string only after this package loads.
 */
function readPm2Setting(name: string): unknown {
  const { pm2_env: text, [name]: value } = process.env
  if (text === undefined) return value
  try {
    return (JSON.parse(text) as Record<string, unknown>)[name] ?? value
  } catch {
    return value
  }
}

function findPassengerProgram(): string {
  const { PhusionPassenger: passenger } = globalObject as { PhusionPassenger?: { options?: Record<string, unknown> } }
  const { app_root: root, startup_file: file } = passenger?.options ?? {}
  const folder = typeof root === 'string' ? root : process.cwd()
  return resolve(folder, typeof file === 'string' ? file : 'app.js')
}
