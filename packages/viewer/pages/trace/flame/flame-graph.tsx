import { formatCount, formatDuration, formatShare } from '@osprofiler/report'
import { formatCounted } from '@osprofiler/report/toolkit'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { serviceColourStyle } from '../../shared/service-colour.js'
import { showText } from '../../shared/show-text.js'
import { siteOfPoints } from '../model/point-text.js'
import type { TraceModel } from '../model/trace-model.js'
import type { Marked } from '../view/view-state.js'
import { CpuFlame } from '../why/cpu-flame.js'
import { createFlameTree, type FlameFrame, type FlameTree } from './flame-tree.js'

interface FlameGraphProps {
  readonly model: TraceModel
  readonly mark: (label: string, points: readonly number[]) => void
  readonly marked: Marked | undefined
}

const FRAME_HEIGHT_PX = 24
/** Narrower frames cannot be distinguished, and would be too many for a page. */
const MIN_FRAME_PX = 2
const MAX_FRAMES = 3000

/**
 * Shows where the time went, by path from the top. Points with equal paths share a frame, whose width is the sum of
 * their times.
 */
export function FlameGraph(props: FlameGraphProps) {
  const [isCpu, setIsCpu] = useState(false)
  const hasCpu = props.model.causes().accounts.some(({ causes }) => causes.some(({ kind }) => kind === 'cpu'))
  if (!hasCpu) return <TimeFlame {...props} />
  const tabs = (
    <div class="tabs" role="group" aria-label="Show">
      <button type="button" aria-pressed={!isCpu} onClick={() => setIsCpu(false)}>
        Time
      </button>
      <button type="button" aria-pressed={isCpu} onClick={() => setIsCpu(true)}>
        CPU
      </button>
    </div>
  )
  if (!isCpu) return <TimeFlame {...props} tabs={tabs} />
  return (
    <section class="flame cpu" aria-label="Flame graph">
      {tabs}
      <CpuFlame model={props.model} />
    </section>
  )
}

function TimeFlame({ model, mark, marked, tabs }: FlameGraphProps & { readonly tabs?: preact.ComponentChildren }) {
  const tree = useMemo(() => createFlameTree(model), [model])
  const [focus, setFocus] = useFrameState(model, tree)
  const [chosen, setActive] = useFrameState(model, tree)
  const active = chosen ?? tree.roots[0] ?? 0
  const box = useRef<HTMLDivElement>(null)
  const { width, top, height } = useVisibleArea(box)
  const zoomed = focus === undefined ? undefined : tree.frames[focus]
  const fromUs = zoomed?.offsetUs ?? 0
  const spanUs = Math.max(zoomed?.valueUs ?? tree.totalUs, 1)
  const shown = findVisibleFrames(tree, { fromUs, spanUs, width, top, height })
  const frame = tree.frames[active]

  const choose = (index: number): void => {
    setActive(index)
    const row = tree.frames[index]?.depth ?? 0
    const element = box.current
    if (element === null) return
    if (row * FRAME_HEIGHT_PX < element.scrollTop) element.scrollTop = row * FRAME_HEIGHT_PX
    else if ((row + 2) * FRAME_HEIGHT_PX > element.scrollTop + element.clientHeight) {
      element.scrollTop = (row + 2) * FRAME_HEIGHT_PX - element.clientHeight
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) return
    if (event.key === 'Enter') setFocus(active)
    else if (event.key === 'Escape' || event.key === '0') setFocus(undefined)
    else {
      const next = findNeighbour(tree, active, event.key)
      if (next === undefined) return
      choose(next)
    }
    event.preventDefault()
  }
  return (
    <section class="flame" aria-label="Flame graph">
      <div class="flame-facts" role="status">
        {frame !== undefined && <FrameFacts frame={frame} model={model} totalUs={tree.totalUs} />}
      </div>
      <div class="flame-actions">
        {tabs}
        <button
          type="button"
          class="button"
          disabled={frame === undefined}
          onClick={() => frame && mark(frame.title, frame.points)}
        >
          Show in the waterfall
        </button>
        <button type="button" class="button" disabled={focus === undefined} onClick={() => setFocus(undefined)}>
          Show the whole trace
        </button>
      </div>
      <div
        ref={box}
        class="frames"
        role="tree"
        aria-label="Frames"
        tabIndex={0}
        aria-activedescendant={shown.includes(active) ? `frame-${active}` : undefined}
        onKeyDown={onKeyDown}
      >
        {tree.totalUs === 0 && (
          <p class="quiet none" role="presentation">
            No point of this trace has a known duration.
          </p>
        )}
        <div class="frames-inner" role="presentation" style={{ height: `${(tree.deepest + 1) * FRAME_HEIGHT_PX}px` }}>
          {shown.map(index => {
            const { title, name, service, failed, depth, offsetUs, valueUs, points } = tree.frames[index] as FlameFrame
            const left = Math.max((offsetUs - fromUs) / spanUs, 0)
            const right = Math.min((offsetUs + valueUs - fromUs) / spanUs, 1)
            const isMarked = marked !== undefined && points.some(point => marked.set.has(point))
            const words = points.length > 1 ? `${formatCount(points.length)} × ${title}` : title
            const classes = ['frame', index === active && 'active', failed && 'failed', isMarked && 'marked']
            return (
              <div
                key={index}
                id={`frame-${index}`}
                class={classes.filter(Boolean).join(' ')}
                role="treeitem"
                aria-level={depth + 1}
                aria-selected={index === active}
                aria-label={`${words}, ${showText(name, 60)}, ${formatDuration(valueUs)}`}
                style={{
                  left: `${left * 100}%`,
                  width: `${(right - left) * 100}%`,
                  top: `${depth * FRAME_HEIGHT_PX}px`,
                  ...serviceColourStyle(model.colours[service] ?? 0),
                }}
                onClick={() => {
                  setActive(index)
                  setFocus(index)
                }}
                onPointerEnter={() => setActive(index)}
              >
                {(right - left) * width > 30 && <bdi>{words}</bdi>}
              </div>
            )
          })}
        </div>
      </div>
    </section>
  )
}

