import { formatDuration } from '@osprofiler/report'
import { useEffect, useRef, useState } from 'preact/hooks'
import { readServiceColours } from '../../shared/service-colour.js'
import type { Theme } from '../../shared/theme.js'
import { colourOfPoint, type TraceModel } from '../model/trace-model.js'
import { computeLabelTicks, fitRange, type Range } from '../view/time-range.js'
import { useWheel, zoomOrPanRange } from '../view/use-wheel.js'
import { type Patch, wholeRange } from '../view/view-state.js'

interface MinimapProps {
  readonly model: TraceModel
  readonly range: Range
  readonly patch: Patch
  readonly theme: Theme
  readonly kept: Uint8Array | undefined
}

const HEIGHT_PX = 56

/**
 * Shows the whole trace in a small drawing. Dragging selects a range, dragging the range moves it, and the wheel zooms.
 */
export function Minimap({ model, range, patch, theme, kept }: MinimapProps) {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const { durationUs } = model
  const left = (range.fromUs / durationUs) * 100
  const right = (range.toUs / durationUs) * 100

  useEffect(() => {
    if (box.current === null) return undefined
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0))
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    const draw = (): void => {
      if (canvas.current !== null && width > 0) drawPoints(canvas.current, model, kept, width)
    }
    draw()
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', draw)
    return () => dark.removeEventListener('change', draw)
  }, [model, width, theme, kept])
  const zoom = (event: WheelEvent, element: HTMLElement): void => {
    event.preventDefault()
    const aroundUs = readMomentUs(element, durationUs, event.clientX)
    patch(({ range: before }) => ({ range: zoomOrPanRange(event, before, aroundUs, durationUs) }))
  }
  useWheel(box, zoom, [model, patch])
  const onPointerDown = useDrag(box, model, range, patch)

  const createKeyHandler = (edge: 'fromUs' | 'toUs') => (event: KeyboardEvent) => {
    const step = { ArrowLeft: -0.01, ArrowRight: 0.01, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 }[event.key]
    if (step === undefined || event.shiftKey) return
    event.preventDefault()
    patch(({ range: before }) => ({ range: moveEdge(before, edge, before[edge] + step * durationUs, durationUs) }))
  }
  return (
    <div
      class="minimap"
      ref={box}
      role="group"
      aria-label="The whole trace"
      onPointerDown={onPointerDown}
      onDblClick={() => patch({ range: wholeRange(model) })}
    >
      <canvas ref={canvas} height={HEIGHT_PX} aria-hidden="true" />
      <div class="minimap-ticks" aria-hidden="true">
        {computeLabelTicks({ fromUs: 0, toUs: durationUs }, Math.max(2, width / 140))
          .slice(1)
          .map(us => (
            <span key={us} style={{ left: `${(us / durationUs) * 100}%` }}>
              {formatDuration(us)}
            </span>
          ))}
      </div>
      <div class="shade" style={{ left: 0, width: `${left}%` }} />
      <div class="shade" style={{ left: `${right}%`, right: 0 }} />
      <div class="window" style={{ left: `${left}%`, width: `${right - left}%` }}>
        <Edge
          name="Start of the range"
          edge="from"
          us={range.fromUs}
          {...{ durationUs }}
          onKeyDown={createKeyHandler('fromUs')}
        />
        <Edge
          name="End of the range"
          edge="to"
          us={range.toUs}
          {...{ durationUs }}
          onKeyDown={createKeyHandler('toUs')}
        />
      </div>
    </div>
  )
}

interface EdgeProps {
  readonly name: string
  readonly edge: 'from' | 'to'
  readonly us: number
  readonly durationUs: number
  readonly onKeyDown: (event: KeyboardEvent) => void
}

function Edge({ name, edge, us, durationUs, onKeyDown }: EdgeProps) {
  return (
    <div
      class={`edge edge-${edge}`}
      data-edge={edge}
      role="slider"
      tabIndex={0}
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={Math.round(durationUs)}
      aria-valuenow={Math.round(us)}
      aria-valuetext={formatDuration(us)}
      onKeyDown={onKeyDown}
    />
  )
}

