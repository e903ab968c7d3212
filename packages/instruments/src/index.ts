export {
  type AskedInstrument,
  checkInstruments,
  INSTRUMENT_NAMES,
  type InstrumentName,
  type InstrumentOptions,
  instrument,
} from './instrument.js'
export type { TraceSql } from './instrument-settings.js'
export type { MessageOptions, MessageTarget } from './message-settings.js'
export { createPropagation, type Propagation, type PropagationRule, type PropagationRules } from './propagate-to.js'
