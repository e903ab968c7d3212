import type { OsprofilerError } from '@osprofiler/core'

/** An error of the command. Whoever makes no mistake does not wait until the class of errors is loaded. */
export async function failure(
  code: OsprofilerError['code'],
  message: string,
  options?: ErrorOptions,
): Promise<OsprofilerError> {
  const { OsprofilerError } = await import('@osprofiler/core')
  return new OsprofilerError(code, message, options)
}

/** What went wrong, in words. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** The code of what went wrong: `ENOENT`; in words where there is none. */
export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
