import { emitWarning, Set } from '@osprofiler/core/toolkit'

const told = new Set<string>()

/** Warns of what is wrong around the program, in one line and without secrets. What was told is not told again. */
export function warn(code: string, consequence: string, error: unknown): void {
  const message = `${consequence} ${describe(error)}`.replace(/\s*\n\s*/g, ' ')
  if (told.has(message)) return
  told.add(message)
  emitWarning(message, { code })
}

/** Has everything told anew: what is set up next has nothing to do with what was closed. */
export function forgetWarnings(): void {
  told.clear()
}

function describe(error: unknown): string {
  const { name, code, message } = error as NodeJS.ErrnoException
  // The messages of our own errors say what to do and hold no secret. Of those of others nobody knows.
  return name === 'OsprofilerError' ? message : `The reason is ${code ?? name}.`
}
