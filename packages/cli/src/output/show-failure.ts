import { messageOf } from './failure.js'

/**
 * Says in a line what went wrong, on standard error. That a trace is not there goes to standard output, where
 * Python's command says it.
 */
export async function showFailure(error: unknown): Promise<void> {
  const { escapeControl } = await import('@osprofiler/report')
  const message = escapeControl(messageOf(error))
  const isNotFound = error instanceof Error && 'code' in error && error.code === 'ERR_TRACE_NOT_FOUND'
  if (isNotFound) process.stdout.write(`${message}\n`)
  else process.stderr.write(`error: ${message}\n`)
}
