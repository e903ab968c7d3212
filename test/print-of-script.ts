import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const runFile = promisify(execFile)

/** Returns the output of a script in this folder, even if the script fails. */
export async function runScript(script: string, options: readonly string[]): Promise<string> {
  const file = join(import.meta.dirname, script)
  try {
    return (await runFile(process.execPath, [file, ...options], { maxBuffer: Number.POSITIVE_INFINITY })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return `${stdout}${stderr}`
  }
}
