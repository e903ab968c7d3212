import { joinChunks } from '../json/join-chunks.js'
import { writeJson } from '../json/write-json.js'
import { listRecords, toEmbeddedRecords } from '../tree/list-records.js'
import type { Report } from '../tree/report.js'
import { sliceAccounts } from './account-slices.js'
import { createExportLabel, nameExportService } from './export-label.js'
import { type LaidPoint, layTracks, type Track } from './lay-tracks.js'

const SCHEMA_URL = 'https://www.speedscope.app/file-format-schema.json'

/**
 * Writes a report as a file for https://www.speedscope.app, in pieces. A profile consists of nested points, which may
 * be from several services. A point that runs at the same time as a sibling is in another profile, so that nothing is
 * hidden. The timeline of each account is a separate profile. The member `file` of a frame contains the point's
 * service. Times are in microseconds since the trace's first record. A point without a stop extends to its parent's
 * end. The member `osprofiler`, which speedscope ignores, contains the records for `readTraceFile`. Format:
 * `file-format-schema.json` of the npm package speedscope, profiles of the type `evented`.
 */
export function exportSpeedscope(report: Report): Generator<string, void, undefined> {
  return joinChunks(writeDocument(report))
}

function* writeDocument(report: Report): Generator<string, void, undefined> {
  const tracks = layTracks(report, () => '')
  const { frames, frameOf, addFrame } = listFrames(tracks)
  const accounts = sliceAccounts(report).filter(({ slices }) => slices.length > 0)
  const accountFrames = accounts.map(({ name, slices, node }) => ({
    outer: addFrame(name, nameExportService(node)),
    inner: slices.map(slice => addFrame(slice.name, nameExportService(node))),
  }))
  yield `{"$schema":"${SCHEMA_URL}","exporter":"osprofiler","name":${writeJson(`Trace ${report.baseId ?? ''}`.trimEnd(), 0)},\n`
  yield '"activeProfileIndex":0,\n"shared":{"frames":['
  yield* joinValues(frames)
  yield ']},\n"profiles":['
  for (const [index, track] of tracks.entries()) {
    const endValue = track.points.reduce((end, { endUs }) => Math.max(end, endUs), report.durationUs ?? 0)
    const name = nameProfile(track, index)
    yield `${index === 0 ? '' : ','}\n{"type":"evented","name":${writeJson(name, 0)},"unit":"microseconds",`
    yield `"startValue":0,"endValue":${endValue},"events":[`
    yield* joinValues(listEvents(track, frameOf))
    yield ']}'
  }
  for (const [index, { name, slices, startUs, endUs }] of accounts.entries()) {
    const { outer, inner } = accountFrames[index] ?? { outer: 0, inner: [] }
    const number = tracks.length + index + 1
    yield `${number === 1 ? '' : ','}\n{"type":"evented","name":${writeJson(`${number} ${name}`, 0)},"unit":"microseconds",`
    yield `"startValue":0,"endValue":${Math.max(endUs, report.durationUs ?? 0)},"events":[`
    const events = slices.flatMap((slice, place) => [
      { type: 'O', frame: inner[place], at: slice.startUs },
      { type: 'C', frame: inner[place], at: slice.endUs },
    ])
    yield* joinValues([{ type: 'O', frame: outer, at: startUs }, ...events, { type: 'C', frame: outer, at: endUs }])
    yield ']}'
  }
  yield '],\n"osprofiler":{"records":['
  yield* joinValues(toEmbeddedRecords(listRecords(report)))
  yield ']}}\n'
}

function nameProfile({ points: [first] }: Track, index: number): string {
  return first === undefined
    ? `${index + 1}`
    : `${index + 1} ${nameExportService(first.node)}: ${createExportLabel(first.node)}`
}

/**
 * Lists one frame for each label within a service, so that speedscope adds up the times of points with the same label.
 */
function listFrames(tracks: readonly Track[]): {
  frames: object[]
  frameOf: (laid: LaidPoint) => number
  addFrame: (name: string, file: string) => number
} {
  const indexes = new Map<string, number>()
  const frames: object[] = []
  const addFrame = (name: string, file: string): number => {
    const key = JSON.stringify([name, file])
    const known = indexes.get(key)
    if (known !== undefined) return known
    indexes.set(key, frames.length)
    return frames.push({ name, file }) - 1
  }
  const frameOf = ({ node }: LaidPoint): number => addFrame(createExportLabel(node), nameExportService(node))
  for (const { points } of tracks) for (const point of points) frameOf(point)
  return { frames, frameOf, addFrame }
}

/** Yields the events that open and close points, properly nested and in order of time. */
function* listEvents({ points }: Track, frameOf: (laid: LaidPoint) => number): Generator<object, void, undefined> {
  const open: LaidPoint[] = []
  const parents = new Map(points.flatMap(({ node }) => node.children.map(child => [child, node] as const)))
  for (const point of points) {
    const parent = point.isNested ? parents.get(point.node) : undefined
    for (let last = open.at(-1); last !== undefined && last.node !== parent; last = open.at(-1)) {
      yield { type: 'C', frame: frameOf(last), at: last.endUs }
      open.pop()
    }
    yield { type: 'O', frame: frameOf(point), at: point.startUs }
    open.push(point)
  }
  for (const last of open.toReversed()) yield { type: 'C', frame: frameOf(last), at: last.endUs }
}

function* joinValues(values: Iterable<unknown>): Generator<string, void, undefined> {
  let separator = '\n'
  for (const value of values) {
    yield separator + writeJson(value, 0)
    separator = ',\n'
  }
}
