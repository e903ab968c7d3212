import { formatCount, formatDuration, formatShare } from './format-duration.js'
import { repeatedDetail } from './point-label.js'
import { readField, readText } from './read-field.js'
import { readStatus } from './read-record.js'
import { type Repetition, repeatedPoints } from './repeated-points.js'
import type { Mark, Report, ReportNode } from './report.js'
import { selfTimes } from './self-time.js'

/**
 * What stands out in a trace.
 *
 * - `repeated`: siblings that do the same thing (N+1)
 * - `slow`: a point's own time, not spent in its children
 * - `failed`: a point that failed by itself, not because a point below it did
 * - `unfinished`: points whose end is unknown
 * - `omitted`: points that a service counted and did not record, over its limit
 * - `irregular`: points whose records are missing, contradictory or broken
 */
export type FindingKind = 'repeated' | 'slow' | 'failed' | 'unfinished' | 'omitted' | 'irregular'

/** One thing that stands out in a trace, with the points that it is about. */
export interface Finding {
  readonly kind: FindingKind
  /** In words. It quotes the records as they are: pass it through `escapeControl` before a terminal sees it. */
  readonly sentence: string
  readonly traceIds: readonly string[]
  /** How many points it is about, or of `omitted` ones, how many are not there. */
  readonly count: number
  /** The time it is about, in microseconds; `undefined` where it is not about time. */
  readonly totalUs: number | undefined
  /** Of the trace's whole duration: 0 to 1. */
  readonly share: number | undefined
}

export interface SummarizeOptions {
  /** At most so many findings of each kind. Default: 3. */
  readonly limit?: number | undefined
}

const SMALLEST_REPEATED_SHARE = 0.05
const SMALLEST_SLOW_SHARE = 0.1
const LONGEST_QUOTE = 80

/** Marks that tell of broken records; the others have findings of their own, or harm nobody. */
const IRREGULAR: ReadonlyMap<Mark, string> = new Map([
  ['no-start', 'has a stop but no start'],
  ['stop-before-start', 'stopped before it started'],
  ['bad-time', 'has a time that cannot be read'],
  ['malformed', 'has a record that lacks something'],
  ['orphan', 'hangs below a parent that is not in this trace'],
  ['self-parent', 'names itself as its parent'],
  ['cycle', 'is in a circle of parents'],
  ['several-starts', 'has several starts'],
  ['several-stops', 'has several stops'],
  ['mixed', 'has records that contradict one another'],
  ['other-trace', 'belongs to another trace'],
])

/**
 * Says in sentences what to look at: where the time went, longest first, then failures and what is missing.
 *
 * `62 % of this request is 41 x "SELECT ... FROM items" in orders, one after another`
 */
export function summarize(report: Report, { limit = 3 }: SummarizeOptions = {}): Finding[] {
  const repeated = repeatedFindings(report).slice(0, limit)
  const told = new Set(repeated.flatMap(finding => finding.traceIds))
  const slow = slowFindings(report, told).slice(0, limit)
  return [
    ...[...repeated, ...slow].sort((a, b) => (b.totalUs ?? 0) - (a.totalUs ?? 0)),
    ...failedFindings(report, limit),
    ...unfinishedFindings(report),
    ...omittedFindings(report).slice(0, limit),
    ...irregularFindings(report),
  ]
}

function repeatedFindings(report: Report): Finding[] {
  return repeatedPoints(report)
    .map(repetition => toRepeatedFinding(report, repetition))
    .filter(finding => (finding.share ?? 0) >= SMALLEST_REPEATED_SHARE)
}

function toRepeatedFinding(report: Report, { nodes, totalUs, sequential }: Repetition): Finding {
  const share = shareOf(report, totalUs)
  const what = `${formatCount(nodes.length)} x ${quote(nodes)}`
  const how = sequential ? 'one after another' : 'partly at the same time'
  return {
    kind: 'repeated',
    sentence: `${formatShare(share)} of ${whole(report)} is ${what}, ${how} (${formatDuration(totalUs)})`,
    traceIds: nodes.map(node => node.traceId),
    count: nodes.length,
    totalUs,
    share,
  }
}

