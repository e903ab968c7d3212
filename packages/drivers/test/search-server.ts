import type { SearchServerName } from '../../../test/servers/search-programs.js'
import { shareSearchServer } from '../../../test/servers/share.js'

export type { SearchServerName }

export interface SearchServer {
  /** The address of the server, such as `http://127.0.0.1:9200`. */
  readonly origin: string
  readonly product: 'elasticsearch' | 'opensearch'
  /** Removes all indices of the driver. */
  clear(): Promise<void>
  stop(): Promise<void>
}

/**
 * Opens the server that all test files share, or the server that a variable such as OSPROFILER_TEST_OPENSEARCH2_URL
 * names.
 */
export async function openSearchServer(name: SearchServerName): Promise<SearchServer> {
  const given = process.env[`OSPROFILER_TEST_${name.toUpperCase()}_URL`]?.replace(/\/$/, '')
  const { origin, stop } =
    given === undefined ? await shareSearchServer(name) : { origin: given, stop: async () => undefined }
  return {
    origin,
    product: name.startsWith('opensearch') ? 'opensearch' : 'elasticsearch',
    async clear() {
      const answer = await fetch(`${origin}/osprofiler-*/_settings`)
      for (const index of Object.keys((await answer.json()) as object)) {
        const { status } = await fetch(`${origin}/${index}`, { method: 'DELETE' })
        if (status !== 200 && status !== 404) throw new Error(`The index ${index} cannot be deleted: ${status}.`)
      }
    },
    stop,
  }
}
