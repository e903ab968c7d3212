import { JSON, Map, Math, Number, Object, Set } from '../../platform/platform.js'
import { roundMs, toUs } from '../../recording/milliseconds.js'
import type { Recording } from '../recording/recording.js'
import type { Cause, CauseKind, Piece } from './cause.js'
import { divideTime } from './divide-time.js'
import { readSamples, type Samples } from './samples.js'
import { createSites, type Sites } from './sites.js'
import { createSlices, type Slices } from './slices.js'

const MAX_CAUSES = 20
const MAX_STRETCHES = 300
const MAX_CHARS = 8_000

/**
 * The account of a request, which divides the request's time among causes. The account becomes `info.why`, together
 * with members that the caller of `createAccount` adds.
 */
export interface Account {
  readonly wallMs: number
  readonly cut?: true
  readonly kinds: Readonly<Partial<Record<CauseKind, number>>>
  readonly causes: readonly CauseTotal[]
  readonly rest: { readonly ms: number; readonly causes: number }
  /**
   * The periods of the request, separated by spaces. Each has the form `at,us,cause`: the start and the duration in
   * microseconds, and the position of the cause in `causes`, or -1.
   */
  readonly timeline: string
  readonly costs: Readonly<Record<string, number>>
  readonly seen: Readonly<Record<string, number>>
}

interface CauseTotal extends Cause {
  readonly ms: number
  readonly times: number
  readonly hotFile?: string | undefined
  readonly hotLine?: number | undefined
  readonly hotShare?: number | undefined
}

/** A period of the request without a change of the cause. */
interface Stretch {
  readonly total: Total
  readonly from: number
  to: number
}

interface Total {
  readonly cause: Cause
  ms: number
  times: number
}

/**
 * Creates the account of a recording. Works in slices, so that other work of the process hardly waits.
 *
 * @param showsOthers whether the account may name code that served other requests
 */
export async function createAccount(recording: Recording, showsOthers: boolean): Promise<Account> {
  const slices = createSlices()
  const sites = createSites(slices)
  const samples = await readSamples(recording, sites, slices)
  const makers = await sites.findMakers(recording.sections.map(({ entry }) => entry))
  const pieces = await divideTime(recording, samples, entry => makers.get(entry) ?? {}, slices)
  const shown = showsOthers ? pieces : pieces.map(hideOthers)
  const { totals, stretches } = await sumUp(shown, slices)
  const hotLines = await findHotLines(samples, sites, slices)
  const kept = totals.slice(0, MAX_CAUSES)
  const rest = totals.slice(MAX_CAUSES)
  const positions = new Map(kept.map((total, at) => [total, at]))
  return fit({
    wallMs: roundMs(recording.endedAt - recording.startedAt),
    ...(recording.isCut && { cut: true }),
    kinds: sumKinds(totals),
    causes: kept.map(({ cause, ms, times }) => ({ ...cause, ms: roundMs(ms), times, ...hotLines.get(toKey(cause)) })),
    rest: { ms: roundMs(rest.reduce((sum, { ms }) => sum + ms, 0)), causes: rest.length },
    timeline: keepLongest(stretches)
      .map(({ total, from, to }) =>
        [toUs(from - recording.startedAt), toUs(to - from), positions.get(total) ?? -1].join(','),
      )
      .join(' '),
    costs: Object.fromEntries(Object.entries(recording.costs).map(([name, ms]) => [name, roundMs(ms)])),
    seen: {
      samples: samples.times.length,
      sections: recording.sections.length,
      turns: recording.turnEnds.length,
      ...recording.counts,
    },
  })
}

function hideOthers(piece: Piece): Piece {
  const { by, byFile, byLine, ...cause } = piece.cause
  if (by === undefined || cause.kind === 'pool') return piece
  return { ...piece, cause: { ...cause, by: 'others' } }
}

async function sumUp(
  pieces: readonly Piece[],
  slices: Slices,
): Promise<{ readonly totals: readonly Total[]; readonly stretches: readonly Stretch[] }> {
  const totals = new Map<string, Total>()
  const stretches: Stretch[] = []
  for (const { from, to, cause } of pieces) {
    await slices.next()
    const key = toKey(cause)
    const total = totals.get(key) ?? { cause, ms: 0, times: 0 }
    totals.set(key, total)
    total.ms += to - from
    total.times++
    const last = stretches.at(-1)
    if (last?.total === total && from <= last.to + 1e-6) last.to = to
    else stretches.push({ total, from, to })
  }
  return { totals: [...totals.values()].sort((one, other) => other.ms - one.ms), stretches }
}

