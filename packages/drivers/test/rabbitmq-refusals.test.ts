import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RabbitmqServer, startRabbitmq } from '../../../test/servers/rabbitmq.js'
import { expectFailure, expectOthers } from './refused-records.js'

const MAX_MESSAGE_BYTES = 200_000
const COMMAND_TEST_TIMEOUT_MS = 240_000

let server: RabbitmqServer
let secure: RabbitmqServer
beforeAll(async () => {
  server = await startRabbitmq({ password: 's3cret', settings: { max_message_size: String(MAX_MESSAGE_BYTES) } })
  secure = await startRabbitmq({ password: 's3cret', tls: true })
}, COMMAND_TEST_TIMEOUT_MS)
afterAll(async () => {
  await server.stop()
  await secure.stop()
})

const urlOf = ({ port }: RabbitmqServer, user = 'osprofiler', password = 's3cret', vhost = ''): string =>
  `messaging://${user}:${password}@127.0.0.1:${port}/${vhost}`

describe('a process that writes to RabbitMQ gets a warning and keeps all records if', () => {
  it('the password is wrong', async () => {
    await expectFailure(urlOf(server, 'osprofiler', 'wr0ng'), /refused the user or password/)
  })

  it('the virtual host does not exist', async () => {
    await expectFailure(urlOf(server, 'osprofiler', 's3cret', 'other'), /no such virtual host/)
  })

  it('the user may not declare or write', { timeout: COMMAND_TEST_TIMEOUT_MS }, async () => {
    await server.command('add_user', 'reader', 's3cret')
    await server.command('set_permissions', 'reader', '', '', '.*')

    await expectFailure(urlOf(server, 'reader'), /may not use its exchange or queue \(403\); grant/)
  })

  it('the broker speaks TLS', async () => {
    await expectFailure(urlOf(secure), /if it speaks TLS, add ssl=1/)
  })

  it('the broker does not speak TLS', async () => {
    await expectFailure(`${urlOf(server)}?ssl=1`, /does not speak TLS; leave ssl out/)
  })

  it('the certificate is not trusted', async () => {
    await expectFailure(`${urlOf(secure)}?ssl=1`, /see ssl_ca_file/)
  })
})

describe('RabbitMQ keeps the other records of a batch if one record', () => {
  it('is larger than max_message_size or invalid', async () => {
    const { stats, warnings } = await expectOthers(urlOf(server), [
      { info: { text: 'x'.repeat(MAX_MESSAGE_BYTES) } },
      { timestamp: 'never' },
      { info: { text: '漢'.repeat(MAX_MESSAGE_BYTES / 2) } },
    ])

    expect(stats).toMatchObject({ dropped: 3, unknown: 0 })
    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_RECORDS_DROPPED'])
  })
})
