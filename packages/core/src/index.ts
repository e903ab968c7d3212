export { type Configuration, checkEnvironment, configure, isEnabled, readSwitch } from './configuration.js'
export { bind, currentProfiler as get, suppress } from './context.js'
export {
  createNotifier,
  type DropReason,
  type NotifierOptions,
  type NotifierStats,
  type QueueNotifier,
} from './create-notifier.js'
export type { Driver, TraceQuery, TraceSummary, WriteResult } from './driver.js'
export { type HmacKeys, KeyRing } from './key-ring.js'
export type { TraceHeaders } from './local-trace.js'
export { getNotifier, type Notifier, setNotifier } from './notifier.js'
export { OsprofilerError, type OsprofilerErrorCode } from './osprofiler-error.js'
export type { Point } from './point.js'
export { createTraceId, type Profiler } from './profiler.js'
export { isErrorRecord, type PointInfo, type TraceRecord } from './record.js'
export { clean, init, run, type TraceOptions } from './run.js'
export { redactQuery } from './secret-names.js'
export { signedPack, signedUnpack, type TraceInfo, type UnpackedTrace } from './signed-headers.js'
export { trace } from './trace.js'
export { type TraceClassOptions, traceClass } from './trace-class.js'
export type { TraceDecorator } from './trace-decorator.js'
export { getTraceIdHeaders, start, stop, Trace, withTrace } from './trace-point.js'
export type { TraceFunctionOptions } from './traced-function.js'
