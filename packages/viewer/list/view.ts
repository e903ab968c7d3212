import type { Sorting } from './listed-trace.js'

/** What the user made of the page. */
export interface View {
  readonly search: string
  readonly failedOnly: boolean
  readonly length: number
  readonly sorting: Sorting
  /** The traces to be compared, by their references, at most two. */
  readonly chosen: readonly string[]
}

/** The lengths that the server gives lists of. */
export const SHORT_LIST = 200
export const LONG_LIST = 1_000

const FIRST_VIEW: View = {
  search: '',
  failedOnly: false,
  length: SHORT_LIST,
  sorting: { key: 'timestamp', descending: true },
  chosen: [],
}

/** The view as it was when the user left this page for another: it is kept in the history, so that Back brings it. */
export function restoreView(): View {
  const known: Partial<View> | null = history.state
  return { ...FIRST_VIEW, ...known }
}

/** Keeps a view for `restoreView`. */
export function keepView(view: View): void {
  history.replaceState(view, '')
}
