import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type Outcome, runInHost } from './run-in-host.js'

const COMMAND = fileURLToPath(new URL('dist/osprofiler.js', import.meta.resolve('osprofiler/package.json')))

export type { Outcome } from './run-in-host.js'

export interface OsprofilerOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string | Uint8Array
  readonly cwd?: string
  /** Receives each piece of the command's standard error while the command runs. */
  readonly onStderr?: (text: string) => void
}

/** Arguments that make the command read standard input. */
const STDIN_ARGUMENT_PATTERN = /(?:^|[@<=])-$|\/dev\/stdin/
const HAS_OWN_PROCESS = process.env.OSPROFILER_TEST_OWN_PROCESS === '1'

/**
 * Runs the command as a shell would, without a terminal, and with no settings except `env`. To save time, commands run
 * one after another in the same process, unless a command needs its own process. If OSPROFILER_TEST_OWN_PROCESS is 1,
 * each command runs in a new process.
 */
export async function osprofiler(args: readonly string[], options: OsprofilerOptions = {}): Promise<Outcome> {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, ...options.env }
  if (needsOwnProcess(args, options)) return await runInOwnProcess(args, { ...options, env })
  return await runInHost(args, env, options.cwd ?? process.cwd())
}

function needsOwnProcess(args: readonly string[], { env = {}, input, onStderr }: OsprofilerOptions): boolean {
  const isForNode = Object.keys(env).some(name => name.startsWith('NODE_'))
  const readsInput = input !== undefined || args.some(argument => STDIN_ARGUMENT_PATTERN.test(argument))
  return HAS_OWN_PROCESS || isForNode || readsInput || onStderr !== undefined
}

async function runInOwnProcess(args: readonly string[], options: OsprofilerOptions): Promise<Outcome> {
  const { env, input = '', cwd, onStderr } = options
  const child = spawn(process.execPath, [COMMAND, ...args], { env, cwd })
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    texts.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    texts.stderr += text
    onStderr?.(text)
  })
  // A command that reads no input may have exited before the input is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, ...texts }
}

/** The path of the command's file, for tests that start the command without `osprofiler()`. */
export const commandPath = COMMAND

/** Creates a directory that is removed when the test ends. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-cli-'))
  onTestFinished(async () => {
    const { rm } = await import('node:fs/promises')
    await rm(directory, { recursive: true, force: true })
  })
  return directory
}
