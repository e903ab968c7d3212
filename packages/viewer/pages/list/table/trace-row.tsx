import { formatCount, formatDuration } from '@osprofiler/report'
import { Component } from 'preact'
import type { ListedTrace } from '../../../src/protocol/listed-trace.js'
import { formatTime, toMachineTime } from '../../shared/format-time.js'
import { serviceColourStyle } from '../../shared/service-colour.js'
import { downloadAddress, traceAddress } from '../loading/trace-address.js'
import { StatusMark } from './status-mark.js'

interface TraceRowProps {
  readonly trace: ListedTrace
  readonly colour: number
  /** The trace's duration as a share of a duration that few traces exceed; at most 1. */
  readonly share: number
  readonly isChosen: boolean
  readonly hasArrived: boolean
  readonly choose: (ref: string, isChosen: boolean) => void
}

/**
 * A row of the list. `shouldComponentUpdate` avoids drawing unchanged rows again, because there may be thousands of
 * rows.
 */
export class TraceRow extends Component<TraceRowProps> {
  override shouldComponentUpdate(next: TraceRowProps): boolean {
    const { trace, colour, share, isChosen } = this.props
    return next.trace !== trace || next.colour !== colour || next.share !== share || next.isChosen !== isChosen
  }

  override render() {
    const { trace, colour, share, isChosen, hasArrived, choose } = this.props
    const { ref, id, timestamp, service, project, points, durationUs, failed, error } = trace
    const label = createRowLabel(trace)
    const classes = [failed && 'failed', isChosen && 'chosen', hasArrived && 'arrived']
    return (
      <tr data-ref={ref} class={classes.filter(Boolean).join(' ')}>
        <td class="choice">
          <label>
            <input
              type="checkbox"
              aria-label={`Compare ${label}, ${id}`}
              checked={isChosen}
              onChange={event => choose(ref, event.currentTarget.checked)}
            />
          </label>
        </td>
        <td class="time">
          <time dateTime={toMachineTime(timestamp)} title={`${timestamp} UTC`}>
            {formatTime(timestamp, new Date())}
          </time>
        </td>
        <td class="what">
          <div>
            <RequestLink trace={trace} />
            <bdi class="beside quiet">{findRoute(trace)}</bdi>
            {failed && (
              <span class="mark" title={error}>
                <bdi>{error || 'error'}</bdi>
              </span>
            )}
            {trace.isFile && <span class="file">file</span>}
          </div>
        </td>
        <td class="where" style={serviceColourStyle(colour)}>
          <span class="swatch" aria-hidden="true" />
          <bdi title={project === '' ? service : `${service}, project ${project}`}>{service}</bdi>
        </td>
        <td class="status">
          <StatusMark status={trace.status} />
        </td>
        <td class="duration">
          <Duration trace={trace} />
          {durationUs !== null && (
            <span class="share" aria-hidden="true" style={{ width: `${Math.max(share * 100, 1)}%` }} />
          )}
        </td>
        <td class="points">{points === null ? '' : formatCount(points)}</td>
        <td class="which">
          <code class="id" title={id}>
            <bdi>{id}</bdi>
          </code>
        </td>
        <td class="saving">
          <a href={downloadAddress(ref, 'json')} download="" aria-label={`Download ${label} as JSON`}>
            JSON
          </a>
          <a href={downloadAddress(ref, 'html')} download="" aria-label={`Download ${label} as HTML`}>
            HTML
          </a>
        </td>
      </tr>
    )
  }
}

/**
 * Shows a trace's action as a link to the trace. The first point's name precedes the action, unless the point is a
 * served request.
 */
function RequestLink({ trace }: { readonly trace: ListedTrace }) {
  const { ref, name, request, pattern } = trace
  const isServed = name === 'request' && request !== ''
  return (
    <a class="request" href={traceAddress(ref)} title={pattern === request ? request : `${request}\n${pattern}`}>
      {!isServed && <bdi class="point-name">{name || '(no name)'}</bdi>}
      {!isServed && request !== '' && ' '}
      <bdi>{request}</bdi>
    </a>
  )
}

/** Returns the route if it is known and differs from the request. */
function findRoute({ name, request, pattern }: ListedTrace): string {
  if (name !== 'request' || request === '' || pattern === request) return ''
  return pattern.slice(pattern.indexOf(' ') + 1)
}

function createRowLabel({ name, request }: ListedTrace): string {
  return name === 'request' && request !== '' ? request : `${name || '(no name)'} ${request}`.trim()
}

function Duration({ trace: { durationUs, reading, records } }: { readonly trace: ListedTrace }) {
  if (durationUs !== null) return <>{formatDuration(durationUs)}</>
  if (reading !== 'large') return null
  return (
    <span
      class="quiet"
      title={`${formatCount(records)} records are too many to read for a list. Open the trace to see its duration.`}
    >
      too large
    </span>
  )
}
