import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { openConnection } from '../src/request/connection.js'
import { parseRequest } from '../src/request/parse-request.js'
import { sendRequest } from '../src/request/send-request.js'

it('sendRequest compares the clocks when the response begins, even if the response takes a long time', async () => {
  const server = createServer((_, res) => {
    res.setHeader('Date', new Date().toUTCString()).write('begin')
    setTimeout(() => res.end('end'), 3_000)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const request = parseRequest(url, {})
  const connection = openConnection(request.url, {})

  const { clockAheadMs, durationMs } = await sendRequest(request, 'key', connection, 60_000)
  connection.close()

  expect(durationMs).toBeGreaterThan(2_900)
  // The `Date` header has a resolution of one second.
  expect(clockAheadMs).toBeGreaterThan(-2_000)
})
