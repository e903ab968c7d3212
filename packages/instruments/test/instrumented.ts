import { instrument } from '@osprofiler/instruments'

const undos: (() => void)[] = []

/** Instruments until the test is over. */
export function instrumented(...args: Parameters<typeof instrument>): () => void {
  const undo = instrument(...args)
  undoAfterTest(undo)
  return undo
}

/** Makes `undoInstruments` call `undo`, too. */
export function undoAfterTest(undo: () => void): void {
  undos.push(undo)
}

/** Undoes all that the test has instrumented. Must be called after each test. */
export function undoInstruments(): void {
  for (const undo of undos.splice(0)) undo()
}
