import type { ClientRequest, IncomingHttpHeaders } from 'node:http'
import { clearTimeout, Promise, setTimeout } from '@osprofiler/core/toolkit'
import { createNoAnswerError } from './no-answer.js'

/** A response that was read completely. */
export interface HttpTextResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** The limits of a request. If a request exceeds one of the limits, it is ended without an answer. */
export interface HttpLimits {
  /** Time limit for the whole answer, in milliseconds. */
  readonly timeoutMs: number
  readonly maxCharacters: number
  /** Aborts the request, which then rejects with the abort reason. */
  readonly signal: AbortSignal
}

/**
 * Sends a request with Node's own client, and reads the whole answer. Does not keep the process alive. Rejects with a
 * connection error, or with a `NoAnswer` error, whose message can be shown to users.
 */
export function sendRequest(
  request: ClientRequest,
  body: string,
  { timeoutMs, maxCharacters, signal }: HttpLimits,
): Promise<HttpTextResponse> {
  return new Promise((resolve, reject) => {
    const onLate = () => request.destroy(createNoAnswerError(`no answer came in ${timeoutMs / 1_000} s`))
    const onEnd = () => request.destroy(signal.reason)
    const timer = setTimeout(onLate, timeoutMs).unref()
    signal.addEventListener('abort', onEnd)
    request.on('close', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onEnd)
    })
    // The socket must not keep the process alive. During a driver's call, `guardCall` keeps the process alive.
    request.on('socket', socket => socket.unref())
    request.on('error', reject)
    request.on('response', response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
        if (text.length > maxCharacters)
          response.destroy(createNoAnswerError(`its answer is longer than ${maxCharacters} characters`))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    request.end(body)
  })
}
