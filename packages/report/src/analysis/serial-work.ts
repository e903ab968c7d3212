import { asNumber } from '@osprofiler/core/json'
import { readField, readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { selfTimes } from './self-time.js'
import { isOutgoing } from './service-calls.js'
import { readWait } from './waiting.js'

/** Siblings that ran one after another and might have run at the same time. */
export interface SerialWork {
  /** In the order of their starts; at least two, none of which overlaps another. */
  readonly nodes: readonly ReportNode[]
  /** What it would save if they all ran at once: their durations less the longest of them, in microseconds. */
  readonly savingUs: number
}

/** Values that are too short are equal by chance. */
const MIN_VALUE_LENGTH = 3
const MAX_TEXT_LENGTH = 4000

/**
 * Runs of reads (queries and requests that change nothing, or points that do little but make such) that one parent made
 * one after another, though nothing recorded says that a later one needs an earlier one: longest saving first. A run
 * ends at anything else, such as a write or a computation, at an overlap, and where a value of a result (`info` of a
 * stop) turns up in what a later one asks for. That is a possibility, not a proof: most results are not recorded.
 *
 * @param leftOut points that end a run too
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
      const fits = reads.has(node) && !leftOut.has(node)
      const last = run.at(-1)
      const follows = fits && last !== undefined && (node.startedUs ?? 0) >= (last.finishedUs ?? 0)
      if (!follows || listValues(readAsked(node)).some(value => results.has(value))) {
        found.push(...toSerialWork(run))
        run = []
        results = new Set()
      }
      if (!fits) continue
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

/** The points that only read, and that wait for others more than they work. */
function findReads(report: Report): Set<ReportNode> {
  const selves = selfTimes(report)
  const reads = new Set<ReportNode>()
  for (const node of report.points.toReversed()) {
    if (node.durationUs === undefined || node.failed) continue
    const isCall = isOutgoing(node) || readField(node.start, 'info', 'db') !== undefined
    const mostlyWaits = node.children.length > 0 && (selves.get(node) ?? 0) * 2 < node.durationUs
    if (isCall ? isReadCall(node) : mostlyWaits && node.children.every(child => reads.has(child))) reads.add(node)
  }
  return reads
}

function isReadCall(node: ReportNode): boolean {
  const method = readText(node.start, 'info', 'requests', 'method')
  if (method !== undefined) return /^(?:get|head)$/i.test(method)
  const statement = readText(node.start, 'info', 'db', 'statement')?.slice(0, MAX_TEXT_LENGTH)
  return statement !== undefined && /^\s*select\b/i.test(statement) && !/\b(?:for\s+update|into)\b/i.test(statement)
}

function readAsked(node: ReportNode): unknown {
  const { info } = node.start ?? {}
  const sent = readField(info, 'requests')
  return sent === undefined ? readField(info, 'db', 'params') : [readField(sent, 'path'), readField(sent, 'query')]
}

/** The words and numbers in a value and what it holds, as far as a few levels and a few thousand characters. */
function listValues(value: unknown): string[] {
  let text = ''
  const waiting = [{ value, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined && text.length < MAX_TEXT_LENGTH; next = waiting.pop()) {
    const { value: part, depth } = next
    if (typeof part === 'string' || asNumber(part) !== undefined) text += ` ${String(part).slice(0, MAX_TEXT_LENGTH)}`
    else if (typeof part === 'object' && part !== null && depth < 4) {
      for (const inner of Object.values(part).slice(0, 100)) waiting.push({ value: inner, depth: depth + 1 })
    }
  }
  return text.split(/[^\p{L}\p{N}_-]+/u).filter(word => word.length >= MIN_VALUE_LENGTH)
}
