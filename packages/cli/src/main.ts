import { createProgram } from './commands/program.js'
import { endProgress } from './output/progress.js'
import { showFailure } from './output/show-failure.js'

/**
 * Runs the command as a shell would, and sets `process.exitCode`: 0, or 1 for a failure. Wrong usage exits at once. As
 * in `process.argv`, the arguments follow two members that are ignored.
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

/** Exits silently if the reader has seen enough, as `head` has. Other errors, such as a full disk, are reported. */
function exitOnStreamError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  process.stderr.write(`error: Cannot write the output: ${error.code}\n`, () => process.exit(1))
}
