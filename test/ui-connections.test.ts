import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeTrace, startUi, type Ui } from './ui-server.js'

/** Opens connections. Each sends `first`, and then `more` every 20 ms if `more` is given. */
async function openConnections(ui: Ui, count: number, first: string, more = ''): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(ui.port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined).resume()
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  for (const socket of sockets) socket.write(first)
  const timer = setInterval(() => {
    if (more !== '') for (const socket of sockets) socket.write(more)
  }, 20)
  onTestFinished(() => {
    clearInterval(timer)
    for (const socket of sockets) socket.destroy()
  })
  // When the viewer responds to a newer connection, it has already accepted all of these connections.
  await ui.send('')
  return sockets
}

const head = (ui: Ui): string => `GET ${ui.folder} HTTP/1.1\r\nHost: 127.0.0.1:${ui.port}\r\n`

const CONNECTIONS: Readonly<Record<string, { first: (ui: Ui) => string; more?: string }>> = {
  'send nothing': { first: () => '' },
  'have sent half a line': { first: () => 'GE' },
  'have sent half of the headers': { first: head },
  'send headers very slowly': { first: head, more: 'X: y\r\n' },
  'wait for the response to half a body': {
    first: ui => `${head(ui).replace('GET', 'POST')}Content-Length: 1000\r\n\r\nhalf`,
  },
  'send a body that never ends': { first: ui => `${head(ui)}Content-Length: 1000\r\n\r\nhalf` },
  'stay open after a response': { first: ui => `${head(ui)}Cookie: ${ui.cookie}\r\n\r\n` },
  'stay open after a refused request': { first: ui => `${head(ui)}\r\n` },
  'have sent two requests at once': { first: ui => `${head(ui)}\r\n`.repeat(2) },
  'speak TLS': { first: () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' },
}

describe.each([100, 500])('the ui with %i other connections', count => {
  it.each(Object.entries(CONNECTIONS))('that %s still answers', async (_way, { first, more }) => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: 'trace' }))
    await openConnections(ui, count, first(ui), more)

    const answers = await Promise.all(['', 'api/traces', 'trace?ref=id:trace'].map(path => ui.send(path)))

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(ui.errors).toEqual([])
  })
})

describe('a page with the live list', () => {
  it('keeps its connection to the ui, even if many other clients connect', async () => {
    const ui = await startUi()
    const following = new AbortController()
    onTestFinished(() => following.abort())
    const headers = { Cookie: ui.cookie }
    const base = `http://127.0.0.1:${ui.port}${ui.folder}`
    await ui.driver.write(makeTrace({ baseId: 'trace' }))
    const stream = await fetch(`${base}api/events?ref=id:trace`, { headers, signal: following.signal })
    let ended = false
    const reading = stream.body?.pipeTo(new WritableStream()).then(
      () => (ended = true),
      () => (ended = true),
    )

    await openConnections(ui, 300, '')

    expect(stream.status).toBe(200)
    expect(ended).toBe(false)
    following.abort()
    await reading
  })
})
