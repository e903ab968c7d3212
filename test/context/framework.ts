import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { HmacKeys } from '@osprofiler/core'
import type { HttpOptions, RequestStats } from '@osprofiler/core/http'
import { KEY } from './signed-request.js'

/** The request, as a route in the tests receives it. */
export interface RouteInput {
  /** The query parameter `id`. */
  readonly id: string
  /** The JSON body, parsed by the framework. */
  readonly body: unknown
  /** Over HTTP/2, requests and responses have other classes, but these have the members that the tests use. */
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/** A route that returns JSON or a stream of text. The framework handles errors that the route throws. */
export type Route = (question: RouteInput) => unknown

/** A route that writes the response itself and bypasses the framework. */
export type RawRoute = (req: IncomingMessage, res: ServerResponse) => void

/** Middleware that is independent of any framework. */
export type Wrapper = (next: () => unknown) => unknown

/** An application that can be served by every framework in the tests. */
export interface Application {
  readonly routes?: Readonly<Record<string, Route>>
  readonly rawRoutes?: Readonly<Record<string, RawRoute>>
  /** The adapter's keys and options. Default: the tests' key, and no limit on traces. */
  readonly keys?: { readonly hmacKeys?: HmacKeys }
  readonly options?: HttpOptions
  /**
   * `before` is middleware around the adapter. `after` is middleware between the adapter and the rest of the
   * application.
   */
  readonly before?: Wrapper
  readonly after?: Wrapper
  /** Whether responses are compressed, if the framework has compression middleware. */
  readonly compress?: boolean
}

/** A server that is listening. */
export interface Listening {
  readonly url: string
  readonly server: Server | Http2Server
  /** Closes the server and its connections. */
  close(): Promise<void>
}

/** A server that runs an application, with the adapter's counters. */
export interface Serving extends Listening {
  stats(): RequestStats
}

/** A framework that serves an application. */
export interface Framework {
  readonly name: string
  serve(application: Application): Promise<Serving>
}

/** Defaults for members that an application omits. */
export const DEFAULTS: Required<Application> = {
  routes: {},
  rawRoutes: {},
  keys: { hmacKeys: KEY },
  options: { maxTracesPerSecond: Number.POSITIVE_INFINITY },
  before: next => next(),
  after: next => next(),
  compress: false,
}

/** Makes a server listen on a free port of 127.0.0.1. */
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
