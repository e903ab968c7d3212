import { OsprofilerError } from '@osprofiler/core'
import { JSON } from '@osprofiler/core/toolkit'
import { type HttpAnswer, type HttpClient, HttpFailure, type HttpRequest } from './http.js'

/** The body of a login request. The names of the members are those of Log Insight's API. */
export interface Credentials {
  readonly username: string
  readonly password: string
  /** The user's directory: `Local`, `ActiveDirectory` or `vIDM`. By default, the server decides. */
  readonly provider: string | undefined
}

/** Time limit for the answer to a login. */
export const LOGIN_TIMEOUT_MS = 5_000
const UNAUTHORIZED_STATUS = 401
const SESSION_EXPIRED_STATUS = 440

/** Sends requests within a session, which is opened on demand and renewed after it has expired. */
export function createSession(
  client: HttpClient,
  credentials: Credentials,
): (request: HttpRequest) => Promise<HttpAnswer> {
  let session: Promise<string> | undefined

  async function logIn(): Promise<string> {
    const body = JSON.stringify(credentials)
    const request = { method: 'POST', path: '/api/v1/sessions', body, timeoutMs: LOGIN_TIMEOUT_MS } as const
    const answer = await client.send(request).catch(({ message }) => {
      // `isSent` is false, because only the login was sent, and not the actual request.
      throw new HttpFailure(message, false)
    })
    const { sessionId } = answer.body
    if (answer.status === 200 && typeof sessionId === 'string') return sessionId
    throw new OsprofilerError('ERR_STORE', `Log Insight refused the login: it answered ${answer.status}.`)
  }

  async function sendInSession(request: HttpRequest): Promise<HttpAnswer> {
    session ??= logIn()
    const opened = session
    const id = await opened.catch(error => {
      session = undefined
      throw error
    })
    // Current versions of Log Insight read the header `authorization`. The versions that Python's driver supports read
    // `x-li-session-id`.
    const headers = { authorization: `Bearer ${id}`, 'x-li-session-id': id }
    const answer = await client.send({ ...request, headers })
    if ((answer.status === UNAUTHORIZED_STATUS || answer.status === SESSION_EXPIRED_STATUS) && session === opened)
      session = undefined
    return answer
  }

  return async request => {
    const answer = await sendInSession(request)
    return answer.status === UNAUTHORIZED_STATUS || answer.status === SESSION_EXPIRED_STATUS
      ? await sendInSession(request)
      : answer
  }
}