function toKey({ kind, what, via, by, byFile, byLine, file, line, function: name }: Cause): string {
  return JSON.stringify([kind, what, via, by, byFile, byLine, file, line, name])
}

function sumKinds(totals: readonly Total[]): Account['kinds'] {
  const kinds: Partial<Record<CauseKind, number>> = {}
  for (const { cause, ms } of totals) kinds[cause.kind] = (kinds[cause.kind] ?? 0) + ms
  return Object.fromEntries(Object.entries(kinds).map(([kind, ms]) => [kind, roundMs(ms)]))
}

function keepLongest(stretches: readonly Stretch[]): readonly Stretch[] {
  const durationOf = ({ from, to }: Stretch): number => to - from
  const longest = stretches.toSorted((one, other) => durationOf(other) - durationOf(one)).slice(0, MAX_STRETCHES)
  return longest.sort((one, other) => one.from - other.from)
}

/** Shortens the timeline, and then the list of causes, until the record is small enough. */
function fit(account: Account): Account {
  let fitting = account
  while (JSON.stringify(fitting).length > MAX_CHARS) {
    const stretches = fitting.timeline.split(' ')
    if (stretches.length > 1) {
      const shortest = stretches.map(readDuration).sort((one, other) => other - one)[stretches.length >> 1] ?? 0
      const longer = stretches.filter(text => readDuration(text) > shortest)
      fitting = { ...fitting, timeline: longer.join(' ') }
    } else if (fitting.causes.length > 1) {
      fitting = { ...dropCauses(fitting), timeline: '' }
    } else return fitting
  }
  return fitting
}

function dropCauses(account: Account): Account {
  const kept = account.causes.slice(0, account.causes.length >> 1)
  const dropped = account.causes.slice(kept.length)
  const droppedMs = dropped.reduce((sum, { ms }) => sum + ms, 0)
  const rest = { ms: roundMs(account.rest.ms + droppedMs), causes: account.rest.causes + dropped.length }
  return { ...account, causes: kept, rest }
}

function readDuration(stretch: string): number {
  return Number(stretch.split(',')[1])
}

interface HotLine {
  readonly hotFile: string | undefined
  readonly hotLine: number | undefined
  readonly hotShare: number
}

/**
 * Returns, for each function, the line with the most samples. A profile counts the samples of lines for each node of
 * the call tree, for all requests together. So the counts are weighted by this request's share of the node.
 */
async function findHotLines({ ran }: Samples, sites: Sites, slices: Slices): Promise<Map<string, HotLine>> {
  const ticksByCause = new Map<string, Map<string, { readonly url: string; readonly line: number; ticks: number }>>()
  for (const { cause, node, own, isLeaf } of new Set(ran)) {
    await slices.next()
    if (cause?.kind !== 'cpu' || !isLeaf || own === 0) continue
    const lines = ticksByCause.get(toKey(cause)) ?? new Map()
    ticksByCause.set(toKey(cause), lines)
    const share = own / Math.max(node.hitCount ?? 0, own)
    for (const { line, ticks } of node.positionTicks ?? []) {
      const key = `${line} ${node.callFrame.url}`
      const known = lines.get(key) ?? { url: node.callFrame.url, line, ticks: 0 }
      lines.set(key, known)
      known.ticks += ticks * share
    }
  }
  const hotLines = new Map<string, HotLine>()
  for (const [key, lines] of ticksByCause) {
    const sorted = [...lines.values()].sort((one, other) => other.ticks - one.ticks)
    const sum = sorted.reduce((total, { ticks }) => total + ticks, 0)
    const [hottest] = sorted
    const site = hottest && (await sites.findLine(hottest.url, hottest.line))
    if (hottest === undefined || site === undefined) continue
    hotLines.set(key, {
      hotFile: site.file,
      hotLine: site.line,
      hotShare: Math.round((hottest.ticks / sum) * 100) / 100,
    })
  }
  return hotLines
}
