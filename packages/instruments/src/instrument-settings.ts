import type { Propagation } from './propagate-to.js'

/** What an instrument is given. */
export interface InstrumentSettings {
  readonly mayReceive: Propagation
}

/** Begins to listen to a library or to wrap it; the function that it returns undoes that. */
export type Instrument = (settings: InstrumentSettings) => () => void
