import type { ListAnswer } from '../../../src/protocol/listed-trace.js'

/** List to watch: its length, and whether the list holds only failed traces. */
export interface ListQuery {
  readonly length: number
  readonly failedOnly: boolean
}

/** Callbacks of `watchList`. `failed` gets a message for the user. */
export interface ListListener {
  changed(list: ListAnswer): void
  unchanged(): void
  failed(message: string): void
}

/** Watch of a list, which lasts until `end`. */
export interface ListWatch {
  /** Asks at once for the current query. */
  look(): void
  end(): void
}

const LOOK_AGAIN_MS = 1_000
/** A long list has megabytes of text. */
const LOOK_AGAIN_LONG_MS = 3_000
const MAX_SHORT = 1_000
const PATIENCE_MS = 20_000

/** Asks for the list again and again while the page is visible, and reports every change and failure. */
export function watchList(query: () => ListQuery, listener: ListListener): ListWatch {
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
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (current !== run) return
    if (response.status === 304) return listener.unchanged()
    if (!response.ok) return listener.failed(await response.text())
    const list: ListAnswer = await response.json()
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
    if (current !== run) return
    timer = setTimeout(() => void look(), query().length > MAX_SHORT ? LOOK_AGAIN_LONG_MS : LOOK_AGAIN_MS)
  }

  const onVisibility = () => void look()
  document.addEventListener('visibilitychange', onVisibility)
  void look()
  return {
    look: () => void look(),
    end() {
      run++
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisibility)
    },
  }
}
