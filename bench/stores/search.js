import { openServer } from './stand-ins.js'

const INDEX = 'osprofiler-notifications'

/** Starts an Elasticsearch or OpenSearch server, real or a stand-in: see `openServer`. */
export function openSearchServer(product) {
  return openServer(product, {
    file: 'search',
    // The Python client has version 7, so the stand-in must also accept clients of this version.
    start: ({ startSearch }) => startSearch({ product, compatibleWith: [7, 8, 9] }),
    toUrl: ({ host, port }) => `${product}://${host}:${port}`,
  })
}

/** Returns the server's address in the form that its client accepts. */
export function toNode(url) {
  return url.replace(/^\w+(\+https)?:/, (_, tls) => (tls === undefined ? 'http:' : 'https:'))
}

export async function clearIndex(url) {
  const { origin, username, password } = new URL(toNode(url))
  const credentials = [username, password].map(decodeURIComponent).join(':')
  const headers = username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  const { status } = await fetch(`${origin}/${INDEX}`, { method: 'DELETE', headers })
  if (status !== 200 && status !== 404) throw new Error(`The index cannot be deleted: ${status}.`)
}

/** Returns the two lines that a record takes in a bulk request. */
export function toText(record) {
  return `{"create":{"_index":"${INDEX}"}}\n${JSON.stringify(record)}`
}
