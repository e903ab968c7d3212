import { droppedBefore, omittedBelow } from '../analysis/losses.js'
import { findRaisedCall } from '../analysis/raised-python-call.js'
import { findSilentTargets, type SilentTarget } from '../analysis/silent-targets.js'
import { groupBy } from '../tree/group-by.js'
import { readField } from '../tree/read-field.js'
import type { Mark, Report, ReportNode } from '../tree/report.js'
import { formatCount } from '../words/format-duration.js'
import { aboutPoints, type Finding } from './finding.js'
import { morePoints, points, type Quote, shorten } from './phrases.js'

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

/** Of many unfinished points that are nested, each would be looked through again. */
const LOOKED_AT = 10

/** What a trace lacks, and what of it is broken. */
export function missingFindings(report: Report, limit: number, dropped: number, quote: Quote): Finding[] {
  return [
    ...unfinishedFindings(report, quote),
    ...omittedFindings(report, quote).slice(0, limit),
    ...droppedFindings(report, dropped),
    ...unrecordedFindings(report).slice(0, limit),
    ...silentFindings(report).slice(0, limit),
    ...irregularFindings(report, quote),
  ]
}

function unfinishedFindings(report: Report, quote: Quote): Finding[] {
  const nodes = report.points.filter(node => node.marks.includes('unfinished') && !node.marks.includes('malformed'))
  const [first] = nodes
  if (first === undefined) return []
  const who = nodes.length === 1 ? quote([first]) : `${points(nodes.length)}, the first ${quote([first])},`
  return [aboutPoints('unfinished', nodes, `${who} never finished: how long is unknown${raisedCall(nodes, quote)}`)]
}

/** A mixed trace shows what is Python's own fault, and its reader looks for it elsewhere. */
function raisedCall(unfinished: readonly ReportNode[], quote: Quote): string {
  for (const node of unfinished.slice(0, LOOKED_AT)) {
    const call = findRaisedCall(node)
    if (call !== undefined)
      return `; ${quote([call], false)} raised, it seems, and Python's requests hook did not stop it`
  }
  return ''
}

function omittedFindings(report: Report, quote: Quote): Finding[] {
  return report.points.flatMap(node => {
    const count = omittedBelow(node)
    if (count === 0) return []
    const who = node.service === undefined ? 'A service' : shorten(node.service)
    const sentence = `${who} left out ${points(count)} below ${quote([node], false)}: its limit for one trace`
    return [{ ...aboutPoints('omitted', [node], sentence), count }]
  })
}

/** What stops tell, and what whoever asks knows beside that. */
function droppedFindings(report: Report, known: number): Finding[] {
  const telling = report.points.filter(node => droppedBefore(node) > 0)
  const count = telling.reduce(
    (sum, node) => sum + droppedBefore(node),
    Number.isFinite(known) ? Math.max(known, 0) : 0,
  )
  if (!(count > 0)) return []
  const records = count === 1 ? '1 record' : `${formatCount(count)} records`
  const services = new Set(telling.map(({ service }) => service).filter(service => service !== undefined))
  const [who] = services
  const from = services.size === 1 && !(known > 0) ? ` from ${shorten(who ?? '')}` : ''
  const sentence = `${records} of this trace ${count === 1 ? 'was' : 'were'} lost on the way${from} to the store: points are missing or look unfinished`
  return [{ ...aboutPoints('dropped', telling, sentence), count }]
}

/** Of each service once, however many of its points say so. */
function unrecordedFindings(report: Report): Finding[] {
  const saying = groupBy(report.points.filter(namesUnrecorded), ({ service }) => service)
  return Array.from(saying, ([service, nodes]) => {
    const who = service === undefined ? 'a service' : shorten(service)
    return aboutPoints('unrecorded', nodes, `queries of ${who} are not recorded: OSPROFILER_TRACE_SQL=statements`)
  })
}

function namesUnrecorded({ stop }: ReportNode): boolean {
  const names = readField(stop, 'info', 'unrecorded')
  return Array.isArray(names) && names.some(name => typeof name === 'string' && name !== '')
}

/** A service that sometimes reports matters more than one that never does, which may well not be ours. */
function silentFindings(report: Report): Finding[] {
  return findSilentTargets(report)
    .toSorted((a, b) => Number(b.reported > 0) - Number(a.reported > 0) || b.silent.length - a.silent.length)
    .map(target => aboutPoints('silent', target.silent, silentSentence(target)))
}

function silentSentence({ target, silent, reported }: SilentTarget): string {
  const count = silent.length
  const calls = (of: number): string => (of === 1 ? '1 call' : `${formatCount(of)} calls`)
  if (reported === 0) {
    return `${shorten(target)} answered ${calls(count)} and nothing is recorded below: perhaps it is not traced, has other keys or another clock, gets no signed headers (a proxy, propagateTo), or writes to another store`
  }
  return `${shorten(target)} answered ${calls(count)} with nothing recorded below, and ${calls(reported)} with something: perhaps its records were lost, are late, or it refused the trace`
}

function irregularFindings(report: Report, quote: Quote): Finding[] {
  return [...IRREGULAR].flatMap(([mark, words]) => {
    const nodes = report.points.filter(node => node.marks.includes(mark))
    const [first] = nodes
    if (first === undefined) return []
    const others = nodes.length - 1
    const more = others === 0 ? '' : `; the same holds for ${morePoints(others)}`
    return [aboutPoints('irregular', nodes, `${quote([first])} ${words}${more}`)]
  })
}
