import { useRef } from 'preact/hooks'
import type { ListedTrace } from '../../../src/protocol/listed-trace.js'
import { assignColours } from '../../shared/service-colour.js'

/** Returns the color number of each service. A service keeps its color while the page is open. */
export function useServiceColours(traces: readonly ListedTrace[]): ReadonlyMap<string, number> {
  const colours = useRef<ReadonlyMap<string, number>>(new Map())
  const known = colours.current
  const added = new Set(traces.map(({ service }) => service).filter(service => !known.has(service)))
  if (added.size > 0) {
    const names = [...known.keys(), ...[...added].sort()]
    const assigned = assignColours(names)
    colours.current = new Map(names.map((name, index) => [name, assigned[index] ?? 0]))
  }
  return colours.current
}
