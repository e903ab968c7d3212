export { buildReport } from './build-report.js'
export type { HostClock } from './clock-skew.js'
export { type CorrectedReport, correctSkew } from './correct-skew.js'
export { type CriticalSegment, criticalPath } from './critical-path.js'
export {
  type DescribeLimits,
  describeReport,
  describeTrace,
  type StoredTraceDescription,
  type TraceDescription,
} from './describe-trace.js'
export { type DiffPoint, diffReports, type Regression, type ReportDiff, regressions } from './diff-reports.js'
export type { Change, Comparison, Spread } from './diff-spread.js'
export { escapeControl } from './escape-control.js'
export { exportOtlp } from './export-otlp.js'
export { exportPerfetto } from './export-perfetto.js'
export { exportSpeedscope } from './export-speedscope.js'
export { matchPoints, type PointFilter, pointText } from './filter-points.js'
export { type Finding, type FindingKind, type SummarizeOptions, summarize } from './findings.js'
export { fitText, padText, textWidth } from './fit-text.js'
export { formatCount, formatDuration, formatShare } from './format-duration.js'
export { parseRecords } from './parse-records.js'
export { createRepetitionKey, pointDetail, repeatedDetail } from './point-label.js'
export { readReport } from './read-report.js'
export { readTraceFile } from './read-trace-file.js'
export { type RenderDiffOptions, renderDiff } from './render-diff.js'
export { renderDot } from './render-dot.js'
export { type RenderTreeOptions, renderTree } from './render-tree.js'
export type { Mark, Report, ReportNode } from './report.js'
export { type ReportJson, type ReportNodeJson, reportJson } from './report-json.js'
export { reportJsonChunks } from './report-json-chunks.js'
export { selfTimes } from './self-time.js'
export { recordedNames, shownName } from './shown-name.js'
export { type Statistics, type StatisticsRow, statistics } from './statistics.js'
