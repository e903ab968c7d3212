import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { findFreePort } from './free-port.js'
import { fetchJavaProgram, JAVA_OPTIONS, type JavaProgram } from './java-program.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { startServer, type TestServer } from './start-server.js'

export const KAFKA: JavaProgram = { name: 'kafka', sources: 'kafka', java: 17 }

/**
 * Starts Kafka with one broker, which creates a topic with one partition when a client requests the topic. The data of
 * the broker survives `kill()`.
 */
export async function startKafka(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const { java, folder: program } = await fetchJavaProgram(KAFKA)
  const folder = makeServerFolder('kafka')
  const [port, controller] = [await findFreePort(), await findFreePort()]
  const [file, data] = [join(folder, 'server.properties'), join(folder, 'data')]
  writeFileSync(file, toProperties({ ...describeBroker(port, controller), 'log.dirs': data, ...settings }))
  const server = await startServer({
    command: java,
    args: [
      ...JAVA_OPTIONS,
      '-Xmx512m',
      '-cp',
      `${join(program, 'classes')}:${join(program, 'lib/*')}`,
      'Broker',
      file,
      data,
    ],
    cwd: folder,
    isReady: () => isAnswering(port),
  })
  return {
    host: '127.0.0.1',
    port,
    url: `127.0.0.1:${port}`,
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(folder)
    },
  }
}

function describeBroker(port: number, controller: number): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  }
}

function toProperties(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(setting => `${setting.join('=')}\n`)
    .join('')
}

/** Returns whether the broker answers an ApiVersions request. A broker listens before it can answer. */
async function isAnswering(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    // The request: its length, API key 18 in version 0, the correlation id 1, and no client name.
    socket.write(Buffer.from('0000000a0012000000000001ffff', 'hex'))
    const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(5000) })
    return chunk.length >= 8 && chunk.readInt32BE(4) === 1
  } finally {
    socket.destroy()
  }
}
