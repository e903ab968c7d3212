import { useRef, useState } from 'preact/hooks'
import { LIST_LENGTHS } from '../../../src/protocol/listed-trace.js'
import type { Sorting } from '../../shared/sorting.js'
import type { SortKey } from './arrange-traces.js'

/** Choices of the user on the list page. */
export interface ListView {
  readonly search: string
  /** Only traces in which something failed, of the whole store. */
  readonly failedOnly: boolean
  /** The shortest duration as typed: `200`, `1.5 s`. */
  readonly minDuration: string
  /** `''` for any, or `404`, `5xx`, `error`. */
  readonly status: string
  /** The key of the chosen route, or `''`. */
  readonly route: string
  readonly length: number
  readonly sorting: Sorting<SortKey>
  /** The references of the traces to compare; at most two. */
  readonly chosen: readonly string[]
}

/** Function that changes members of the view. A function as its argument gets the latest view. */
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

/** Keeps the view in the history, so that Back restores it. */
export function useListView(): { readonly view: ListView; readonly change: ChangeView } {
  const [view, setView] = useState(restoreView)
  const latest = useRef(view)
  const change: ChangeView = members => {
    // Two keys may come before the page is drawn again, so the second starts from the result of the first.
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

/** Returns the next longer length in `LIST_LENGTHS`, or `undefined` for the longest. */
export function nextLength({ length }: Pick<ListView, 'length'>): number | undefined {
  return LIST_LENGTHS.find(longer => longer > length)
}

/** Adds or removes a trace. A third one replaces the one that was chosen first. */
export function chooseTrace(chosen: readonly string[], ref: string, isChosen: boolean): readonly string[] {
  const others = chosen.filter(other => other !== ref)
  return isChosen ? [...others, ref].slice(-2) : others
}
