export { type InstrumentName, type InstrumentOptions, instrument } from './instrument.js'
export { createPropagation, type Propagation, type PropagationRule, type PropagationRules } from './propagate-to.js'
