import { once } from 'node:events'
import { connect, createServer, type ServerHttp2Session } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hasPeerLeft, hasTimedOut, watchSession } from '../src/http/response/http2-session.js'

async function openSession() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'session')
  const address = server.address()
  const client = connect(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
  client.on('error', () => {})
  const [session] = (await accepted) as [ServerHttp2Session]
  session.on('error', () => {})
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  return { session }
}

describe('an HTTP/2 session', () => {
  it('reports a recent time-out', async () => {
    const { session } = await openSession()
    watchSession(session)

    const before = hasTimedOut(session)
    session.emit('timeout')

    expect([before, hasTimedOut(session), hasTimedOut(undefined)]).toEqual([false, true, false])
  })

  it('reports that the client closed the session with an error', async () => {
    const { session } = await openSession()
    watchSession(session)

    session.emit('goaway', 0)
    const before = hasPeerLeft(session)
    session.emit('goaway', 2)

    expect([before, hasPeerLeft(session), hasPeerLeft(undefined)]).toEqual([false, true, true])
  })
})
