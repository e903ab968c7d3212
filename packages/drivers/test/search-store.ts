import { startSearch } from './stand-ins/search.js'

const USER = 'tracer'
const PASSWORD = 'p@ss:word/é'

/** An empty store for each test: in the server that a variable of the environment names, or else in a stand-in. */
export async function openSearchStore(
  product: 'elasticsearch' | 'opensearch',
): Promise<{ readonly url: string; clear(): Promise<void> }> {
  const url = process.env[`OSPROFILER_TEST_${product.toUpperCase()}_URL`] ?? (await startStandIn(product))
  const { protocol, username, password, host } = new URL(
    url.replace(/^\w+(\+https)?:/, (_, tls) => (tls ? 'https:' : 'http:')),
  )
  const authorization = toBasic(decodeURIComponent(username), decodeURIComponent(password))
  return {
    url,
    async clear() {
      for (const index of ['osprofiler-notifications', 'osprofiler-notifications-error']) {
        const headers = username === '' ? {} : { authorization }
        const { status } = await fetch(`${protocol}//${host}/${index}`, { method: 'DELETE', headers })
        if (status !== 200 && status !== 404) throw new Error(`The index ${index} cannot be deleted: ${status}.`)
      }
    },
  }
}

async function startStandIn(product: 'elasticsearch' | 'opensearch'): Promise<string> {
  const { host, port } = await startSearch({ product, authorization: toBasic(USER, PASSWORD) })
  return `${product}://${USER}:${encodeURIComponent(PASSWORD)}@${host}:${port}`
}

export function toBasic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
