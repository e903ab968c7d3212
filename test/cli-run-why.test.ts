import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'

let env: NodeJS.ProcessEnv

beforeEach(() => {
  env = {
    OSPROFILER_HMAC_KEYS: 'a key that nobody may see',
    OSPROFILER_CONNECTION_STRING: `sqlite:///${join(makeDirectory(), 'traces.db')}`,
  }
})

/**
 * Returns the wishes in the ticket that `osprofiler run` sends. A wish asks services for something extra, such as an
 * account of where the time went.
 */
async function wishesOf(...options: readonly string[]): Promise<readonly string[] | undefined> {
  let ticket: unknown
  const server = createServer(({ headers }, res) => {
    ticket = headers['x-trace-ticket']
    res.setHeader('Age', '7').end()
  })
  onTestFinished(() => void server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await osprofiler(['run', `http://127.0.0.1:${port}/`, ...options], { env })
  return typeof ticket === 'string' ? ticket.split(';')[7]?.split(',') : undefined
}

describe('osprofiler run --why', () => {
  it.each<[string[], string[]]>([
    [[], ['answer', 'code']],
    [['--why'], ['answer', 'code', 'why=waits']],
    [['--why=cpu'], ['answer', 'code', 'why=cpu']],
    [
      ['--why=cpu@Order desk', '--why=waits@api'],
      ['answer', 'code', 'why=cpu@order-desk', 'why=waits@api'],
    ],
  ])('with the options %j, sends a ticket with the wishes %j', async (options, wishes) => {
    expect(await wishesOf(...options)).toEqual(wishes)
  })

  it.each(['--why=all', '--why=cpu@', `--why=cpu@${'x'.repeat(60)}`])('rejects %s', async option => {
    const { code, stderr } = await osprofiler(['run', 'http://127.0.0.1:9/', option], { env })

    expect(code).toBe(1)
    expect(stderr).toContain('Give waits or cpu')
  })

  it('does not mistake the URL for a level', async () => {
    const { stderr } = await osprofiler(['run', '--why', 'http://127.0.0.1:9/'], { env })

    expect(stderr).toContain('Put the URL before --why.')
  })
})

describe('osprofiler sign --want why=cpu', () => {
  it('adds the wish why=cpu to the ticket', async () => {
    const { stdout } = await osprofiler(['sign', 'http://127.0.0.1:9/', '--want', 'why=cpu'], { env })

    expect(stdout).toMatch(/^X-Trace-Ticket: .*;why=cpu;[\w-]+$/m)
  })
})
