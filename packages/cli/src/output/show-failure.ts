import { messageOf } from './create-failure.js'

/** Prints an error to standard error. A missing trace is reported on standard output, as in Python's command. */
export async function showFailure(error: unknown): Promise<void> {
  const { escapeControl } = await import('@osprofiler/report')
  const message = escapeControl(messageOf(error))
  const isNotFound = error instanceof Error && 'code' in error && error.code === 'ERR_TRACE_NOT_FOUND'
  if (isNotFound) process.stdout.write(`${message}\n`)
  else process.stderr.write(`error: ${message}\n`)
}
