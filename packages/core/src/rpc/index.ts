export { configuredKeyRing } from '../configuration.js'
export { type CallOptions, type CallStats, type CallTracer, createCallTracer } from './call-tracer.js'
export { readCarrier, type SignedPair, writeCarrier } from './carrier.js'
export type { ServedCall } from './served-call.js'
