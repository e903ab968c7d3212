import { setTimeout as pause } from 'node:timers/promises'

/** The error that a body throws halfway. */
export class CursorFailed extends Error {}

/** Yields rows like a cursor that fails after the first row. */
export async function* generateFailingRows(): AsyncGenerator<string> {
  yield 'first row\n'
  await pause(5)
  throw new CursorFailed('cursor failed')
}
