import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { watchConnection } from '../src/http/response/http1-connection.js'

/** Opens a connection and returns both of its ends. */
async function openConnection(): Promise<{ readonly server: Socket; readonly client: Socket }> {
  const listening = createServer().listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  const accepted = once(listening, 'connection')
  const client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  const [server] = (await accepted) as [Socket]
  onTestFinished(() => {
    client.destroy()
    server.destroy()
    listening.close()
  })
  return { server, client }
}

describe('a connection with traced requests', () => {
  it('is watched only once, even if watchConnection() is called twice', async () => {
    const { server } = await openConnection()

    expect(watchConnection(server)).toBe(watchConnection(server))
    expect(server.listenerCount('close')).toBe(server.listeners('close').length)
  })

  it('reports that its client has disconnected', async () => {
    const { server, client } = await openConnection()
    const connection = watchConnection(server)
    server.resume()

    const before = connection.hasClientLeft()
    client.end()
    await once(server, 'close')

    expect([before, connection.hasClientLeft(), connection.endedLocally]).toEqual([false, true, false])
  })

  it('reports that the server has ended the connection', async () => {
    const { server } = await openConnection()
    const connection = watchConnection(server)

    server.end()
    await once(server, 'finish')

    expect([connection.endedLocally, connection.hasClientLeft()]).toEqual([true, false])
  })

  it('reports a time-out on the server as the cause of its end, unless it ends much later', async () => {
    const [soon, late] = [await openConnection(), await openConnection()]
    const start = performance.now()
    const now = vi.spyOn(performance, 'now').mockReturnValue(start)
    onTestFinished(() => void vi.restoreAllMocks())
    const connections = [soon, late].map(({ server }) => watchConnection(server))

    soon.server.emit('timeout')
    late.server.emit('timeout')
    soon.server.destroy()
    now.mockReturnValue(start + 5_000)
    late.server.destroy()

    expect(connections.map(connection => connection.hasTimedOut())).toEqual([true, false])
  })

  it('calls the close listeners that were not removed', async () => {
    const { server } = await openConnection()
    const connection = watchConnection(server)
    const [told, left] = [vi.fn(), vi.fn()]
    connection.onClose(told)
    connection.onClose(left)()

    server.destroy()
    await once(server, 'close')

    expect([told, left].map(fn => fn.mock.calls.length)).toEqual([1, 0])
  })
})
