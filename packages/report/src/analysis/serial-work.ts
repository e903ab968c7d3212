import { asNumber } from '@osprofiler/core/json'
import { readField, readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { isLayer } from '../words/point-label.js'
import { isOutgoing } from './calls/service-calls.js'
import { selfTimes } from './self-time.js'
import { readWait } from './waiting.js'

/** Siblings that ran one after another, but might have run at the same time. */
export interface SerialWork {
  /** At least two, in the order of their starts, without overlaps. */
  readonly nodes: readonly ReportNode[]
  /** Time saved if all of them ran at once, in microseconds: the sum of their durations minus the longest duration. */
  readonly savingUs: number
}

/** Shorter values are often equal by chance. */
const MIN_VALUE_CHARS = 3
const MAX_TEXT_CHARS = 4000

/**
 * Returns runs of reads that one parent made one after another, and perhaps could have made at the same time. No record
 * shows that a later read of a run needs an earlier one. The run with the largest saving comes first. Reads are queries
 * and requests that change nothing, and points that mostly make such calls. A run ends at any other point (such as a
 * write), at an overlap, or at a point in `leftOut`. It also ends if a later read's query or request contains a value
 * from an earlier result (the `info` of a stop). A run shows a possibility, not a proof, because most results are not
 * recorded.
 */
export function findSerialWork(report: Report, leftOut: ReadonlySet<ReportNode> = new Set()): SerialWork[] {
  const reads = findReads(report)
  const found: SerialWork[] = []
  for (const siblings of [report.roots, ...report.points.map(({ children }) => children)]) {
    if (siblings.length < 2) continue
    let run: ReportNode[] = []
    let results = new Set<string>()
    for (const node of siblings) {
      if (readWait(node) !== undefined) continue
      const isWanted = reads.has(node) && !leftOut.has(node)
      const last = run.at(-1)
      const follows = isWanted && last !== undefined && (node.startedUs ?? 0) >= (last.finishedUs ?? 0)
      if (!follows || listValues(readInputs(node)).some(value => results.has(value))) {
        found.push(...toSerialWork(run))
        run = []
        results = new Set()
      }
      if (!isWanted) continue
      run.push(node)
      for (const value of listValues(readField(node.stop, 'info'))) results.add(value)
    }
    found.push(...toSerialWork(run))
  }
  return found.sort((a, b) => b.savingUs - a.savingUs)
}

function toSerialWork(run: readonly ReportNode[]): SerialWork[] {
  if (run.length < 2) return []
  let sum = 0
  let longest = 0
  for (const { durationUs = 0 } of run) {
    sum += durationUs
    longest = Math.max(longest, durationUs)
  }
  return [{ nodes: run, savingUs: sum - longest }]
}

function findReads(report: Report): Set<ReportNode> {
  const selfTimesByNode = selfTimes(report)
  const reads = new Set<ReportNode>()
  for (const node of report.points.toReversed()) {
    // A framework runs its layers in order, because each layer may end the request.
    if (node.durationUs === undefined || node.failed || isLayer(node)) continue
    const isCall = isOutgoing(node) || readField(node.start, 'info', 'db') !== undefined
    const mostlyWaits = node.children.length > 0 && (selfTimesByNode.get(node) ?? 0) * 2 < node.durationUs
    if (isCall ? isReadCall(node) : mostlyWaits && node.children.every(child => reads.has(child))) reads.add(node)
  }
  return reads
}

function isReadCall(node: ReportNode): boolean {
  const method = readText(node.start, 'info', 'requests', 'method')
  if (method !== undefined) return /^(?:get|head)$/i.test(method)
  const statement = readText(node.start, 'info', 'db', 'statement')?.slice(0, MAX_TEXT_CHARS)
  return statement !== undefined && /^\s*select\b/i.test(statement) && !/\b(?:for\s+update|into)\b/i.test(statement)
}

function readInputs(node: ReportNode): unknown {
  const { info } = node.start ?? {}
  const sent = readField(info, 'requests')
  return sent === undefined ? readField(info, 'db', 'params') : [readField(sent, 'path'), readField(sent, 'query')]
}

/** Lists the words and numbers in a value. Reads only a few levels and a few thousand characters of it. */
function listValues(value: unknown): string[] {
  let text = ''
  const waiting = [{ value, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined && text.length < MAX_TEXT_CHARS; next = waiting.pop()) {
    const { value: part, depth } = next
    if (typeof part === 'string' || asNumber(part) !== undefined) text += ` ${String(part).slice(0, MAX_TEXT_CHARS)}`
    else if (typeof part === 'object' && part !== null && depth < 4) {
      for (const inner of Object.values(part).slice(0, 100)) waiting.push({ value: inner, depth: depth + 1 })
    }
  }
  return text.split(/[^\p{L}\p{N}_-]+/u).filter(word => word.length >= MIN_VALUE_CHARS)
}
