import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { open } from './sql-table.js'

it('the postgresql:// driver closes its connection if the server does not report whether it is writable', async () => {
  const { port, sockets } = await startServer()
  const driver = open(`postgresql://me@127.0.0.1:${port}/db?sslmode=disable&target_session_attrs=read-write`)

  const listing = driver.listTraces?.()

  await expect(listing).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining('cannot be used') })
  await expect.poll(() => sockets.size, { timeout: 5_000 }).toBe(0)
})

const READY = toMessage('Z', Buffer.from('I'))
const DONE = toMessage('C', Buffer.from('SET\0'))
const CANCELED = toMessage(
  'E',
  Buffer.from('SERROR\0VERROR\0C57014\0Mcanceling statement due to statement timeout\0\0'),
)

/**
 * Starts a stand-in for a PostgreSQL server that accepts every user and cancels the query for `transaction_read_only`.
 */
async function startServer() {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', () => {
      // The client is authenticated, and the server is ready for a query.
      socket.write(Buffer.concat([toMessage('R', Buffer.alloc(4)), READY]))
      socket.on('data', data => {
        if (data.toString('latin1', 0, 1) === 'X') return socket.end()
        const answer = data.includes('transaction_read_only') ? CANCELED : DONE
        return socket.write(Buffer.concat([answer, READY]))
      })
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, sockets }
}

function toMessage(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(content.length + 4, 1)
  return Buffer.concat([head, content])
}
