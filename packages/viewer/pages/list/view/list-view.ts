import { useRef, useState } from 'preact/hooks'
import { LIST_LENGTHS } from '../../../src/protocol/listed-trace.js'
import type { Sorting } from '../../shared/sorting.js'
import type { SortKey } from './arrange-traces.js'

/** What the user made of the page. */
export interface ListView {
  readonly search: string
  /** Only the traces in which something failed, of the whole store. */
  readonly failedOnly: boolean
  /** The shortest duration as it was typed: `200`, `1.5 s`. */
  readonly least: string
  /** `''` for any, or `404`, `5xx`, `error`. */
  readonly status: string
  /** The key of the route to which the list is narrowed, or `''`. */
  readonly route: string
  readonly length: number
  readonly sorting: Sorting<SortKey>
  /** The traces to be compared, by their references, at most two. */
  readonly chosen: readonly string[]
}

export type ChangeView = (members: Partial<ListView> | ((view: ListView) => Partial<ListView>)) => void

const FIRST_VIEW: ListView = {
  search: '',
  failedOnly: false,
  least: '',
  status: '',
  route: '',
  length: LIST_LENGTHS[0],
  sorting: { key: 'timestamp', descending: true },
  chosen: [],
}

/** The view, which the history keeps: Back brings it again. */
export function useListView(): { readonly view: ListView; readonly change: ChangeView } {
  const [view, setView] = useState(restoreView)
  const latest = useRef(view)
  const change: ChangeView = members => {
    // Two keys may come before the page is drawn again: the second starts from what the first has made.
    latest.current = { ...latest.current, ...(typeof members === 'function' ? members(latest.current) : members) }
    history.replaceState(latest.current, '')
    setView(latest.current)
  }
  return { view, change }
}

/** The view as it was when the user left this page for another. */
function restoreView(): ListView {
  const known: Partial<ListView> | null = history.state
  return { ...FIRST_VIEW, ...known }
}

/** The length of the next longer list; `undefined` where there is none. */
export function nextLength({ length }: Pick<ListView, 'length'>): number | undefined {
  return LIST_LENGTHS.find(longer => longer > length)
}

/** The same traces chosen but for one more or less. A third takes the place of the one that was chosen first. */
export function chooseTrace(chosen: readonly string[], ref: string, isChosen: boolean): readonly string[] {
  const others = chosen.filter(other => other !== ref)
  return isChosen ? [...others, ref].slice(-2) : others
}
