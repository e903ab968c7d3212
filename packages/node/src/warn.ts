import { emitWarning, Set } from '@osprofiler/core/toolkit'

const emittedWarnings = new Set<string>()

/**
 * Prints a process warning about a mistake outside the application, in one line and without secrets. Prints each
 * warning only once.
 */
export function warn(code: string, consequence: string, error: unknown): void {
  const message = `${consequence} ${describeError(error)}`.replace(/\s*\n\s*/g, ' ')
  if (emittedWarnings.has(message)) return
  emittedWarnings.add(message)
  emitWarning(message, { code })
}

/** Allows all warnings to be printed again, because the next setup is independent of the closed one. */
export function forgetWarnings(): void {
  emittedWarnings.clear()
}

function describeError(error: unknown): string {
  const { name, code, message } = error as NodeJS.ErrnoException
  // Messages of our own errors describe what to do and contain no secret. Other messages may contain a secret.
  return name === 'OsprofilerError' ? message : `The reason is ${code ?? name}.`
}
