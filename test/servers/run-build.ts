import { spawn } from 'node:child_process'
import { once } from 'node:events'

const MAX_OUTPUT_CHARS = 4000

/**
 * Runs a program that downloads or builds something, without a time limit. If the program fails, the error contains its
 * output.
 */
export async function runBuild(command: string, args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output = `${output}${text}`.slice(-MAX_OUTPUT_CHARS)
    })
  }
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${output.trim()}`)
}
