import { request as openHttpRequest } from 'node:http'
import { request as openHttpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { OsprofilerError } from '@osprofiler/core'
import { Array, JSON, process, String, URL } from '@osprofiler/core/toolkit'
import { type HttpTextResponse, sendRequest } from '../lifetime/send-request.js'
import { parseConnectionUrl, showHost, type UrlForm } from '../opening/connection-url.js'
import type { OpenContext } from '../opening/store-driver.js'
import { readOnlyHost, readSeconds } from '../opening/url-options.js'
import { isObject, parse } from '../records/record-text.js'

/**
 * Authorized access to Ceilometer's API. The API's URL and the token are determined before the first request, and again
 * after a failed request.
 */
export interface CeilometerSession {
  readonly location: string
  /** Time limit for one answer, in milliseconds. */
  readonly answerMs: number
  /** Fetches the JSON at a path such as `/v2/events?limit=1`. */
  get(path: string): Promise<unknown>
}

interface Access {
  readonly url: string
  readonly token: string | undefined
}

interface RequestLimits {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly lookup: LookupFunction
}

/** The method, the headers and the body of a request. */
interface RequestContent {
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

const FORM: UrlForm = {
  example: 'ceilometer://token@host:8777',
  defaultPort: 8777,
  defaultHost: 'localhost',
  options: ['timeout'],
}
const TIMEOUT_MS = 60_000
const MAX_ANSWER_CHARACTERS = 256 * 1024 * 1024
/**
 * The service types of the event API in Keystone's catalog: `event` for Panko, and the older `metering` for Ceilometer.
 */
const SERVICE_TYPES = ['event', 'metering']

/**
 * Opens a session for a `ceilometer://` connection string. Throws `ERR_CONNECTION_STRING` if the string is invalid.
 * Missing parts are read from OpenStack's environment variables: `CEILOMETER_URL` and `OS_AUTH_TOKEN`, or Keystone's
 * `OS_AUTH_URL`, `OS_USERNAME`, `OS_PASSWORD`, ...
 */
export function openCeilometerSession(location: string, { scheme, lifetime }: OpenContext): CeilometerSession {
  const parsed = parseConnectionUrl(location, FORM)
  const { username: token, path } = parsed
  const host = readOnlyHost(parsed)
  const timeoutMs = readSeconds(parsed, 'timeout') ?? TIMEOUT_MS
  const transport = scheme.endsWith('+https') ? 'https' : 'http'
  const url = `${transport}://${showHost(host)}/${path}`
  const isBare = /^(\?|$)/.test(location)
  let access: Promise<Access> | undefined

  return {
    location: isBare ? '' : showHost(host),
    answerMs: timeoutMs,
    get(path) {
      return lifetime.run(async signal => {
        const limits = { timeoutMs, signal, lookup: lifetime.lookup }
        access ??= findAccess(isBare ? undefined : url, token, limits)
        try {
          const { url: base, token: key } = await access
          const headers = key === undefined ? {} : { 'x-auth-token': key }
          const response = await request(`${base.replace(/\/+$/, '')}${path}`, { headers }, limits)
          return parse(response.text)
        } catch (error) {
          // The request may have failed because the token expired. Therefore the next request determines the URL and
          // the token again.
          access = undefined
          throw error
        }
      })
    },
  }
}

async function findAccess(url: string | undefined, token: string | undefined, limits: RequestLimits): Promise<Access> {
  const { CEILOMETER_URL, OS_AUTH_TOKEN, OS_AUTH_URL } = process.env
  const known = { url: url ?? (CEILOMETER_URL || undefined), token: token ?? (OS_AUTH_TOKEN || undefined) }
  if (known.url !== undefined && (known.token !== undefined || !OS_AUTH_URL)) return { ...known, url: known.url }
  if (!OS_AUTH_URL) {
    throw new OsprofilerError(
      'ERR_STORE',
      `ceilometer:// names no host. Write ${FORM.example}, or set CEILOMETER_URL, or OS_AUTH_URL and the other variables for Keystone.`,
    )
  }
  const access = await logInToKeystone(OS_AUTH_URL, limits)
  return { url: known.url ?? access.url, token: access.token }
}

/** Logs in with a password, using version 3 of Keystone's API. */
async function logInToKeystone(authUrl: string, limits: RequestLimits): Promise<Access> {
  const { OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME, OS_TENANT_NAME, OS_USER_DOMAIN_NAME, OS_PROJECT_DOMAIN_NAME } =
    process.env
  const domain = { name: OS_USER_DOMAIN_NAME || 'Default' }
  const user = { name: OS_USERNAME, password: OS_PASSWORD, domain }
  const project = { name: OS_PROJECT_NAME || OS_TENANT_NAME, domain: { name: OS_PROJECT_DOMAIN_NAME || 'Default' } }
  const auth = { identity: { methods: ['password'], password: { user } }, scope: { project } }
  const base = authUrl.replace(/\/+$/, '').replace(/\/v3$/, '')
  const response = await request(
    `${base}/v3/auth/tokens`,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ auth }) },
    limits,
  )
  const { 'x-subject-token': token } = response.headers
  const url = findEndpoint(parse(response.text))
  if (url === undefined) {
    throw new OsprofilerError(
      'ERR_STORE',
      "Keystone's catalog has no service of type event or metering; set CEILOMETER_URL.",
    )
  }
  return { url, token: typeof token === 'string' ? token : undefined }
}

