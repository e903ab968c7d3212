import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBody } from './stand-ins/read-body.js'

/** The action of a gate for one request. A gate is a proxy between a driver and a search server. */
export type GateAction =
  | { readonly answer: number; readonly content?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Forwards the request, and answers `delay` milliseconds after the server. */
  | { readonly delay: number }
  /** Forwards the request, and breaks the connection without an answer. */
  | { readonly lose: true }

export interface SearchGate {
  readonly host: string
  readonly port: number
  /** Chooses the action for a request. If the function returns undefined, the gate forwards the request. */
  rule: ((method: string, path: string, body: string) => GateAction | undefined) | undefined
  /** The received requests, with the size of each body in bytes. */
  readonly requests: { readonly path: string; readonly bytes: number }[]
  stop(): Promise<void>
}

/** Starts a gate in front of a real server, to cause faults that the server itself rarely has. */
export async function startSearchGate(origin: string): Promise<SearchGate> {
  const { hostname, port } = new URL(origin)
  const server = createServer((incoming, response) => void pass(incoming, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const gate: SearchGate = {
    host: '127.0.0.1',
    port: typeof address === 'object' && address !== null ? address.port : 0,
    rule: undefined,
    requests: [],
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return gate

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming
    const body = (await readBody(incoming)) ?? ''
    gate.requests.push({ path, bytes: Buffer.byteLength(body) })
    const action = gate.rule?.(method, path, body)
    if (action !== undefined && 'answer' in action) {
      const { answer, content = '', headers: given = {} } = action
      response.writeHead(answer, { 'content-type': 'application/json', ...given })
      response.end(typeof content === 'string' ? content : JSON.stringify(content))
      return
    }
    const onward = request({ host: hostname, port, method, path, headers }, answer => void finish(answer))
    onward.on('error', () => response.destroy())
    onward.end(body)

    async function finish(answer: IncomingMessage): Promise<void> {
      if (action !== undefined && 'lose' in action) {
        answer.resume()
        response.destroy()
        return
      }
      if (action !== undefined && 'delay' in action) await sleep(action.delay)
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    }
  }
}
