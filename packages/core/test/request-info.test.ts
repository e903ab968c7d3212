import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { requestInfo } from '../src/http/request-info.js'

function requestOf(url: string, changes: object = {}): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { url, method: 'GET', ...changes })
}

it.each<[string, IncomingMessage, string | undefined, object]>([
  ['its path and query', requestOf('/a?b=1'), undefined, { path: '/a', query: 'b=1' }],
  ['the path after the host in a URL', requestOf('http://host:8080/a'), undefined, { path: '/a', query: '' }],
  [
    'the whole path from `originalUrl` in a mounted application',
    requestOf('/a', { originalUrl: '/api/a' }),
    undefined,
    { path: '/api/a' },
  ],
  [
    'the whole path that a framework passes for a mounted application',
    requestOf('/a'),
    '/api/a?b',
    { path: '/api/a', query: 'b' },
  ],
  ['no secret from the query', requestOf('/a?token=SEALED'), undefined, { query: 'token=***' }],
  ['an empty path if the request has no URL', requestOf('', { url: undefined }), undefined, { path: '', query: '' }],
])('the info of a served request has %s', (_, req, wholeUrl, shown) => {
  expect(requestInfo(req, false, wholeUrl)).toEqual({
    request: { method: 'GET', scheme: 'http', path: expect.any(String), query: expect.any(String), ...shown },
  })
})

it('requestInfo() hides the query if the option `hideQuery` is set, and recognizes an encrypted connection', () => {
  const req = requestOf('/a?b=1', { socket: { encrypted: true } })

  expect(requestInfo(req, true, undefined)).toMatchObject({ request: { query: '', scheme: 'https' } })
})
