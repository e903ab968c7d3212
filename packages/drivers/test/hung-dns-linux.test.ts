import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { finish, type OnTestFinished, startProgram } from './child.js'
import { temporaryDirectory } from './temporary-directory.js'

const STORES = [
  'redis://store.example',
  'rediss://store.example',
  'redis://store.example?cluster=true',
  'postgresql://u:p@store.example/db',
  'mysql://u:p@store.example/db',
  'mongodb://store.example',
  'messaging://store.example',
  'elasticsearch://store.example',
  'opensearch://store.example',
  'loginsight://u:p@store.example',
  'otlp://store.example',
  'otlp+https://store.example?protocol=http/json',
  'ceilometer://store.example',
  'ceilometer+https://token@store.example',
]

interface DnsOptions {
  /** Additional lines for resolv.conf. */
  readonly settings?: string
  readonly env?: Readonly<Record<string, string>>
  /** The `onTestFinished` hook of a concurrent test. */
  readonly onFinished?: OnTestFinished
}

/** Runs a fixture in its own network namespace. The only DNS server there is the one that the fixture starts. */
async function runWithDns(
  fixture: string,
  args: readonly string[],
  { settings = '', env = {}, onFinished }: DnsOptions = {},
) {
  const directory = temporaryDirectory(onFinished)
  const resolver = join(directory, 'resolv.conf')
  writeFileSync(resolver, `nameserver 127.0.0.1\n${settings}`)
  const hosts = join(directory, 'hosts')
  writeFileSync(hosts, '10.0.0.9 Listed listed.example # twice.example\n::9 listed.example\n')
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const command =
    'ip link set lo up && mount --bind "$0" /etc/resolv.conf && mount --bind "$1" /etc/hosts && shift && exec env "$@"'
  const program = [...variables, process.execPath, join(import.meta.dirname, 'fixtures', fixture), ...args]
  const child = startProgram('unshare', ['-rmn', 'sh', '-c', command, resolver, hosts, ...program], onFinished)
  const outcome = await finish(child)
  return { ...outcome, closedAt: Date.now() }
}

// The tests run concurrently, because each waits for several seconds.
describe.each(['process.exit()', 'close()', 'by itself'])('while DNS hangs, a program (way to end: %s)', how => {
  it.concurrent.for(STORES)('ends in time with the store %s', async (store, context) => {
    const options = { onFinished: context.onTestFinished }
    const outcome = await runWithDns('end-beside-hung-dns.mjs', [store, how], options)
    const { stdout, code, stderr, closedAt } = outcome

    const { took, at, emitted } = JSON.parse(stdout)
    expect(code, stderr).toBe(0)
    expect(emitted).toEqual([2])
    expect(took).toBeLessThan(how === 'process.exit()' ? 1_000 : 6_000)
    // A process that waited for the lookup of an address in a thread would take ten seconds or more to end.
    expect(closedAt - at).toBeLessThan(2_500)
  })
})

it.each([
  ['three', ['redis://store.example', 'postgresql://u:p@store.example/db', 'mongodb://store.example']],
  ['all', STORES],
])('while DNS hangs, a program with %s stores ends by itself in time', async (_, stores) => {
  const { stdout, code, stderr } = await runWithDns('end-beside-hung-dns.mjs', [stores.join('\n'), 'by itself'])

  const { took } = JSON.parse(stdout)
  expect(code, stderr).toBe(0)
  expect(took).toBeLessThan(7_000)
})

describe('the lookup of a host', () => {
  async function find(names: readonly string[], options: object, settings = '', env: Record<string, string> = {}) {
    const { stdout, stderr } = await runWithDns('find-hosts.mjs', [JSON.stringify([names, options])], { settings, env })
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  }

  it('needs no DNS query for an IP address, a host in /etc/hosts, or this machine', async () => {
    const names = ['127.0.0.1', '::1', 'listed', 'LISTED.example', 'localhost', 'db.localhost', 'localhost.']

    const { found, asked } = await find(names, {})

    const addresses = found.map(([address]: readonly string[]) => address)
    expect(addresses).toEqual(['127.0.0.1', '::1', '10.0.0.9', '10.0.0.9', '127.0.0.1', '127.0.0.1', '127.0.0.1'])
    expect(asked).toEqual([])
  })

  it('returns all addresses, or those of one family', async () => {
    const all = await find(['listed.example'], { all: true })
    const six = await find(['listed.example', 'listed'], { family: 6 })

    const four = { address: '10.0.0.9', family: 4 }
    expect(all.found).toEqual([[[four, { address: '::9', family: 6 }], null]])
    expect(six.found).toEqual([['::9', 6], 'ENOTFOUND'])
  })

  it.each([
    ['search none.svc shop.svc', 'options edns0 ndots:2 timeout:1'],
    ['options ndots:2', 'search old.svc', 'domain old.svc', 'search none.svc shop.svc', 'search', 'options edns0'],
    ['options ndots:1 ndots:3', 'options ndots:2', 'options ndots', 'search none.svc shop.svc'],
  ])('queries DNS for the name and for the name in each search domain (resolv.conf: %s)', async (...lines) => {
    const settings = `${lines.join('\n')}\n`

    const { found, asked } = await find(['db.example', 'redis', 'redis.shop.svc'], {}, settings)

    expect(found).toEqual([
      ['10.0.0.1', 4],
      ['10.0.0.2', 4],
      ['10.0.0.2', 4],
    ])
    expect(asked).toEqual([
      'db.example.none.svc',
      'db.example.shop.svc',
      'db.example',
      'redis.none.svc',
      'redis.shop.svc',
    ])
  })

  it('falls back to the system lookup for a host that only the system knows', async () => {
    const aliases = join(temporaryDirectory(), 'aliases')
    writeFileSync(aliases, 'alias real.example\n')

    const { found } = await find(['alias', 'nobody'], {}, '', { HOSTALIASES: aliases })

    expect(found).toEqual([['10.0.0.3', 4], 'ENOTFOUND'])
  })
})
