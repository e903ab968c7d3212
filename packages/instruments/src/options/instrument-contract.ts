import type { Propagation } from '../propagation/propagate-to.js'
import type { MessageOptions } from './messages-option.js'

/**
 * What is recorded of SQL: `off`, no point at all; `statements`, the text with every literal replaced by `?`;
 * `values`, the text as it is, and its parameters.
 */
export type TraceSql = 'off' | 'statements' | 'values'

/** What an instrument is given. */
export interface InstrumentSettings {
  readonly mayReceive: Propagation
  readonly traceSql: TraceSql
  readonly messages: MessageOptions
  /** By the name of the library: the exports of copies that nobody can find, such as those in a bundle. */
  readonly libraries: Readonly<Record<string, unknown>>
}

/** Begins to listen to a library or to wrap it; the function that it returns undoes that. */
export type Instrument = (settings: InstrumentSettings) => () => void
