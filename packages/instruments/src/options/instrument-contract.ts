import type { Propagation } from '../propagation/propagate-to.js'
import type { MessageOptions } from './messages-option.js'

/** How much SQL is recorded: nothing, statements with `?` for each literal, or full statements and their parameters. */
export type TraceSql = 'off' | 'statements' | 'values'

/** Settings that every instrument receives. */
export interface InstrumentSettings {
  readonly mayReceive: Propagation
  readonly traceSql: TraceSql
  readonly messages: MessageOptions
  /** Exports by library name, for copies outside `node_modules`, such as those in a bundle. */
  readonly libraries: Readonly<Record<string, unknown>>
}

/** Starts to listen to a library, or wraps it. Returns a function that undoes this. */
export type Instrument = (settings: InstrumentSettings) => () => void
