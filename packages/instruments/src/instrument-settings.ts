import type { Propagation } from './propagate-to.js'

/** How much is recorded of queries: nothing, their text with the values in it replaced, or all. */
export type TraceSql = 'off' | 'statements' | 'values'

/** What an instrument is given. */
export interface InstrumentSettings {
  readonly mayReceive: Propagation
  readonly traceSql: TraceSql
}

/** Begins to listen to a library or to wrap it; the function that it returns undoes that. */
export type Instrument = (settings: InstrumentSettings) => () => void