interface FrameFactsProps {
  readonly frame: FlameFrame
  readonly model: TraceModel
  readonly totalUs: number
}

function FrameFacts({ frame, model, totalUs }: FrameFactsProps) {
  const site = siteOfPoints(frame.points.flatMap(index => model.points[index] ?? []))
  return (
    <>
      <p class="frame-title" style={serviceColourStyle(model.colours[frame.service] ?? 0)}>
        <span class="swatch" aria-hidden="true" />
        <bdi class="name">{showText(frame.name, 60)}</bdi> <bdi>{frame.title}</bdi>
      </p>
      <p class="quiet">
        {showText(model.services[frame.service], 60)} · {formatCounted(frame.points.length, 'point')} ·{' '}
        {formatDuration(frame.valueUs)} ({formatShare(frame.valueUs / Math.max(totalUs, 1))}),{' '}
        {formatDuration(frame.selfUs)} self time
        {site !== '' && (
          <>
            {' · '}
            <code>
              <bdi>{site}</bdi>
            </code>
          </>
        )}
      </p>
    </>
  )
}

interface VisibleArea {
  readonly fromUs: number
  readonly spanUs: number
  readonly width: number
  readonly top: number
  readonly height: number
}

/** Returns the frames that are wide enough to be seen. Frames below a frame that is too narrow are not searched. */
function findVisibleFrames(
  { frames, roots }: FlameTree,
  { fromUs, spanUs, width, top, height }: VisibleArea,
): number[] {
  const found: number[] = []
  const waiting = [...roots]
  for (let index = waiting.pop(); index !== undefined && found.length < MAX_FRAMES; index = waiting.pop()) {
    const frame = frames[index]
    if (frame === undefined || frame.offsetUs >= fromUs + spanUs || frame.offsetUs + frame.valueUs <= fromUs) continue
    if ((frame.valueUs / spanUs) * width < MIN_FRAME_PX || frame.depth * FRAME_HEIGHT_PX > top + height) continue
    if ((frame.depth + 1) * FRAME_HEIGHT_PX >= top) found.push(index)
    for (const child of frame.children) waiting.push(child)
  }
  return found
}

function findNeighbour({ frames, roots }: FlameTree, index: number, key: string): number | undefined {
  const frame = frames[index]
  if (frame === undefined) return undefined
  const siblings = frame.parent < 0 ? roots : (frames[frame.parent]?.children ?? [])
  const place = siblings.indexOf(index)
  if (key === 'ArrowDown') return frame.children[0]
  if (key === 'ArrowUp') return frame.parent < 0 ? undefined : frame.parent
  if (key === 'ArrowLeft') return siblings[place - 1]
  if (key === 'ArrowRight') return siblings[place + 1]
  return key === 'Home' ? roots[0] : undefined
}

/** Remembers the chosen frame by its first point, because a newer report may number the frames differently. */
function useFrameState(model: TraceModel, { frames, frameOf }: FlameTree) {
  const [traceId, setTraceId] = useState<string>()
  const point = traceId === undefined ? undefined : model.indexOf.get(traceId)
  const frame = point === undefined ? undefined : frameOf[point]
  const setFrame = (index: number | undefined): void => {
    const first = index === undefined ? undefined : frames[index]?.points[0]
    setTraceId(first === undefined ? undefined : model.points[first]?.traceId)
  }
  return [frame, setFrame] as const
}

function useVisibleArea(box: { readonly current: HTMLDivElement | null }) {
  const [size, setSize] = useState({ width: 1000, top: 0, height: 600 })
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const follow = (): void =>
      setSize({ width: element.clientWidth, top: element.scrollTop, height: element.clientHeight })
    const observer = new ResizeObserver(follow)
    observer.observe(element)
    element.addEventListener('scroll', follow, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', follow)
    }
  }, [])
  return size
}
