import { once } from 'node:events'
import { connect } from 'node:net'
import { findFreePort } from './free-port.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

/** Options for a test's NATS server. */
export interface NatsOptions {
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Whether the server stores streams. */
  readonly jetstream?: boolean | undefined
}

export async function startNats(options: NatsOptions = {}): Promise<TestServer> {
  const { user, password, jetstream = false } = options
  const folder = makeServerFolder('nats')
  const port = await findFreePort()
  const access = user === undefined || password === undefined ? [] : ['--user', user, '--pass', password]
  const server = await startServer({
    command: 'nats-server',
    args: ['-a', '127.0.0.1', '-p', String(port), ...access, ...(jetstream ? ['-js', '-sd', folder] : [])],
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    isReady: () => isReady(port),
  })
  const login = access.length === 0 ? '' : `${encodeURIComponent(user ?? '')}:${encodeURIComponent(password ?? '')}@`
  return {
    host: '127.0.0.1',
    port,
    url: `nats://${login}127.0.0.1:${port}`,
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(folder)
    },
  }
}

/** Returns whether the server sends its greeting. In NATS, the server sends the first message. */
async function isReady(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(2000) })
    return String(chunk).startsWith('INFO ')
  } finally {
    socket.destroy()
  }
}
