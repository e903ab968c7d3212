import type { OsprofilerError } from '@osprofiler/core'

/**
 * Creates an `OsprofilerError`. Loads its class only when this function is called, so that the command starts faster.
 */
export async function createFailure(
  code: OsprofilerError['code'],
  message: string,
  options?: ErrorOptions,
): Promise<OsprofilerError> {
  const { OsprofilerError } = await import('@osprofiler/core')
  return new OsprofilerError(code, message, options)
}

/** Returns the message of an error, or any other thrown value as a string. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** Returns the code of an error, such as `ENOENT`, or the error as a string if it has no code. */
export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
