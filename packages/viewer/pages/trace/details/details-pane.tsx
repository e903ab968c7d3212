import { formatCount, formatShare, type ReportNode } from '@osprofiler/report'
import { coveredUs, MARK_WORDS, nearestRank, recordsOfPoint } from '@osprofiler/report/toolkit'
import { useMemo, useState } from 'preact/hooks'
import { CopyButton } from '../../shared/copy-button.js'
import { serviceColourStyle } from '../../shared/service-colour.js'
import { showDuration, showText } from '../../shared/show-text.js'
import { CallSiteEntry } from '../code/call-site.js'
import type { EditorSetting } from '../code/editor-setting.js'
import { nameOfPoint, titleOfRepetition, wholeTitleOfPoint } from '../model/point-text.js'
import { colourOfPoint, type TraceModel } from '../model/trace-model.js'
import { isFoldRow, pointOfRow, pointsOfRow, type RowId } from '../model/visible-rows.js'
import type { Patch } from '../view/view-state.js'
import { rowShortcuts } from '../waterfall/row-shortcuts.js'
import { CauseList } from '../why/cause-list.js'
import { PointFacts } from './point-facts.js'
import { formatRecord } from './raw-text.js'

interface DetailsPaneProps extends EditorSetting {
  readonly model: TraceModel
  readonly row: RowId
  readonly kept: Uint8Array | undefined
  readonly patch: Patch
}

/** Shows the facts and records of a row's point, or the statistics of its folded points. */
export function DetailsPane({ model, row, kept, patch, ...setting }: DetailsPaneProps) {
  const point = pointOfRow(row)
  const node = model.points[point]
  if (node === undefined) return null
  return (
    <aside class="details" aria-label="Details" style={serviceColourStyle(colourOfPoint(model, point))}>
      <div class="details-head">
        <p class="kind">
          <span class="swatch" aria-hidden="true" />
          <bdi>{nameOfPoint(node)}</bdi>
          {node.service !== undefined && (
            <>
              {' in '}
              <bdi>{showText(node.service, 60)}</bdi>
            </>
          )}
        </p>
        <button type="button" class="button" aria-label="Close details" onClick={() => patch({ detailsOpen: false })}>
          <span aria-hidden="true">✕</span>
        </button>
      </div>
      {rowShortcuts.isClosable(model, row) && (
        <p class="subtree">
          <button
            type="button"
            class="button"
            onClick={() => patch(state => rowShortcuts.setSubtree(model, state, false))}
          >
            Open all below
          </button>
          <button
            type="button"
            class="button"
            onClick={() => patch(state => rowShortcuts.setSubtree(model, state, true))}
          >
            Close all below
          </button>
        </p>
      )}
      {isFoldRow(row) ? (
        <Repeated model={model} members={pointsOfRow(model, row, kept)} {...setting} />
      ) : (
        <Single key={node.traceId} model={model} node={node} {...setting} />
      )}
    </aside>
  )
}

interface RepeatedProps extends EditorSetting {
  readonly model: TraceModel
  readonly members: readonly number[]
}

function Repeated({ model, members, ...setting }: RepeatedProps) {
  const nodes = members.flatMap(index => model.points[index] ?? [])
  const durations = nodes.flatMap(node => node.durationUs ?? []).sort((a, b) => a - b)
  const sumUs = durations.length === 0 ? undefined : durations.reduce((sum, us) => sum + us, 0)
  return (
    <>
      <h2>
        <bdi>{titleOfRepetition(nodes)}</bdi>
      </h2>
      <dl class="numbers">
        <Entry name="Points">{formatCount(nodes.length)}</Entry>
        <Entry name="Elapsed">{showDuration(coveredUs(nodes))}</Entry>
        <Entry name="Sum">{showDuration(sumUs)}</Entry>
        <Entry name="p50">{showDuration(nearestRank(durations, 0.5))}</Entry>
        <Entry name="Longest">{showDuration(durations.at(-1))}</Entry>
      </dl>
      <CallSiteEntry nodes={nodes} {...setting} />
      <p class="quiet">Elapsed is the time during which at least one point ran. Sum adds up all durations.</p>
      <p class="quiet">Open the row (→) to see each point.</p>
    </>
  )
}

interface SingleProps extends EditorSetting {
  readonly model: TraceModel
  readonly node: ReportNode
}

function Single({ model, node, ...setting }: SingleProps) {
  const selfUs = model.selfUs().get(node)
  const message = (node.stop?.info as { readonly message?: unknown } | null | undefined)?.message
  return (
    <>
      <h2>
        <bdi>{wholeTitleOfPoint(node)}</bdi>
      </h2>
      {node.exception !== undefined && (
        <p class="exception">
          <strong>
            <bdi>{showText(node.exception)}</bdi>
          </strong>{' '}
          <bdi>{typeof message === 'string' ? showText(message, 2000) : ''}</bdi>
        </p>
      )}
      {node.marks.map(mark => (
        <p key={mark} class="mark">
          This point {MARK_WORDS[mark]}.
        </p>
      ))}
      <dl class="numbers">
        <Entry name="Started at">{showDuration(node.startedUs)}</Entry>
        <Entry name="Duration">{showDuration(node.durationUs)}</Entry>
        <Entry name="Share of trace">
          {node.durationUs === undefined ? 'unknown' : formatShare(node.durationUs / model.durationUs)}
        </Entry>
        <Entry name="Self time">{showDuration(selfUs)}</Entry>
      </dl>
      <PointFacts node={node} />
      <CallSiteEntry nodes={[node]} {...setting} />
      <CauseList model={model} node={node} />
      <dl class="ids">
        <Id name="Point" id={node.traceId} />
        {node.parentId !== undefined && <Id name="Parent" id={node.parentId} />}
        {nameOfPoint(node) !== showText(node.name, 60) && (
          <Entry name="Recorded as">
            <code>{showText(node.name, 60)}</code>
          </Entry>
        )}
        {node.host !== undefined && (
          <Entry name="Host">
            <bdi>{showText(node.host)}</bdi>
          </Entry>
        )}
        {node.project !== undefined && (
          <Entry name="Project">
            <bdi>{showText(node.project)}</bdi>
          </Entry>
        )}
      </dl>
      {recordsOfPoint(node).map((record, index) => (
        <RawRecord key={index} record={record} />
      ))}
    </>
  )
}

function Entry({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Id({ name, id }: { readonly name: string; readonly id: string }) {
  const shown = showText(id)
  return (
    <Entry name={name}>
      <code>
        <bdi>{shown}</bdi>
      </code>
      <CopyButton text={shown} what={`the ${name.toLowerCase()}'s id`} />
    </Entry>
  )
}

const MAX_COLLAPSED_CHARS = 20_000

function RawRecord({ record }: { readonly record: { readonly name?: unknown } }) {
  const [whole, setWhole] = useState(false)
  const text = useMemo(() => formatRecord(record), [record])
  const shown = whole ? text : text.slice(0, MAX_COLLAPSED_CHARS)
  const name = typeof record?.name === 'string' ? showText(record.name, 60) : 'record'
  return (
    <details class="raw" open>
      <summary>
        <bdi>{name}</bdi>
      </summary>
      <CopyButton text={shown} what={`the record ${name}`} />
      <pre tabIndex={0}>{shown}</pre>
      {text.length > MAX_COLLAPSED_CHARS && !whole && (
        <button type="button" class="button" onClick={() => setWhole(true)}>
          Show all {formatCount(text.length)} characters
        </button>
      )}
    </details>
  )
}
