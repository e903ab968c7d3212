import { formatCount } from '@osprofiler/report'
import { coveredUs, toPhrase } from '@osprofiler/report/toolkit'
import { serviceColourStyle } from '../../shared/service-colour.js'
import { showDuration, showText } from '../../shared/show-text.js'
import { nameOfPoint, routeOfPoint, titleOfPoint, titleOfRepetition, tooltipOfRow } from '../model/point-text.js'
import { colourOfPoint, type TraceModel } from '../model/trace-model.js'
import { isFoldRow, pointOfRow, pointsOfRow, type RowId } from '../model/visible-rows.js'
import type { Range } from '../view/time-range.js'
import type { Patch, ViewState } from '../view/view-state.js'
import { listBandParts } from '../why/own-time.js'
import { coverRange } from './cover-range.js'
import { rowShortcuts } from './row-shortcuts.js'

interface WaterfallRowProps {
  readonly model: TraceModel
  readonly state: ViewState
  readonly row: RowId
  readonly level: number
  readonly place: number
  readonly topPx: number
  readonly kept: Uint8Array | undefined
  readonly toggle: (row: RowId) => void
  readonly patch: Patch
}

/** Rows at deeper levels are not indented further, because their names would be outside of the page. */
const MAX_INDENT_LEVELS = 16
const MAX_BARS = 400
const COVERED_TIME_TITLE = 'The time during which at least one of these points ran'

/** Shows a point, or folded siblings with all their bars, in one row. */
export function WaterfallRow({ model, state, row, level, place, topPx, kept, toggle, patch }: WaterfallRowProps) {
  const point = pointOfRow(row)
  const node = model.points[point]
  if (node === undefined) return null
  const members = pointsOfRow(model, row, kept)
  const nodes = members.flatMap(index => model.points[index] ?? [])
  const closable = rowShortcuts.isClosable(model, row)
  const open = rowShortcuts.isOpen(state, row)
  const classes = [
    'row',
    state.selected === row && 'selected',
    members.some(member => state.marked?.set.has(member)) && 'marked',
    kept?.[point] === 1 && 'context',
    node.failed && 'failed',
  ]
  const hasMarks = node.marks.length > 0
  return (
    <div
      id={`row-${place}`}
      class={classes.filter(Boolean).join(' ')}
      role="row"
      aria-rowindex={place + 2}
      aria-level={level + 1}
      aria-expanded={closable ? open : undefined}
      aria-selected={state.selected === row}
      style={{ top: `${topPx}px`, ...serviceColourStyle(colourOfPoint(model, point)) }}
      onClick={() => patch({ selected: row, detailsOpen: true })}
    >
      <span role="gridcell" class="cell-point" style={{ '--level': Math.min(level, MAX_INDENT_LEVELS) }}>
        {level > MAX_INDENT_LEVELS && (
          <span class="depth" title={`Level ${level + 1}`}>
            {level + 1}
          </span>
        )}
        <span
          class={closable ? `toggle ${open ? 'open' : ''}` : 'toggle leaf'}
          aria-hidden="true"
          onClick={event => {
            if (!closable) return
            event.stopPropagation()
            patch({ selected: row })
            if (event.shiftKey) patch(before => rowShortcuts.setSubtree(model, before, open))
            else toggle(row)
          }}
        />
        {members.length > 1 && <span class="times">{formatCount(members.length)} ×</span>}
        {node.failed && (
          <span class="flag bad" title="Failed">
            <span aria-hidden="true">✕</span>
            <span class="sr">Failed</span>
          </span>
        )}
        {hasMarks && !node.failed && (
          <span class="flag odd" title={node.marks.join(', ')}>
            <span aria-hidden="true">!</span>
            <span class="sr">{node.marks.join(', ')}</span>
          </span>
        )}
        <bdi class="name">{nameOfPoint(node)}</bdi>
        <bdi class="title" title={tooltipOfRow(nodes)}>
          {titleOf(model, row, members)}
        </bdi>
        {members.length === 1 && <bdi class="route quiet">{routeOfPoint(node)}</bdi>}
      </span>
      <span role="gridcell" class="cell-service">
        <span class="swatch" aria-hidden="true" />
        <bdi>{showText(node.service, 60)}</bdi>
      </span>
      <span role="gridcell" class="cell-duration" title={members.length > 1 ? COVERED_TIME_TITLE : undefined}>
        {showDuration(coveredUs(nodes))}
      </span>
      <span role="gridcell" class="cell-time">
        <Bars {...{ model, members }} range={state.range} critical={state.critical} />
      </span>
    </div>
  )
}