function slowFindings(report: Report, told: ReadonlySet<string>): Finding[] {
  return [...selfTimes(report)]
    .filter(([node, us]) => !told.has(node.traceId) && shareOf(report, us) >= SMALLEST_SLOW_SHARE)
    .sort(([, a], [, b]) => b - a)
    .map(([node, totalUs]) => {
      const share = shareOf(report, totalUs)
      const steps = node.children.length
      const outside =
        steps === 0 ? '' : ` itself, outside its ${steps === 1 ? 'one step' : `${formatCount(steps)} steps`}`
      return {
        kind: 'slow',
        sentence: `${formatShare(share)} of ${whole(report)} is ${quote([node])}${outside} (${formatDuration(totalUs)})`,
        traceIds: [node.traceId],
        count: 1,
        totalUs,
        share,
      }
    })
}

function failedFindings(report: Report, limit: number): Finding[] {
  const origins = failureOrigins(report)
  const findings = origins
    .slice(0, limit)
    .map(node => failedFinding([node], `${quote([node])} failed: ${reason(node)}`))
  const rest = origins.slice(limit)
  if (rest.length > 0) findings.push(failedFinding(rest, `${morePoints(rest.length)} failed`))
  return findings
}

function failedFinding(nodes: readonly ReportNode[], sentence: string): Finding {
  return aboutPoints('failed', nodes, sentence)
}

/** Failed points with no failed point below them: the others mostly pass on what went wrong there. */
function failureOrigins(report: Report): ReportNode[] {
  const failedBelow = new Set<ReportNode>()
  for (const node of report.points.toReversed()) {
    if (node.children.some(child => child.failed || failedBelow.has(child))) failedBelow.add(node)
  }
  return report.points.filter(node => node.failed && !failedBelow.has(node))
}

function reason(node: ReportNode): string {
  if (node.exception === undefined) return `status ${readStatus(node.stop)}`
  const message = readText(node.stop, 'info', 'message')
  return message === undefined ? node.exception : `${node.exception}: ${shorten(message, 200)}`
}

function unfinishedFindings(report: Report): Finding[] {
  const nodes = report.points.filter(node => node.marks.includes('unfinished') && !node.marks.includes('malformed'))
  const [first] = nodes
  if (first === undefined) return []
  const who = nodes.length === 1 ? quote([first]) : `${points(nodes.length)}, the first ${quote([first])},`
  return [aboutPoints('unfinished', nodes, `${who} never finished: how long is unknown`)]
}

function omittedFindings(report: Report): Finding[] {
  return report.points.flatMap(node => {
    const count = readField(node.stop, 'info', 'points_omitted')
    if (typeof count !== 'number' || !(count > 0)) return []
    const sentence = `${node.service ?? 'A service'} left out ${points(count)} below ${quote([node], false)}: its limit for one trace`
    return [{ ...aboutPoints('omitted', [node], sentence), count }]
  })
}

function irregularFindings(report: Report): Finding[] {
  return [...IRREGULAR].flatMap(([mark, words]) => {
    const nodes = report.points.filter(node => node.marks.includes(mark))
    const [first] = nodes
    if (first === undefined) return []
    const others = nodes.length - 1
    const more = others === 0 ? '' : `, and so ${others === 1 ? 'does' : 'do'} ${morePoints(others)}`
    return [aboutPoints('irregular', nodes, `${quote([first])} ${words}${more}`)]
  })
}

function aboutPoints(kind: FindingKind, nodes: readonly ReportNode[], sentence: string): Finding {
  return {
    kind,
    sentence,
    traceIds: nodes.map(node => node.traceId),
    count: nodes.length,
    totalUs: undefined,
    share: undefined,
  }
}

/** `"SELECT ... FROM items" in orders` */
function quote(nodes: readonly ReportNode[], withService = true): string {
  const [node] = nodes
  if (node === undefined) return 'nothing'
  const detail = repeatedDetail(nodes)
  const service = withService && node.service !== undefined ? ` in ${shorten(node.service, LONGEST_QUOTE)}` : ''
  return `"${shorten(detail === '' ? node.name : detail, LONGEST_QUOTE)}"${service}`
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`
}

function whole(report: Report): string {
  return report.roots.length === 1 ? 'this request' : 'this trace'
}

/** `2 more points` */
function morePoints(count: number): string {
  return points(count).replace(' ', ' more ')
}

function points(count: number): string {
  return count === 1 ? '1 point' : `${formatCount(count)} points`
}

function shareOf(report: Report, us: number): number {
  return report.durationUs ? us / report.durationUs : 0
}
