// A stand-in for Elasticsearch and OpenSearch, for faults that a real server cannot be made to show. It implements the
// part of their REST API that our drivers and Python's use, over real sockets for the real clients. The stand-in keeps
// documents in memory, and maps them dynamically or by their index's mapping. New documents are visible only after a
// refresh. A bulk request is answered document by document. The stand-in refuses every path, query, aggregation or
// mapping that it does not know. search-suite.ts compares its answers with those of the real servers.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { stringifyJson } from '@osprofiler/core/json'
import { findFreePort } from '../../../../test/servers/free-port.js'
import { readBody } from './read-body.js'
import { type Answer, StandInCluster } from './search-cluster.js'
import { SearchRefusal } from './search-failure.js'

export interface SearchStandIn {
  readonly host: string
  readonly port: number
  readonly cluster: StandInCluster
  /** Chooses the answer to a request. If the function returns undefined, the stand-in answers by itself. */
  intercept: ((method: string, path: string, body: string) => Answer | undefined) | undefined
  /** The requests received since the start. */
  readonly requests: string[]
  kill(): Promise<void>
  /** Accepts connections again, on the same port and with the same data. */
  restart(): Promise<void>
}

export interface SearchStandInOptions {
  readonly product: 'elasticsearch' | 'opensearch'
  /** The API versions that a client may ask for. Default: 8 and 9. */
  readonly compatibleWith?: readonly number[]
  /** The accepted `Authorization` header. */
  readonly authorization?: string
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
}

export async function startSearch(options: SearchStandInOptions): Promise<SearchStandIn> {
  const { product, compatibleWith = [8, 9], authorization, tls } = options
  const port = await findFreePort()
  const sockets = new Set<Socket>()
  const cluster = new StandInCluster(product)
  let server: Server | undefined

  const standIn: SearchStandIn = {
    host: '127.0.0.1',
    port,
    cluster,
    intercept: undefined,
    requests: [],
    async kill() {
      const closing = server
      server = undefined
      closing?.close()
      for (const socket of sockets) socket.destroy()
      if (closing !== undefined) await once(closing, 'close')
    },
    async restart() {
      if (server !== undefined) return
      server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
      server.on('connection', (socket: Socket) => {
        sockets.add(socket.unref())
        socket.on('close', () => sockets.delete(socket))
      })
      server.listen(port, '127.0.0.1').unref()
      await once(server, 'listening')
    },
  }
  await standIn.restart()
  return standIn

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const body = await readBody(request)
    if (body === undefined) return
    standIn.requests.push(`${method} ${url}`)
    const { status, content } = answer(method, url, body, request)
    const type = product === 'elasticsearch' ? acceptedType(request) : 'application/json; charset=UTF-8'
    response.writeHead(status, {
      'content-type': type,
      ...(product === 'elasticsearch' ? { 'x-elastic-product': 'Elasticsearch' } : {}),
    })
    response.end(method === 'HEAD' ? '' : stringifyJson(content))
  }

  function answer(method: string, url: string, body: string, request: IncomingMessage): Answer {
    try {
      if (authorization !== undefined && request.headers.authorization !== authorization) {
        throw new SearchRefusal(401, 'security_exception', 'unable to authenticate')
      }
      const version = readVersion(request)
      return standIn.intercept?.(method, url, body) ?? cluster.answer(method, url, body, version)
    } catch (error) {
      if (!(error instanceof SearchRefusal)) throw error
      return { status: error.status, content: error.body }
    }
  }

  /** Returns the API version in the headers of a request, or undefined if there is none. */
  function readVersion({ headers }: IncomingMessage): number | undefined {
    const given = [headers.accept, headers['content-type']].map(
      header => /compatible-with=(\d+)/.exec(header ?? '')?.[1],
    )
    const version = given.find(text => text !== undefined)
    if (version === undefined) return undefined
    if (product === 'opensearch') throw new SearchRefusal(406, '', 'Content-Type header is not supported')
    if (compatibleWith.includes(Number(version))) return Number(version)
    throw new SearchRefusal(400, 'media_type_header_exception', `A compatible version is not ${version}`)
  }
}

function acceptedType({ headers }: IncomingMessage): string {
  const version = /compatible-with=(\d+)/.exec(headers.accept ?? '')?.[1]
  return version === undefined ? 'application/json' : `application/vnd.elasticsearch+json;compatible-with=${version}`
}
