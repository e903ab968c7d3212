import { createRepetitionKey, shownName } from '@osprofiler/report'
import { titleOfPoint, titleOfRepetition } from '../model/point-text.js'
import type { TraceModel } from '../model/trace-model.js'

/** Points with the same action and the same path from the top. */
export interface FlameFrame {
  readonly title: string
  readonly name: string
  readonly service: number
  readonly failed: boolean
  readonly depth: number
  /** The index of the parent; -1 at the top. */
  readonly parent: number
  readonly children: readonly number[]
  readonly points: readonly number[]
  readonly selfUs: number
  /** The self time of this frame and of all frames below it. Parallel work is added up. */
  readonly valueUs: number
  /** The frame's start on the time axis. Siblings are side by side, widest first. */
  readonly offsetUs: number
}

/** The frames of a flame graph, parents before children. `roots` are indexes into `frames`. */
export interface FlameTree {
  readonly frames: readonly FlameFrame[]
  readonly roots: readonly number[]
  /** The index of each point's frame. */
  readonly frameOf: Int32Array
  readonly totalUs: number
  readonly deepest: number
}

type Draft = { -readonly [Key in keyof FlameFrame]: FlameFrame[Key] } & { children: number[]; points: number[] }

/** Creates the flame graph of a trace. Widths are self times, in microseconds. */
export function createFlameTree(model: TraceModel): FlameTree {
  const { frames, frameOf } = mergePoints(model)
  let deepest = 0
  for (let index = frames.length - 1; index >= 0; index--) {
    const frame = frames[index]
    if (frame === undefined) continue
    frame.valueUs += frame.selfUs
    deepest = Math.max(deepest, frame.depth)
    const parent = frames[frame.parent]
    if (parent !== undefined) parent.valueUs += frame.valueUs
  }
  const roots = frames.flatMap((frame, index) => (frame.parent < 0 ? [index] : []))
  const totalUs = placeSiblings(frames, roots, 0)
  for (const frame of frames) placeSiblings(frames, frame.children, frame.offsetUs)
  return { frames, roots, frameOf, totalUs, deepest }
}

/** Merges points with equal paths into frames. Parents come before children. */
function mergePoints(model: TraceModel): { readonly frames: Draft[]; readonly frameOf: Int32Array } {
  const keyOf = createRepetitionKey()
  const selfUs = model.selfUs()
  const frames: Draft[] = []
  const places = new Map<string, number>()
  const frameOf = new Int32Array(model.points.length)
  model.points.forEach((node, index) => {
    const parentPoint = model.parents[index] ?? -1
    const parent = parentPoint < 0 ? -1 : (frameOf[parentPoint] ?? -1)
    const key = `${parent} ${keyOf(node)}`
    let place = places.get(key)
    if (place === undefined) {
      place = frames.length
      places.set(key, place)
      frames.push(createFrame(shownName(node.name), model.serviceOf[index] ?? 0, parent, frames[parent]))
      frames[parent]?.children.push(place)
    }
    frameOf[index] = place
    const frame = frames[place]
    if (frame === undefined) return
    frame.points.push(index)
    frame.selfUs += selfUs.get(node) ?? 0
    frame.failed ||= node.failed
  })
  for (const frame of frames) frame.title = titleOfFrame(model, frame.points)
  return { frames, frameOf }
}

function createFrame(name: string, service: number, parent: number, above: Draft | undefined): Draft {
  const depth = above === undefined ? 0 : above.depth + 1
  const zero = { selfUs: 0, valueUs: 0, offsetUs: 0 }
  return { title: '', name, service, failed: false, depth, parent, children: [], points: [], ...zero }
}

function titleOfFrame(model: TraceModel, points: readonly number[]): string {
  const nodes = points.slice(0, 100).flatMap(index => model.points[index] ?? [])
  const [first] = nodes
  if (first === undefined) return ''
  return nodes.length === 1 ? titleOfPoint(first) : titleOfRepetition(nodes)
}

function placeSiblings(frames: readonly Draft[], siblings: number[], fromUs: number): number {
  siblings.sort((a, b) => (frames[b]?.valueUs ?? 0) - (frames[a]?.valueUs ?? 0))
  let offsetUs = fromUs
  for (const index of siblings) {
    const frame = frames[index]
    if (frame === undefined) continue
    frame.offsetUs = offsetUs
    offsetUs += frame.valueUs
  }
  return offsetUs - fromUs
}
