export type { Driver, TraceQuery, TraceSummary, WriteResult } from './driver.js'
export { OsprofilerError, type OsprofilerErrorCode } from './osprofiler-error.js'
export { isErrorRecord, type PointInfo, type TraceRecord } from './record.js'
