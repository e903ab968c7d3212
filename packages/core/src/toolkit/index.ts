export { checkOptionTypes } from '../check-option-types.js'
export { clampTimeout } from '../clamp-timeout.js'
export { checkConfiguration } from '../configuration.js'
export { takeContext } from '../context.js'
export { beforeFirstTrace } from '../first-trace.js'
export { UNREAD } from '../follow-promise.js'
export { handleRejection } from '../handle-rejection.js'
export { isError } from '../is-error.js'
export { isThenable } from '../is-thenable.js'
export { findKeyRisks, type KeyRisk, type KeySource } from '../key-risks.js'
export { decodeKeyText, splitKeyText } from '../key-text.js'
export { checkKeysFile, toShownPath } from '../keys-file.js'
export { mainFile, resolvePackage } from '../main-file.js'
export { afterNaturalEnd, holdProcess, joinNaturalEnd, naturalEndLeft } from '../natural-end.js'
export { createOverride, overrideMethod } from '../override-method.js'
export {
  AbortController,
  AbortSignal,
  AggregateError,
  Array,
  ArrayBuffer,
  Atomics,
  BigInt,
  Boolean,
  Buffer,
  btoa,
  clearImmediate,
  clearInterval,
  clearTimeout,
  Date,
  DOMException,
  dateNow,
  decodeURIComponent,
  Error,
  emitWarning,
  encodeURIComponent,
  FinalizationRegistry,
  Function,
  fetch,
  globalObject,
  Int32Array,
  JSON,
  Map,
  Math,
  Number,
  Object,
  Promise,
  Proxy,
  performance,
  process,
  queueMicrotask,
  RangeError,
  Reflect,
  RegExp,
  Set,
  SharedArrayBuffer,
  String,
  Symbol,
  setImmediate,
  setInterval,
  setTimeout,
  TextDecoder,
  TextEncoder,
  TypeError,
  types,
  Uint8Array,
  URL,
  URLSearchParams,
  WeakMap,
  WeakRef,
  WeakSet,
} from '../platform.js'
export { createRareWarning, type RareWarning } from '../rare-warning.js'
export { readRegularFile } from '../read-regular-file.js'
export { requireFrom } from '../require-from.js'
export { redactPath } from '../secrets/redact-path.js'
export { type Settlement, settle } from '../settle.js'
export { shorten } from '../shorten.js'
export { type AnyFunction, type Call, type InPlaceOfCall, originalOf, sourceOf, standIn } from '../stand-in.js'
export { askUnrecorded, isOwnClient, noteOwnClient, noteUnrecorded } from '../unrecorded.js'
export { type EventWatcher, watchEvents } from '../watch-events.js'
