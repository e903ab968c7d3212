import { createProgram } from './commands/program.js'
import { endProgress } from './output/progress.js'
import { showFailure } from './output/show-failure.js'

/**
 * Runs the command as a shell would, and sets `process.exitCode`: 0, or 1 for a failure. Exits immediately on invalid
 * usage. The first two elements of `argv` are ignored, because in `process.argv` they are the paths of Node and of the
 * script.
 */
export async function main(argv: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', exitOnStreamError)
  try {
    await createProgram().parseAsync(argv)
  } catch (error) {
    endProgress()
    await showFailure(error)
    process.exitCode = 1
  } finally {
    endProgress()
  }
}

/** Exits silently if the reader closes the pipe early, as `head` does. Reports other errors, such as a full disk. */
function exitOnStreamError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  process.stderr.write(`error: Cannot write the output: ${error.code}\n`, () => process.exit(1))
}
