import { instrument } from '@osprofiler/instruments'

const undos: (() => void)[] = []

/** Calls `instrument`. The effect lasts until `undoInstruments` is called. */
export function instrumented(...args: Parameters<typeof instrument>): () => void {
  const undo = instrument(...args)
  undoAfterTest(undo)
  return undo
}

/** Makes `undoInstruments` also call `undo`. */
export function undoAfterTest(undo: () => void): void {
  undos.push(undo)
}

/** Undoes all calls of `instrumented`. Must be called after each test. */
export function undoInstruments(): void {
  for (const undo of undos.splice(0)) undo()
}