function titleOf(model: TraceModel, row: RowId, members: readonly number[]): string {
  const nodes = members.slice(0, 100).flatMap(index => model.points[index] ?? [])
  const [first] = nodes
  if (first === undefined) return ''
  const title = isFoldRow(row) ? titleOfRepetition(nodes) : titleOfPoint(first)
  return title === nameOfPoint(first) ? '' : title
}

interface BarsProps {
  readonly model: TraceModel
  readonly members: readonly number[]
  readonly range: Range
  readonly critical: boolean
}

function Bars({ model, members, range, critical }: BarsProps) {
  const spans = critical ? members.flatMap(member => model.criticalOf().get(member) ?? []) : []
  return (
    <>
      {members.length > MAX_BARS ? (
        <Density class="bar dense" intervals={members.map(member => intervalOf(model, member))} range={range} />
      ) : (
        members.map(member => {
          const { startUs, endUs } = intervalOf(model, member)
          const node = model.points[member]
          const place = placeInRange(range, startUs, endUs)
          if (node === undefined || place === undefined) return null
          return <span key={member} class={node.finishedUs === undefined ? 'bar endless' : 'bar'} style={place} />
        })
      )}
      {members.length <= MAX_BARS &&
        listBandParts(model, members, range).map(({ startUs, endUs, cause }) => {
          const place = placeInRange(range, startUs, endUs)
          return (
            place && (
              <span
                key={`${cause.kind}-${startUs}-${endUs}`}
                class={`cause cause-${cause.kind}`}
                title={showText(toPhrase(cause))}
                style={place}
              />
            )
          )
        })}
      {spans.length > MAX_BARS ? (
        <Density
          class="critical"
          intervals={spans.map(({ fromUs, toUs }) => ({ startUs: fromUs, endUs: toUs }))}
          range={range}
        />
      ) : (
        spans.map(({ fromUs, toUs }) => {
          const place = placeInRange(range, fromUs, toUs)
          return place && <span key={`${fromUs}-${toUs}`} class="critical" style={place} />
        })
      )}
    </>
  )
}

interface DensityProps {
  readonly class: string
  readonly intervals: readonly { readonly startUs: number; readonly endUs: number }[]
  readonly range: Range
}

/**
 * Shows where the bars of a row are, and how dense they are. Replaces single bars if there are more than `MAX_BARS`,
 * which would take long to draw and could not be distinguished.
 */
function Density({ class: name, intervals, range }: DensityProps) {
  return coverRange(intervals, range, MAX_BARS).map(({ fromUs, toUs, density }) => {
    const place = placeInRange(range, fromUs, toUs)
    return place && <span key={fromUs} class={name} style={{ ...place, opacity: 0.3 + 0.7 * density }} />
  })
}

function intervalOf({ startsUs, endsUs }: TraceModel, point: number): { startUs: number; endUs: number } {
  return { startUs: startsUs[point] ?? Number.NaN, endUs: endsUs[point] ?? Number.NaN }
}

/**
 * Returns the position of an interval in percent, or `undefined` if it is outside of the range or its times are
 * unknown.
 */
function placeInRange(
  { fromUs, toUs }: Range,
  startUs: number,
  endUs: number,
): { left: string; width: string } | undefined {
  if (!(startUs <= toUs && endUs >= fromUs)) return undefined
  const width = toUs - fromUs
  const left = Math.max(startUs - fromUs, -0.01 * width) / width
  const right = Math.min(endUs - fromUs, 1.01 * width) / width
  return { left: `${left * 100}%`, width: `${(right - left) * 100}%` }
}
