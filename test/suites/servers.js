import { startMariadb } from '../servers/dist/mariadb.js'
import { startPostgresql } from '../servers/dist/postgresql.js'
import { startRabbitmq } from '../servers/dist/rabbitmq.js'

/**
 * Starts the servers that a suite needs. Resolves to environment variables with their addresses, and to a function that
 * stops the servers.
 */
export async function startServers(names = []) {
  const started = []
  let env = {}
  for (const name of names) {
    const { server, env: leading } = await SERVERS[name]()
    started.push(server)
    env = { ...env, ...leading }
  }
  return { env, stop: () => Promise.all(started.map(server => server.stop())) }
}

const SERVERS = {
  async postgresql() {
    const server = await startPostgresql({ settings: { max_connections: '200', max_prepared_transactions: '10' } })
    await server.sql("CREATE ROLE testuser SUPERUSER LOGIN PASSWORD 'knextest'")
    await server.sql('CREATE DATABASE knex_test OWNER testuser')
    await server.sql('ALTER ROLE osprofiler SUPERUSER')
    const { port } = server
    return { server, env: { PGHOST: '127.0.0.1', PGPORT: `${port}`, PGUSER: 'osprofiler', PGDATABASE: 'osprofiler' } }
  },

  async mariadb() {
    const server = await startMariadb({ settings: { 'local-infile': '1', 'max-connections': '300' } })
    await server.sql("CREATE DATABASE test; CREATE DATABASE knex_test; CREATE USER 'root'@'%'")
    await server.sql(
      "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION; CREATE USER testuser@'%' IDENTIFIED BY 'testpassword'",
    )
    await server.sql("GRANT ALL ON *.* TO testuser@'%'")
    const { port } = server
    return {
      server,
      env: { MYSQL_HOST: '127.0.0.1', MYSQL_PORT: `${port}`, MYSQL_USER: 'root', MYSQL_DATABASE: 'test' },
    }
  },

  async rabbitmq() {
    // Some of amqplib's tests contain the default port, and also connect over IPv6.
    const settings = { 'listeners.tcp.2': '127.0.0.1:5672', 'listeners.tcp.3': '::1:5672' }
    const server = await startRabbitmq({ user: 'guest', password: 'guest', settings })
    return { server, env: { URL: server.url } }
  },

  /** Starts Redis on its own default port, because ioredis's tests contain that port. */
  async redis() {
    const { startServer } = await import('../servers/dist/start-server.js')
    const { makeServerFolder, removeServerFolder } = await import('../servers/dist/server-folder.js')
    const { askRedis } = await import('../servers/dist/redis.js')
    const folder = makeServerFolder('redis')
    const server = await startServer({
      command: 'redis-server',
      args: ['--port', '6379', '--bind', '127.0.0.1', '::1', '--dir', folder, '--save', ''],
      isReady: async () => (await askRedis(6379, undefined, undefined, ['PING'])).trim() === 'PONG',
    })
    const stop = async () => {
      await server.kill()
      removeServerFolder(folder)
    }
    return { server: { stop }, env: {} }
  },
}
