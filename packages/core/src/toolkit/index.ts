export { beforeFirstTrace } from '../admission/first-trace.js'
export type { Stack } from '../call-sites/code-member.js'
export { mayBeProgram } from '../call-sites/program-file.js'
export { type Frame, readStack } from '../call-sites/read-stack.js'
export { beginExit, cutAtExit, exitTimeLeft, holdProcess, holdTimeLeft } from '../delivery/before-exit.js'
export { findKeyRisks, type KeyRisk, type KeySource } from '../keys/key-risks.js'
export { decodeKeyText, splitKeyText } from '../keys/key-text.js'
export { checkKeysFile, toShownPath } from '../keys/keys-file.js'
export { checkOptionKinds, checkOptionNames, checkOptions, type OptionKinds } from '../options/check-options.js'
export { checkConfiguration, checkEnvironment, readSwitch } from '../options/configuration.js'
export { mainFile, resolvePackage } from '../options/main-file.js'
export { clampTimeout } from '../platform/clamp-timeout.js'
export { handleRejection } from '../platform/handle-rejection.js'
export { isError } from '../platform/is-error.js'
export { isThenable } from '../platform/is-thenable.js'
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
} from '../platform/platform.js'
export { createRateLimitedWarning, type RateLimitedWarning } from '../platform/rate-limited-warning.js'
export { readRegularFile } from '../platform/read-regular-file.js'
export { remember } from '../platform/remember.js'
export { requireFrom } from '../platform/require-from.js'
export { shared } from '../platform/shared-state.js'
export { shorten } from '../platform/shorten.js'
export { runForAwaiting, takeCaller, takeCallSite, takeContext } from '../points/context.js'
export { addUnrecordedSource, isOwnClient, noteOwnClient, noteUnrecorded } from '../points/unrecorded-libraries.js'
export { followCall as settle } from '../promises/follow-call.js'
export { UNREAD } from '../promises/follow-promise.js'
export type { CallOutcome as Settlement } from '../promises/followed-promise.js'
export { waitAtMost } from '../promises/wait-at-most.js'
export { roundMs } from '../recording/milliseconds.js'
export { redactPath } from '../secrets/redact-path.js'
export { redactQuery } from '../secrets/redact-text.js'
export { signTicket, type TicketFields } from '../tickets/sign-ticket.js'
export {
  createTicketVerifier,
  type TicketGrant,
  type TicketRefusal,
  type TicketRequest,
  type TicketVerdict,
  type TicketVerifierOptions,
} from '../tickets/ticket-verifier.js'
export { toWishName } from '../tickets/wishes.js'
export { createOverride, overrideMethod } from '../wrapping/override-method.js'
export { type AnyFunction, type Call, type InPlaceOfCall, originalOf, sourceOf, standIn } from '../wrapping/stand-in.js'
export { type EventWatcher, watchEvents } from '../wrapping/watch-events.js'
