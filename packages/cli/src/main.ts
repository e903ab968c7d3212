import { createProgram } from './commands/program.js'
import { endProgress } from './output/progress.js'
import { showFailure } from './output/show-failure.js'

/**
 * Runs the command as a shell would, and sets `process.exitCode`: 0, or 1 for a failure. Wrong usage exits at once.
 *
 * @param argv as in `process.argv`: two members that are passed over, then the arguments
 */
export async function main(argv: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endAtOnce)
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

/** Whoever reads has seen enough, as `head` has: nothing is left to say, not even that. A full disk is another matter. */
function endAtOnce(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  process.stderr.write(`error: Cannot write the output: ${error.code}\n`, () => process.exit(1))
}
