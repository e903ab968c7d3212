import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const COOKIE_NAME = 'osprofiler-ui'

/** The decision about a request: to admit it, to exchange its token for the cookie, or to refuse it. */
export type Verdict =
  | { readonly kind: 'admitted'; readonly route: string; readonly query: URLSearchParams }
  | { readonly kind: 'exchange'; readonly location: string; readonly cookie: string }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }

/** Checks every request before anything is served. */
export interface AccessCheck {
  /** The path below which everything is served. */
  readonly folder: string
  /** The path of the first page, with the token. */
  readonly entry: string
  checkRequest(request: IncomingMessage, port: number): Verdict
}

/**
 * Creates the check of one viewer, with new secrets. A request's `Host` header must contain `127.0.0.1` or `localhost`,
 * and the viewer's port. Another host name is refused even if it resolves to 127.0.0.1. The request must not come from
 * another site. The request must also have the cookie for which the token was exchanged.
 *
 * Browsers send a cookie to every port of a host, so another server on this machine could collect it. The cookie is
 * therefore bound to a random path, which other servers do not know.
 */
export function createAccessCheck(): AccessCheck {
  const folder = `/${randomSecret(16)}/`
  const token = randomSecret(32)
  const session = randomSecret(32)

  function checkRequest(request: IncomingMessage, port: number): Verdict {
    const host = readSingleHeader(request, 'host')
    if (host === undefined || !isOwnHost(host, port)) return createRefusal(421, 'This address is not served here.')
    if (!isSameOrigin(request, host))
      return createRefusal(403, 'Requests from other sites are refused. Open the address in a new tab.')

    const { path, query } = splitTarget(request.url ?? '')
    if (!path.startsWith(folder)) return createRefusal(401, 'Open the address that "osprofiler ui" printed.')
    const route = path.slice(folder.length)

    const offered = query.get('token')
    if (route === '' && offered !== null && request.method === 'GET') {
      if (!matchesSecret(offered, token))
        return createRefusal(401, 'This token is not valid. Open the address that "osprofiler ui" printed.')
      const cookie = `${COOKIE_NAME}=${session}; Path=${folder}; HttpOnly; SameSite=Strict`
      return { kind: 'exchange', location: folder, cookie }
    }
    if (!readCookies(request).some(value => matchesSecret(value, session))) {
      return createRefusal(401, 'Open the address that "osprofiler ui" printed.')
    }
    return { kind: 'admitted', route, query }
  }

  return { folder, entry: `${folder}?token=${token}`, checkRequest }
}

function randomSecret(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

function createRefusal(status: number, reason: string): Verdict {
  return { kind: 'refused', status, reason }
}

/** The server listens only on 127.0.0.1, to which `localhost` resolves as well. */
function isOwnHost(host: string, port: number): boolean {
  const names = ['127.0.0.1', 'localhost']
  return names.some(name => host === `${name}:${port}` || (port === 80 && host === name))
}

/** Checks the headers in which a browser reports the origin of a request. Other programs do not send them. */
function isSameOrigin(request: IncomingMessage, host: string): boolean {
  const { origin, 'sec-fetch-site': site } = request.headersDistinct
  if (origin !== undefined && !(origin.length === 1 && origin[0] === `http://${host}`)) return false
  if (site === undefined) return true
  // `none` means that the user typed, pasted or bookmarked the address.
  const allowed = request.method === 'POST' ? ['same-origin'] : ['same-origin', 'none']
  return site.length === 1 && allowed.includes(site[0] ?? '')
}

/** Returns the value of a header if the request has the header exactly once. */
function readSingleHeader(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name]
  return values?.length === 1 ? values[0] : undefined
}

/**
 * Splits a request's target into path and query. Does not decode or resolve the path, so only the exact spelling of a
 * path is served.
 */
function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?')
  if (mark === -1) return { path: target, query: new URLSearchParams() }
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) }
}

function readCookies(request: IncomingMessage): string[] {
  const prefix = `${COOKIE_NAME}=`
  const pairs = (request.headers.cookie ?? '').split(';').map(pair => pair.trim())
  return pairs.filter(pair => pair.startsWith(prefix)).map(pair => pair.slice(prefix.length))
}

/** Compares a secret in constant time, so that the time does not reveal which characters are right. */
function matchesSecret(offered: string, secret: string): boolean {
  const [left, right] = [Buffer.from(offered), Buffer.from(secret)]
  return left.length === right.length && timingSafeEqual(left, right)
}
