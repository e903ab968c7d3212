import { emitWarning } from '@osprofiler/core/toolkit'

/** Warns of what is wrong around the program, in one line and without secrets. */
export function warn(code: string, consequence: string, error: unknown): void {
  emitWarning(`${consequence} ${describe(error)}`.replace(/\s*\n\s*/g, ' '), { code })
}

function describe(error: unknown): string {
  const { name, code, message } = error as NodeJS.ErrnoException
  // The messages of our own errors say what to do and hold no secret. Of those of others nobody knows.
  return name === 'OsprofilerError' ? message : `The reason is ${code ?? name}.`
}
