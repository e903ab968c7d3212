import type { Report } from '../tree/report.js'
import { criticalFindings } from './critical.js'
import { type Evidence, gatherEvidence, type SummarizeOptions } from './evidence.js'
import { failedFindings } from './failures.js'
import type { Finding } from './finding.js'
import { hintFindings } from './hint.js'
import {
  droppedFindings,
  irregularFindings,
  missingFindings,
  omittedFindings,
  silentFindings,
  unfinishedFindings,
  unrecordedFindings,
} from './missing.js'
import { skewFindings } from './skew.js'
import { timeFindings } from './time.js'

/** The functions that create findings, in the order in which the findings are shown. */
const FINDERS: readonly ((evidence: Evidence) => Finding[])[] = [
  timeFindings,
  failedFindings,
  criticalFindings,
  unfinishedFindings,
  omittedFindings,
  droppedFindings,
  missingFindings,
  unrecordedFindings,
  silentFindings,
  irregularFindings,
  skewFindings,
]

/**
 * Lists in sentences what to look at, for example `62 % of this request is 41 x "SELECT ... FROM items" in orders, one
 * after another`. The first findings show where the time went: on the critical path, longest first, then elsewhere. The
 * next findings are about failures, the services on the critical path, missing points, broken records, and clocks that
 * differ. The last finding may be a hint about what was not recorded.
 */
export function summarize(report: Report, options: SummarizeOptions = {}): Finding[] {
  const evidence = gatherEvidence(report, options)
  const found = FINDERS.flatMap(find => find(evidence))
  const findings = evidence.report.roots.some(({ failed }) => failed) ? putFailuresFirst(found) : found
  return [...findings, ...hintFindings(evidence, findings)]
}

/** Puts failures first, because if the whole request failed, the reason matters more than where the time went. */
function putFailuresFirst(findings: readonly Finding[]): Finding[] {
  const isFailure = ({ kind }: Finding): boolean => kind === 'failed'
  return [...findings.filter(isFailure), ...findings.filter(finding => !isFailure(finding))]
}
