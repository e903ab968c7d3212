import { formatCount, formatDuration } from '@osprofiler/report'
import { useMemo, useState } from 'preact/hooks'
import type { ListedTrace } from '../../../src/protocol/listed-trace.js'
import { serviceColourStyle } from '../../shared/service-colour.js'
import { SortHead } from '../../shared/sort-head.js'
import { type SortColumn, type Sorting, toggleSorting } from '../../shared/sorting.js'
import { traceAddress } from '../loading/trace-address.js'
import { computeRouteStatistics, type RouteColumn, type RouteStatistics, sortRoutes } from './route-statistics.js'
import { computeSpreadScale, SpreadBar, type SpreadScale } from './spread-bar.js'

interface RoutesPanelProps {
  readonly traces: readonly ListedTrace[]
  /** The key of the route by which the list is filtered, or `''`. */
  readonly chosen: string
  readonly colours: ReadonlyMap<string, number>
  readonly choose: (key: string) => void
}

const COLUMNS: readonly SortColumn<RouteColumn>[] = [
  ['pattern', 'Route'],
  ['count', 'Count'],
  ['p50Us', 'p50', 'Half of the traces took at most this long'],
  ['p95Us', 'p95', '95 % of the traces took at most this long'],
  ['slowestUs', 'Slowest'],
]
const MAX_ROUTES = 500

/** Shows the routes of the listed traces with their durations. Choosing a route filters the list. */
export function RoutesPanel({ traces, chosen, colours, choose }: RoutesPanelProps) {
  const [sorting, setSorting] = useState<Sorting<RouteColumn>>({ key: 'count', descending: true })
  const routes = useMemo(() => computeRouteStatistics(traces), [traces])
  const sorted = useMemo(() => sortRoutes(routes, sorting), [routes, sorting])
  const scale = useMemo(() => computeSpreadScale(routes), [routes])
  if (routes.length === 0) return null

  const sortBy = (key: RouteColumn): void => setSorting(toggleSorting(sorting, key, key !== 'pattern'))
  return (
    <details class="routes card" open={!matchMedia('(max-width: 760px)').matches}>
      <summary>
        Routes <span class="count">{formatCount(routes.length)}</span>
      </summary>
      <div class="routes-table" role="region" aria-label="Routes" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {COLUMNS.map(column => (
                <SortHead
                  key={column[0]}
                  class={column[0] === 'pattern' ? 'route' : 'figure'}
                  {...{ column, sorting, sortBy }}
                />
              ))}
              <th scope="col" class="spread">
                p50 to slowest
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MAX_ROUTES).map(route => (
              <RouteRow
                key={route.key}
                route={route}
                colour={colours.get(route.service) ?? 0}
                isChosen={route.key === chosen}
                scale={scale}
                choose={choose}
              />
            ))}
          </tbody>
        </table>
        {routes.length > MAX_ROUTES && (
          <p class="rest">
            Only the first {MAX_ROUTES} of {formatCount(routes.length)} routes are shown.
          </p>
        )}
      </div>
    </details>
  )
}

interface RouteRowProps {
  readonly route: RouteStatistics
  readonly colour: number
  readonly isChosen: boolean
  readonly scale: SpreadScale
  readonly choose: (key: string) => void
}

function RouteRow({ route, colour, isChosen, scale, choose }: RouteRowProps) {
  const { key, pattern, service, count, failed, p50Us, p95Us, slowestUs, slowestRef } = route
  return (
    <tr class={isChosen ? 'chosen' : ''} style={serviceColourStyle(colour)}>
      <th scope="row" class="route">
        <button type="button" aria-pressed={isChosen} onClick={() => choose(isChosen ? '' : key)}>
          <span class="swatch" aria-hidden="true" />
          <bdi class="pattern">{pattern || '(no name)'}</bdi>
          <bdi class="quiet">{service}</bdi>
        </button>
      </th>
      <td class="figure">
        {formatCount(count)}
        {failed > 0 && <span class="bad"> ({formatCount(failed)} failed)</span>}
      </td>
      <td class="figure">{showDuration(p50Us)}</td>
      <td class="figure">{showDuration(p95Us)}</td>
      <td class="figure">
        {slowestRef === undefined ? (
          ''
        ) : (
          <a href={traceAddress(slowestRef)} title="Open the slowest trace">
            {showDuration(slowestUs)}
          </a>
        )}
      </td>
      <td class="spread">
        <SpreadBar route={route} scale={scale} />
      </td>
    </tr>
  )
}

function showDuration(us: number | undefined): string {
  return us === undefined ? '' : formatDuration(us)
}