function findEndpoint(answer: unknown): string | undefined {
  const token = isObject(answer) ? answer.token : undefined
  const catalog: unknown[] = isObject(token) && Array.isArray(token.catalog) ? token.catalog : []
  const { OS_REGION_NAME: region } = process.env
  for (const type of SERVICE_TYPES) {
    for (const service of catalog) {
      if (!isObject(service) || service.type !== type || !Array.isArray(service.endpoints)) continue
      const endpoint: unknown = service.endpoints.find(
        (found: unknown) => isObject(found) && found.interface === 'public' && (!region || found.region === region),
      )
      if (isObject(endpoint) && typeof endpoint.url === 'string') return endpoint.url
    }
  }
  return undefined
}

/** Sends a request. Does not follow a redirect, which would send the token to another server. */
async function request(
  url: string,
  { body = '', ...options }: RequestContent,
  { timeoutMs, signal, lookup }: RequestLimits,
): Promise<HttpTextResponse> {
  try {
    const target = new URL(url)
    const openRequest = target.protocol === 'https:' ? openHttpsRequest : openHttpRequest
    // With `agent: false`, the connection is closed after the request.
    const clientRequest = openRequest(target, { ...options, lookup, agent: false })
    const response = await sendRequest(clientRequest, body, { timeoutMs, maxCharacters: MAX_ANSWER_CHARACTERS, signal })
    if (response.status < 200 || response.status > 299) {
      throw new OsprofilerError('ERR_STORE', describeStatus(response.status))
    }
    return response
  } catch (error) {
    if (error instanceof OsprofilerError) throw error
    throw new OsprofilerError('ERR_STORE', `Ceilometer cannot be reached: ${describeFailure(error)}.`)
  }
}

function describeStatus(status: number): string {
  if (status === 401 || status === 403) {
    return `Ceilometer or Keystone refused the token or password: it answered ${status}. See OS_AUTH_TOKEN and OS_PASSWORD.`
  }
  return `Ceilometer cannot be read: it answered ${status}.`
}

/**
 * Describes a failure by its code. The message of the error may contain the URL, so only the message of a `NoAnswer`
 * error is used.
 */
function describeFailure(error: unknown): string {
  const { name, code, message } = (error ?? {}) as { name?: unknown; code?: unknown; message?: unknown }
  if (typeof code === 'string') return code
  return name === 'NoAnswer' ? String(message) : 'the connection failed'
}
