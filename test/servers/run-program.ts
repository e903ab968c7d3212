import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Owner } from './find-owner.js'

/** Options for running a program. */
export interface RunOptions {
  /** The user that runs the program. Default: the user of this process. */
  readonly owner?: Owner | undefined
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a program and resolves to its output. Rejects if the program fails. */
export async function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { owner, cwd = '/', env } = options
  const { stdout } = await promisify(execFile)(command, args, {
    cwd,
    env: { ...process.env, ...env },
    ...owner,
    timeout: 120_000,
  })
  return stdout
}
