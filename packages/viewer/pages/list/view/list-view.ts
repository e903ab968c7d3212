import { useRef, useState } from 'preact/hooks'
import { LIST_LENGTHS } from '../../../src/protocol/listed-trace.js'
import type { Sorting } from '../../shared/sorting.js'
import type { SortKey } from './arrange-traces.js'

/** The user's choices on the list page. */
export interface ListView {
  readonly search: string
  /** Whether to list only traces in which a point failed. Such traces are listed from the whole store. */
  readonly failedOnly: boolean
  /** The minimum duration as the user typed it, such as `200` or `1.5 s`. */
  readonly minDuration: string
  /** A status filter such as `404`, `5xx` or `error`, or `''` for any status. */
  readonly status: string
  /** The key of the chosen route, or `''`. */
  readonly route: string
  readonly length: number
  readonly sorting: Sorting<SortKey>
  /** The references of the traces to compare, of which there are at most two. */
  readonly chosen: readonly string[]
}

/** Changes members of the view. If the argument is a function, it receives the latest view. */
export type ChangeView = (members: Partial<ListView> | ((view: ListView) => Partial<ListView>)) => void

const FIRST_VIEW: ListView = {
  search: '',
  failedOnly: false,
  minDuration: '',
  status: '',
  route: '',
  length: LIST_LENGTHS[0],
  sorting: { key: 'timestamp', descending: true },
  chosen: [],
}

/** Keeps the view in the browser's history, so that the Back button restores it. */
export function useListView(): { readonly view: ListView; readonly change: ChangeView } {
  const [view, setView] = useState(restoreView)
  const latest = useRef(view)
  const change: ChangeView = members => {
    // Two keys may be pressed before the page is drawn again. The second change must build on the result of the first.
    latest.current = { ...latest.current, ...(typeof members === 'function' ? members(latest.current) : members) }
    history.replaceState(latest.current, '')
    setView(latest.current)
  }
  return { view, change }
}

function restoreView(): ListView {
  const known: Partial<ListView> | null = history.state
  return { ...FIRST_VIEW, ...known }
}

/** Returns the next greater length in `LIST_LENGTHS`, or `undefined` if there is none. */
export function nextLength({ length }: Pick<ListView, 'length'>): number | undefined {
  return LIST_LENGTHS.find(longer => longer > length)
}

/** Adds or removes a trace to compare. A third trace replaces the trace that was chosen first. */
export function chooseTrace(chosen: readonly string[], ref: string, isChosen: boolean): readonly string[] {
  const others = chosen.filter(other => other !== ref)
  return isChosen ? [...others, ref].slice(-2) : others
}
