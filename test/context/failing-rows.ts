import { setTimeout as pause } from 'node:timers/promises'

/** What a body fails with, half way. */
export class CursorFailed extends Error {}

/** Rows of a cursor that fails after the first one. */
export async function* generateFailingRows(): AsyncGenerator<string> {
  yield 'first row\n'
  await pause(5)
  throw new CursorFailed('cursor failed')
}
