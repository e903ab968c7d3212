import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const runFile = promisify(execFile)

/** What a script of this folder prints, also where the script ends with a failure. */
export async function runScript(script: string, options: readonly string[]): Promise<string> {
  const file = join(import.meta.dirname, script)
  try {
    return (await runFile(process.execPath, [file, ...options], { maxBuffer: Number.POSITIVE_INFINITY })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return `${stdout}${stderr}`
  }
}
