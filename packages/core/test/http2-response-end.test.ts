import { once } from 'node:events'
import { connect, constants, createServer, type Http2ServerResponse } from 'node:http2'
import { expect, it, onTestFinished } from 'vitest'
import { streamOf, watchHttp2 } from '../src/http/response/http2-response-end.js'
import type { ResponseEnd } from '../src/http/response/response-end.js'

/** Serves one request. Returns how the response ended, and which status was sent. */
async function respond(
  handle: (res: Http2ServerResponse) => void,
  leave = false,
): Promise<readonly [ResponseEnd, number | undefined]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const session = connect(`http://127.0.0.1:${port}`).on('error', () => {})
  onTestFinished(() => {
    session.destroy()
    server.close()
  })
  return await new Promise(resolve => {
    server.on('request', (_, res) => {
      const stream = streamOf(res)
      if (stream === undefined) throw new Error('An HTTP/2 response must have a stream')
      stream.on('error', () => {})
      const watched = watchHttp2(res, stream, {
        ended: determineEnd => {
          const end = determineEnd()
          resolve([end, watched?.sentStatus(end)])
        },
        answered: () => {},
        piped: () => {},
      })
      handle(res)
    })
    const request = session.request({ ':path': '/' }).on('error', () => {})
    request.on('response', () => void (leave ? request.close(constants.NGHTTP2_CANCEL) : request.resume())).end()
  })
}

it('an HTTP/2 response ends normally if it is sent completely', async () => {
  expect(await respond(res => void res.writeHead(201).end('whole'))).toEqual(['well', 201])
})

it('an HTTP/2 response is aborted by the server if the program destroys it', async () => {
  expect(await respond(res => void res.stream.destroy())).toEqual(['server', undefined])
})

it('an HTTP/2 response is aborted by the client if the client disconnects', async () => {
  expect(await respond(res => void res.write('begin'), true)).toEqual(['client', 200])
})

it('streamOf() returns undefined for an HTTP/1 response, which has no HTTP/2 stream', () => {
  expect([{}, { stream: null }, { stream: {} }].map(streamOf)).toEqual([undefined, undefined, undefined])
})
