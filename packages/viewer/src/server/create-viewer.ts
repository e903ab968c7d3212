import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Driver } from '@osprofiler/core'
import { checkEditor, type Editor } from '../protocol/editor-link.js'
import { createAccessCheck } from './access/access-check.js'
import { limitConnections } from './access/limit-connections.js'
import { Refusal, sendText, setCommonHeaders } from './answers/respond.js'
import type { Route } from './answers/route.js'
import { createRoutes } from './routes/routes.js'

/** Options of `createViewer`: the store to show, its name, and limits. */
export interface ViewerOptions {
  /** The store. It stays open when the viewer closes. */
  readonly driver: Driver
  /** The name of the store on the pages, without credentials. Default: the driver's name. */
  readonly storeName?: string | undefined
  /** Maximum size in bytes of a file that a user opens in the browser. Default: 64 MiB. */
  readonly largestFile?: number | undefined
  /** The editor for links to lines, until the user chooses one on a page. Default: no links. */
  readonly editor?: Editor | undefined
  /** Called with errors that are not shown in the browser. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A server of web pages that show a store. */
export interface Viewer {
  /**
   * Starts the server on 127.0.0.1, by default on any free port. Returns the address to open in a browser. Anyone with
   * the address can read the store while the viewer runs. Rejects with an Error if the port is not available.
   */
  listen(port?: number): Promise<string>
  /** Stops the server, and ends every connection. */
  close(): Promise<void>
}

/** If this many connections are open, an additional connection replaces an idle one. */
const MAX_CONNECTIONS = 100
/**
 * If this many connections are open, an additional connection is refused. Only requests that have the cookie can keep
 * so many connections open.
 */
const MAX_ANSWERED_CONNECTIONS = 500
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** A connection without any traffic is closed after this time. */
const STALLED_TIMEOUT_MS = 120_000

/**
 * Creates a server of web pages that show the traces of a store, each on the page of `renderPage`. Other pages compare
 * two traces, and show files that the user opens in the browser. The server is reachable only from this machine, and
 * answers only a browser that has presented the token.
 *
 * @throws Error if the pages were not built, TypeError if the editor is not usable
 *
 * @example
 * const viewer = createViewer({ driver: openDriver('sqlite://') })
 * console.log(await viewer.listen())
 */
export function createViewer(options: ViewerOptions): Viewer {
  const { driver, storeName = driver.name, largestFile = MAX_FILE_BYTES, editor, onError = () => undefined } = options
  checkEditor(editor)
  const accessCheck = createAccessCheck()
  const ending = new AbortController()
  const routes = createRoutes({
    driver,
    storeName,
    folder: accessCheck.folder,
    largestFile,
    editor,
    ended: ending.signal,
  })
  const server = createServer({ requireHostHeader: true }, (request, response) => void respond(request, response))
  limitConnections(server, MAX_CONNECTIONS)
  server.maxConnections = MAX_ANSWERED_CONNECTIONS
  server.timeout = STALLED_TIMEOUT_MS

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setCommonHeaders(response)
    try {
      const verdict = accessCheck.checkRequest(request, (server.address() as AddressInfo).port)
      if (verdict.kind === 'refused') throw new Refusal(verdict.status, verdict.reason)
      if (verdict.kind === 'exchange') {
        response.writeHead(303, { Location: verdict.location, 'Set-Cookie': verdict.cookie }).end()
      } else {
        const route = routes.get(verdict.route)
        if (route === undefined) throw new Refusal(404, 'This page does not exist.')
        checkMethod(request, route)
        await route.handle({ request, response, query: verdict.query })
      }
    } catch (error) {
      respondToError(request, response, error)
    }
  }

  function respondToError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (!(error instanceof Refusal) && !isPrematureClose(error)) onError(error)
    if (response.destroyed || response.headersSent) return void response.destroy()
    const known = error instanceof Refusal ? error : new Refusal(500, 'The store could not be read.')
    // The connection is closed after a refused `POST`, because its body may not have been read.
    const headers = request.method === 'GET' ? known.headers : { ...known.headers, Connection: 'close' }
    sendText(response, known.status, 'text/plain; charset=utf-8', `${known.message}\n`, headers)
  }

  return {
    async listen(port = 0) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}${accessCheck.entry}`
    },
    async close() {
      ending.abort()
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

/** Returns whether the browser closed the connection before the end of the answer. */
function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}

/**
 * Checks a request's method. A request that changes something needs more than the cookie: a header that no form and no
 * other site can send.
 */
function checkMethod({ method, headers }: IncomingMessage, route: Route): void {
  const allowed = route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]
  if (!allowed.includes(method ?? '')) {
    throw new Refusal(405, `Use ${allowed.join(' or ')} here.`, { Allow: allowed.join(', ') })
  }
  if (route.method !== 'GET' && (headers.origin === undefined || headers['x-osprofiler-ui'] !== '1')) {
    throw new Refusal(403, 'Only the pages of "osprofiler ui" can make this request.')
  }
}
