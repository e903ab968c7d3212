import type { Propagation } from '../propagation/propagate-to.js'
import type { MessageOptions } from './messages-option.js'

/** How much of SQL is recorded: nothing, the text with `?` for each literal, or the full text and its parameters. */
export type TraceSql = 'off' | 'statements' | 'values'

/** Settings that every instrument gets. */
export interface InstrumentSettings {
  readonly mayReceive: Propagation
  readonly traceSql: TraceSql
  readonly messages: MessageOptions
  /** Exports by library name, for copies that are not in `node_modules`, such as those in a bundle. */
  readonly libraries: Readonly<Record<string, unknown>>
}

/** Starts to listen to a library or to wrap it. Returns a function that undoes this. */
export type Instrument = (settings: InstrumentSettings) => () => void
