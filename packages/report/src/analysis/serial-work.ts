import { asNumber } from '@osprofiler/core/json'
import { groupBy } from '../tree/group-by.js'
import { readField, readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createRepetitionKey, isLayer } from '../words/point-label.js'
import { isOutgoing, isServed } from './calls/service-calls.js'
import { selfTimes } from './self-time.js'
import { areKnown, readInputs, readServedValues } from './step-inputs.js'
import { readWait } from './waiting.js'

/** Siblings that ran one after another, but might have run at the same time. */
export interface SerialWork {
  /**
   * At least two points, sorted by start, without overlaps. If several runs were merged, the list contains the points
   * of each run.
   */
  readonly nodes: readonly ReportNode[]
  /** Time saved if all of them ran at once, in microseconds: the sum of their durations minus the longest duration. */
  readonly savingUs: number
}

/** Shorter values are not compared, because they are often equal by chance. */
const MIN_VALUE_CHARS = 3
const MAX_TEXT_CHARS = 4000

/**
 * Returns runs of reads that one parent made one after another, and perhaps could have made at the same time. The run
 * with the largest saving comes first. Reads are queries and requests that change nothing, and points that mostly make
 * such calls. A run ends in these cases:
 *
 * - at any other point (such as a write), at an overlap, or at a point in `leftOut`
 * - at a step that repeats an earlier step of the run
 * - at a step that needs a value that neither the first step nor the served request contains (an earlier step may have
 *   returned this value)
 * - at a step that needs a value from the result of an earlier step (the `info` of its stop record)
 */
export function findSerialWork(report: Report, leftOut: ReadonlySet<ReportNode> = new Set()): SerialWork[] {
  const reads = findReads(report)
  const servedOf = createServedFinder(report)
  const keyOfCall = createRepetitionKey()
  const keyOf = (step: ReportNode): string => listCalls(step)?.map(keyOfCall).join() ?? keyOfCall(step)
  const found: SerialWork[] = []
  for (const siblings of [report.roots, ...report.points.map(({ children }) => children)]) {
    if (siblings.length < 2) continue
    let run: Run | undefined
    for (const node of siblings) {
      if (readWait(node) !== undefined) continue
      const isWanted = reads.has(node) && !leftOut.has(node)
      const key = isWanted ? keyOf(node) : ''
      if (run !== undefined && (!isWanted || !run.takes(node, key))) {
        found.push(...toSerialWork(run.nodes))
        run = undefined
      }
      if (isWanted) run ??= new Run(node, key, servedOf(node))
    }
    if (run !== undefined) found.push(...toSerialWork(run.nodes))
  }
  return found.sort((a, b) => b.savingUs - a.savingUs)
}

/** A sequence of steps in which no step is known to need the result of another step. */
class Run {
  readonly nodes: ReportNode[]
  readonly #keys: Set<string>
  readonly #served: ReportNode | undefined
  readonly #results = new Set<string>()
  #known: Set<string> | undefined

  constructor(first: ReportNode, key: string, served: ReportNode | undefined) {
    this.nodes = [first]
    this.#keys = new Set([key])
    this.#served = served
    this.#addResults(first)
  }

  /** Adds a step if it belongs to the run. Returns whether the step was added. */
  takes(node: ReportNode, key: string): boolean {
    const last = this.nodes.at(-1)
    const follows = (node.startedUs ?? 0) >= (last?.finishedUs ?? 0)
    if (!follows || this.#keys.has(key) || !this.#isIndependent(node)) return false
    this.nodes.push(node)
    this.#keys.add(key)
    this.#addResults(node)
    return true
  }

  #isIndependent(node: ReportNode): boolean {
    this.#known ??= this.#readKnown()
    const known = this.#known
    const needsResult = (call: ReportNode): boolean =>
      listValues(readRecordedInputs(call)).some(value => this.#results.has(value))
    return listCalls(node)?.every(call => areKnown(readInputs(call), known) && !needsResult(call)) ?? false
  }

  /**
   * Returns the values that were known before the run: those of the served request and of the run's first call, which
   * needed no other step.
   */
  #readKnown(): Set<string> {
    const [first] = (this.nodes[0] && listCalls(this.nodes[0])) ?? []
    return new Set([
      ...(this.#served === undefined ? [] : readServedValues(this.#served)),
      ...(first === undefined ? [] : readInputs(first)),
    ])
  }

  #addResults(node: ReportNode): void {
    for (const value of listValues(readField(node.stop, 'info'))) this.#results.add(value)
  }
}