function useDrag(box: { readonly current: HTMLDivElement | null }, model: TraceModel, range: Range, patch: Patch) {
  return (down: PointerEvent): void => {
    const element = box.current
    if (element === null || down.button !== 0) return
    const { durationUs } = model
    const target = down.target as HTMLElement
    const edge = target.dataset.edge
    const isWhole = range.fromUs === 0 && range.toUs === durationUs
    const isMove = edge === undefined && target.classList.contains('window') && !isWhole
    const at = readMomentUs(element, durationUs, down.clientX)
    const move = (event: PointerEvent): void => {
      const us = readMomentUs(element, durationUs, event.clientX)
      if (edge !== undefined) patch({ range: moveEdge(range, edge === 'from' ? 'fromUs' : 'toUs', us, durationUs) })
      else if (isMove)
        patch({ range: fitRange({ fromUs: range.fromUs + us - at, toUs: range.toUs + us - at }, durationUs) })
      else if (Math.abs(event.clientX - down.clientX) > 3) {
        patch({ range: fitRange({ fromUs: Math.min(at, us), toUs: Math.max(at, us) }, durationUs) })
      }
    }
    const end = (): void => {
      element.removeEventListener('pointermove', move)
      element.removeEventListener('pointerup', end)
      element.removeEventListener('pointercancel', end)
    }
    element.setPointerCapture(down.pointerId)
    element.addEventListener('pointermove', move)
    element.addEventListener('pointerup', end)
    element.addEventListener('pointercancel', end)
  }
}

function readMomentUs(element: HTMLElement, durationUs: number, clientX: number): number {
  const { left, width } = element.getBoundingClientRect()
  return Math.min(Math.max(0, (clientX - left) / width), 1) * durationUs
}

function moveEdge(range: Range, edge: 'fromUs' | 'toUs', us: number, durationUs: number): Range {
  const gap = Math.max(durationUs / 10_000, 1)
  return edge === 'fromUs'
    ? { fromUs: Math.min(Math.max(0, us), range.toUs - gap), toUs: range.toUs }
    : { fromUs: range.fromUs, toUs: Math.max(Math.min(durationUs, us), range.fromUs + gap) }
}

/** Draws one line per point in tree order. If there are more lines than pixels, several lines share a pixel. */
function drawPoints(canvas: HTMLCanvasElement, model: TraceModel, kept: Uint8Array | undefined, width: number): void {
  const scale = devicePixelRatio
  canvas.width = width * scale
  canvas.height = HEIGHT_PX * scale
  const context = canvas.getContext('2d')
  if (context === null) return
  const { points, startsUs, endsUs, durationUs } = model
  const colours = readServiceColours()
  const top = 16 * scale
  const rowHeight = (canvas.height - top - 4 * scale) / points.length
  const thickness = Math.max(Math.min(rowHeight * 0.75, 4 * scale), 1 * scale)
  context.globalAlpha = points.length > 2000 ? 0.5 : 1
  // The bars that are drawn already. If many lines share a pixel, drawing the same color there again would change
  // nothing.
  const drawn = new Set<number>()
  for (let index = 0; index < points.length; index++) {
    const start = startsUs[index] ?? Number.NaN
    if (Number.isNaN(start) || kept?.[index] === 0) continue
    const x = Math.round((start / durationUs) * canvas.width)
    const y = Math.round(top + index * rowHeight)
    const length = Math.max(Math.round((((endsUs[index] ?? start) - start) / durationUs) * canvas.width), scale)
    const service = colourOfPoint(model, index) % colours.length
    const place = (x * 128 + y) * 65_536 * 8 + Math.min(length, 65_535) * 8 + service
    if (drawn.has(place)) continue
    drawn.add(place)
    context.fillStyle = colours[service] ?? 'gray'
    context.fillRect(x, y, length, thickness)
  }
}
