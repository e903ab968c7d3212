import { join } from 'node:path'
import { findFreePort } from './free-port.js'
import { fetchJavaProgram, JAVA_OPTIONS, type JavaProgram } from './java-program.js'
import { isListening } from './listens.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

export const MONGODB: JavaProgram = { name: 'mongodb', sources: 'mongodb', java: 17 }

/** Options for a test's MongoDB server. */
export interface MongodbOptions {
  /** Whether the data survives `kill()`. If so, the server stores the data in a file, which is slow. */
  readonly durable?: boolean | undefined
}

/**
 * Starts mongo-java-server. It implements MongoDB's protocol, but not users, transactions, or the removal of old
 * documents.
 */
export async function startMongodb({ durable = false }: MongodbOptions = {}): Promise<TestServer> {
  const { java, folder: program } = await fetchJavaProgram(MONGODB)
  const folder = makeServerFolder('mongodb')
  const port = await findFreePort()
  const settings = [String(port), ...(durable ? [join(folder, 'data')] : [])]
  const server = await startServer({
    command: java,
    args: [
      ...JAVA_OPTIONS,
      '-Xmx512m',
      '-cp',
      `${join(program, 'classes')}:${join(program, 'lib/*')}`,
      'Server',
      ...settings,
    ],
    cwd: folder,
    isReady: () => isListening(port),
  })
  return {
    host: '127.0.0.1',
    port,
    url: `mongodb://127.0.0.1:${port}`,
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(folder)
    },
  }
}
