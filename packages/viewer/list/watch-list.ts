import type { ListedTrace } from './listed-trace.js'

/** A list of the server's. */
export interface TraceList {
  readonly traces: readonly ListedTrace[]
  /** Whether the store holds more. */
  readonly more: boolean
}

/** Which list is watched. */
export interface ListQuery {
  readonly length: number
  readonly failedOnly: boolean
}

/** What the page learns while it watches; `failed` says why there is nothing new. */
export interface ListListener {
  changed(list: TraceList): void
  unchanged(): void
  failed(message: string): void
}

const LOOK_AGAIN = 1_000
const PATIENCE = 20_000

/**
 * Asks for the list again and again while the page can be seen, and tells of every change.
 *
 * @returns asks at once, for what the query says by now
 */
export function watchList(query: () => ListQuery, listener: ListListener): () => void {
  let etag = ''
  let asked = ''
  let timer: number | undefined
  let run = 0

  async function ask(current: number): Promise<void> {
    const { length, failedOnly } = query()
    const address = `api/traces?length=${length}${failedOnly ? '&failed=1' : ''}`
    // Another list has other tags.
    if (address !== asked) etag = ''
    asked = address
    const response = await fetch(address, {
      headers: { 'If-None-Match': etag },
      signal: AbortSignal.timeout(PATIENCE),
    })
    if (current !== run) return
    if (response.status === 304) return listener.unchanged()
    if (!response.ok) return listener.failed(await response.text())
    const list: TraceList = await response.json()
    if (current !== run) return
    etag = response.headers.get('ETag') ?? ''
    listener.changed(list)
  }

  async function look(): Promise<void> {
    const current = ++run
    clearTimeout(timer)
    if (!document.hidden) {
      await ask(current).catch(() => {
        if (current === run) listener.failed('No answer. Has "osprofiler ui" been ended? Trying again ...')
      })
    }
    if (current === run) timer = setTimeout(() => void look(), LOOK_AGAIN)
  }

  document.addEventListener('visibilitychange', () => void look())
  void look()
  return () => void look()
}
