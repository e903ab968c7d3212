export {
  type AskedInstrument,
  checkInstruments,
  INSTRUMENT_NAMES,
  type InstrumentName,
  type InstrumentOptions,
  instrument,
} from './instrument.js'
export type { TraceSql } from './options/instrument-contract.js'
export type { MessageOptions, MessageTarget } from './options/messages-option.js'
export {
  createPropagation,
  type Propagation,
  type PropagationRule,
  type PropagationRules,
} from './propagation/propagate-to.js'