/** Steps with more points or calls are too complex to conclude that they are independent. */
const MAX_STEP_POINTS = 60
const MAX_CALLS = 20

/**
 * Lists the calls of a step, in the order of their starts: the step itself, or the calls below it. Returns `undefined`
 * if there are too many points or calls.
 */
function listCalls(step: ReportNode): ReportNode[] | undefined {
  const calls: ReportNode[] = []
  const waiting = [step]
  let count = 0
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (++count > MAX_STEP_POINTS || calls.length > MAX_CALLS) return undefined
    if (isCall(node)) calls.push(node)
    else if (node.children.length > MAX_STEP_POINTS) return undefined
    else waiting.push(...node.children.toReversed())
  }
  return calls
}

/** Creates a function that returns the served request around a point. */
function createServedFinder(report: Report): (node: ReportNode) => ReportNode | undefined {
  const served = new Map<ReportNode, ReportNode>()
  for (const node of report.points) {
    const around = isServed(node) ? node : served.get(node)
    if (around !== undefined) for (const child of node.children) served.set(child, around)
  }
  return node => served.get(node)
}

/**
 * Leaves out runs that are inside or around a step of a longer run, so that no time is reported twice. Runs of the same
 * steps that follow one another, as in a loop, are merged.
 */
export function keepDistinct(runs: readonly SerialWork[], report: Report): SerialWork[] {
  const keyOf = createRepetitionKey()
  const parents = new Map<ReportNode, ReportNode>()
  for (const node of report.points) for (const child of node.children) parents.set(child, node)
  const inside = new Set<ReportNode>()
  const around = new Set<ReportNode>()
  const kept = runs.filter(({ nodes }) => {
    if (nodes.some(node => inside.has(node) || around.has(node))) return false
    const waiting = nodes.flatMap(({ children }) => children)
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (inside.has(node)) continue
      inside.add(node)
      for (const child of node.children) waiting.push(child)
    }
    let above = nodes[0] && parents.get(nodes[0])
    for (; above !== undefined && !around.has(above); above = parents.get(above)) around.add(above)
    return true
  })
  return [...groupBy(kept, ({ nodes }) => JSON.stringify(nodes.map(keyOf))).values()]
    .map(mergeRuns)
    .sort((a, b) => b.savingUs - a.savingUs)
}

/**
 * Adds up the savings of runs that follow one another. If runs overlap, only the first of them counts, because all of
 * them together save no more time than one of them.
 */
function mergeRuns(runs: readonly SerialWork[]): SerialWork {
  const nodes: ReportNode[] = []
  let savingUs = 0
  for (const run of runs.toSorted((a, b) => (a.nodes[0]?.startedUs ?? 0) - (b.nodes[0]?.startedUs ?? 0))) {
    if ((run.nodes[0]?.startedUs ?? 0) < (nodes.at(-1)?.finishedUs ?? 0)) continue
    for (const node of run.nodes) nodes.push(node)
    savingUs += run.savingUs
  }
  return { nodes, savingUs }
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
    // Layers of a framework are left out: they have to run in order, because each layer may end the request.
    if (node.durationUs === undefined || node.failed || isLayer(node)) continue
    const mostlyWaits = node.children.length > 0 && (selfTimesByNode.get(node) ?? 0) * 2 < node.durationUs
    if (isCall(node) ? isReadCall(node) : mostlyWaits && node.children.every(child => reads.has(child))) reads.add(node)
  }
  return reads
}

function isCall(node: ReportNode): boolean {
  return isOutgoing(node) || readField(node.start, 'info', 'db') !== undefined
}

function isReadCall(node: ReportNode): boolean {
  const method = readText(node.start, 'info', 'requests', 'method')
  if (method !== undefined) return /^(?:get|head)$/i.test(method)
  const statement = readText(node.start, 'info', 'db', 'statement')?.slice(0, MAX_TEXT_CHARS)
  return statement !== undefined && /^\s*select\b/i.test(statement) && !/\b(?:for\s+update|into)\b/i.test(statement)
}

function readRecordedInputs(node: ReportNode): unknown {
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
