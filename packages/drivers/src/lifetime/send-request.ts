import type { ClientRequest, IncomingHttpHeaders } from 'node:http'
import { clearTimeout, Promise, setTimeout } from '@osprofiler/core/toolkit'
import { noAnswer } from './no-answer.js'

/** A whole answer. */
export interface HttpText {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Limits at which a request ends without an answer. */
export interface HttpBounds {
  /** How long the whole answer may take, in milliseconds. */
  readonly timeout: number
  readonly maxCharacters: number
  /** Its reason becomes the error. */
  readonly end: AbortSignal
}

/**
 * Sends a request of Node's own client, and reads the whole answer. Does not keep the process alive. Rejects with an
 * error of the connection, or with a `NoAnswer`, whose message can be shown.
 */
export function sendRequest(
  request: ClientRequest,
  body: string,
  { timeout, maxCharacters, end }: HttpBounds,
): Promise<HttpText> {
  return new Promise((resolve, reject) => {
    const onLate = () => request.destroy(noAnswer(`no answer came in ${timeout / 1_000} s`))
    const onEnd = () => request.destroy(end.reason)
    const timer = setTimeout(onLate, timeout).unref()
    end.addEventListener('abort', onEnd)
    request.on('close', () => {
      clearTimeout(timer)
      end.removeEventListener('abort', onEnd)
    })
    // Only a call in progress keeps the process alive.
    request.on('socket', socket => socket.unref())
    request.on('error', reject)
    request.on('response', response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
        if (text.length > maxCharacters)
          response.destroy(noAnswer(`its answer is longer than ${maxCharacters} characters`))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    request.end(body)
  })
}
