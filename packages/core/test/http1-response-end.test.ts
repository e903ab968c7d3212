import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { watchHttp1 } from '../src/http/response/http1-response-end.js'
import type { ResponseEnd } from '../src/http/response/response-end.js'

/** Serves one request. Returns how the response ended, and which status was sent. */
async function respond(
  handle: (req: IncomingMessage, res: ServerResponse) => void,
  leave = false,
): Promise<readonly [ResponseEnd, number | undefined]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return await new Promise(resolve => {
    server.on('request', (req, res) => {
      const watched = watchHttp1(req, res, {
        ended: determineEnd => {
          const end = determineEnd()
          resolve([end, watched?.sentStatus(end)])
        },
        answered: () => {},
        piped: () => {},
      })
      handle(req, res)
    })
    const client = request({ port, host: '127.0.0.1' }, answer => {
      if (leave) answer.destroy()
      else answer.resume().on('error', () => {})
    })
    client.on('error', () => {}).end()
  })
}

it.each<[string, (res: ServerResponse) => void, ResponseEnd, number | undefined]>([
  ['ends normally if it is sent completely', res => res.writeHead(201).end('whole'), 'well', 201],
  ['is aborted by the server if the program destroys it', res => res.destroy(), 'server', undefined],
])('a response %s', async (_, handle, end, status) => {
  expect(await respond((_req, res) => handle(res))).toEqual([end, status])
})

it('a response ends with an error if the program destroys it with that error', async () => {
  const error = new Error('no')

  expect(await respond((_, res) => void res.destroy(error))).toEqual([{ error }, undefined])
})

it('a response is aborted by the client if the client disconnects', async () => {
  expect(await respond((_, res) => void res.write('begin'), true)).toEqual(['client', 200])
})
