import { joinChunks } from '../json/join-chunks.js'
import { writeJson } from '../json/write-json.js'
import { embedRecords, listRecords } from '../tree/list-records.js'
import type { Report } from '../tree/report.js'
import { exportLabel, exportService } from './export-label.js'
import { type Laid, layTracks, type Track } from './lay-tracks.js'

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json'

/**
 * A report as a file for https://www.speedscope.app, in pieces. What runs one within another, across services, is one
 * profile; points that run at the same time as a sibling begin further profiles, so that nothing is hidden. A frame's
 * file is its service. Times are in microseconds since the trace's first record; a point whose end is unknown reaches to
 * its parent's. The records stand under `osprofiler`, which speedscope passes over, for `readTraceFile`.
 *
 * The format: `file-format-schema.json` of the npm package speedscope, profiles of the type `evented`.
 */
export function exportSpeedscope(report: Report): Generator<string, void, undefined> {
  return joinChunks(writeDocument(report))
}

function* writeDocument(report: Report): Generator<string, void, undefined> {
  const tracks = layTracks(report, () => '')
  const { frames, frameOf } = listFrames(tracks)
  yield `{"$schema":"${SCHEMA}","exporter":"osprofiler","name":${writeJson(`Trace ${report.baseId ?? ''}`.trimEnd(), 0)},\n`
  yield '"activeProfileIndex":0,\n"shared":{"frames":['
  yield* separated(frames)
  yield ']},\n"profiles":['
  for (const [index, track] of tracks.entries()) {
    const endValue = track.laid.reduce((end, { endUs }) => Math.max(end, endUs), report.durationUs ?? 0)
    const name = profileName(track, index)
    yield `${index === 0 ? '' : ','}\n{"type":"evented","name":${writeJson(name, 0)},"unit":"microseconds",`
    yield `"startValue":0,"endValue":${endValue},"events":[`
    yield* separated(listEvents(track, frameOf))
    yield ']}'
  }
  yield '],\n"osprofiler":{"records":['
  yield* separated(embedRecords(listRecords(report)))
  yield ']}}\n'
}

function profileName({ laid: [first] }: Track, index: number): string {
  return first === undefined ? `${index + 1}` : `${index + 1} ${exportService(first.node)}: ${exportLabel(first.node)}`
}

/** Each service's doing is one frame, however often it is done: speedscope adds up its times. */
function listFrames(tracks: readonly Track[]): { frames: object[]; frameOf: (laid: Laid) => number } {
  const indexes = new Map<string, number>()
  const frames: object[] = []
  const frameOf = ({ node }: Laid): number => {
    const name = exportLabel(node)
    const file = exportService(node)
    const key = JSON.stringify([name, file])
    const known = indexes.get(key)
    if (known !== undefined) return known
    indexes.set(key, frames.length)
    return frames.push({ name, file }) - 1
  }
  for (const { laid } of tracks) for (const point of laid) frameOf(point)
  return { frames, frameOf }
}

/** Everything opens and closes in its own order, as on a stack, and time never goes back. */
function* listEvents({ laid }: Track, frameOf: (laid: Laid) => number): Generator<object, void, undefined> {
  const open: Laid[] = []
  const parents = new Map(laid.flatMap(({ node }) => node.children.map(child => [child, node] as const)))
  for (const point of laid) {
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

function* separated(values: Iterable<unknown>): Generator<string, void, undefined> {
  let separator = '\n'
  for (const value of values) {
    yield separator + writeJson(value, 0)
    separator = ',\n'
  }
}
