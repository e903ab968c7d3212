import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const COMMAND = fileURLToPath(new URL('dist/osprofiler.js', import.meta.resolve('osprofiler/package.json')))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface OsprofilerOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string | Uint8Array
  readonly cwd?: string
  /** Hears what it says on standard error while it runs. */
  readonly onStderr?: (text: string) => void
}

/** Runs the command as a shell would, without a terminal, and with no setting but those of `env`. */
export async function osprofiler(args: readonly string[], options: OsprofilerOptions = {}): Promise<Outcome> {
  const { env = {}, input = '', cwd, onStderr } = options
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [COMMAND, ...args], { env: { PATH, HOME, ...env }, cwd })
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    texts.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    texts.stderr += text
    onStderr?.(text)
  })
  // A command that reads no input may be gone before it is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, ...texts }
}

/** The path of the command's file, for tests that start it in their own way. */
export const commandPath = COMMAND

/** A directory of its own, gone when the test is. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-cli-'))
  onTestFinished(async () => {
    const { rm } = await import('node:fs/promises')
    await rm(directory, { recursive: true, force: true })
  })
  return directory
}
