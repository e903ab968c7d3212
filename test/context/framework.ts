import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { HmacKeys } from '@osprofiler/core'
import type { HttpOptions, RequestStats } from '@osprofiler/core/http'
import { KEY } from './signed-request.js'

/** What a route of the tests is asked. */
export interface RouteInput {
  /** The parameter `id` of the query. */
  readonly id: string
  /** What the framework's own parser made of a JSON body. */
  readonly body: unknown
  /** Over HTTP/2 as well: its messages can do what is done with these here. */
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/** A route: answers with JSON, or a stream of text. What it throws is the framework's to handle. */
export type Route = (question: RouteInput) => unknown

/** A route that writes the response by itself, past the framework. */
export type RawRoute = (req: IncomingMessage, res: ServerResponse) => void

/** A middleware in no framework's terms. */
export type Wrapper = (next: () => unknown) => unknown

/** An application as every framework here can serve it. */
export interface Application {
  readonly routes?: Readonly<Record<string, Route>>
  readonly rawRoutes?: Readonly<Record<string, RawRoute>>
  /** What the adapter is given; unless told otherwise, the key of the tests and no limit on traces. */
  readonly keys?: { readonly hmacKeys?: HmacKeys }
  readonly options?: HttpOptions
  /** Runs around the adapter, and between it and all the rest. */
  readonly before?: Wrapper
  readonly after?: Wrapper
  /** Whether responses are compressed, where the framework has a middleware for it. */
  readonly compress?: boolean
}

/** A server that listens. */
export interface Listening {
  readonly url: string
  readonly server: Server | Http2Server
  /** Closes it, its connections too. */
  close(): Promise<void>
}

/** A server of an application, and what its adapter counted. */
export interface Serving extends Listening {
  stats(): RequestStats
}

/** A way to serve an application. */
export interface Framework {
  readonly name: string
  serve(application: Application): Promise<Serving>
}

/** What an application is where it does not say otherwise. */
export const DEFAULTS: Required<Application> = {
  routes: {},
  rawRoutes: {},
  keys: { hmacKeys: KEY },
  options: { maxTracesPerSecond: Number.POSITIVE_INFINITY },
  before: next => next(),
  after: next => next(),
  compress: false,
}

/** Listens on a free port of this machine alone. */
export async function listen(server: Server | Http2Server, close?: () => Promise<unknown>): Promise<Listening> {
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  if (!server.listening) await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    async close() {
      for (const socket of sockets) socket.destroy()
      if (close) await close()
      else await new Promise(done => server.close(done))
    },
  }
}
