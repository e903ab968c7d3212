import { instrument } from '@osprofiler/instruments'

const undos: (() => void)[] = []

/** Instruments until the test is over. */
export function instrumented(...args: Parameters<typeof instrument>): () => void {
  const undo = instrument(...args)
  undoAfterTest(undo)
  return undo
}

/** Has `undoInstruments` call this, too. */
export function undoAfterTest(undo: () => void): void {
  undos.push(undo)
}

/** To be called after each test: undoes what it has instrumented. */
export function undoInstruments(): void {
  for (const undo of undos.splice(0)) undo()
}
