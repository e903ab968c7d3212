import { instrument } from '@osprofiler/instruments'

const undos: (() => void)[] = []

/** Instruments until the end of the test. */
export function instrumented(...args: Parameters<typeof instrument>): () => void {
  const undo = instrument(...args)
  undoAfterTest(undo)
  return undo
}

/** Makes `undoInstruments` also call `undo`. */
export function undoAfterTest(undo: () => void): void {
  undos.push(undo)
}

/** Removes everything that the test has instrumented. Must be called after each test. */
export function undoInstruments(): void {
  for (const undo of undos.splice(0)) undo()
}
