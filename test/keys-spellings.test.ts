import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { configure } from '@osprofiler/core'
import { configuredKeyRing } from '@osprofiler/core/rpc'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { makeDirectory, type Outcome, osprofiler } from './cli-process.js'

const KEY = 'o7Vt2kQ9xWc4LmZs8RbYpD1g'
const OTHER = 'Zq3nTe5uHd0JfXa6KiGwMy2v'

let server: Server
let origin: string
/** The signed pairs that came, by path. */
const arrived = new Map<string | undefined, { readonly info: string; readonly hmac: string }>()

beforeAll(async () => {
  server = createServer((request, response) => {
    const { 'x-trace-info': info, 'x-trace-hmac': hmac } = request.headers
    arrived.set(request.url, { info: String(info), hmac: String(hmac) })
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  configure({})
})

function utf16(text: string, order: 'LE' | 'BE'): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return order === 'LE' ? bytes : bytes.swap16()
}

/** Why keys cannot be used, as a warning or the command says it. */
function reasonIn(text: string): string | undefined {
  return /\bit(?:s \w+ key)? (?:is|begins|has) .+?(?=\)\.|\.\s|\.$)/.exec(text)?.[0]
}

/** What a service makes of keys: the one that signs, or why there is none. */
function readByService(variable: string, value: string): string | undefined {
  const warnings: string[] = []
  vi.spyOn(process, 'emitWarning').mockImplementation(warning => void warnings.push(String(warning)))
  vi.stubEnv(variable, value)
  const undo = configure({})
  const ring = configuredKeyRing()
  undo()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  return ring === undefined ? reasonIn(warnings.join('\n')) : ring.verify('x', ring.sign('x'))
}

/** The same of the command. */
async function readByCommand(args: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<string | undefined> {
  const path = `/${randomUUID()}`
  const settings = { OSPROFILER_CONNECTION_STRING: 'memory://', ...env }
  const outcome: Outcome = await osprofiler(['run', origin + path, '--timeout', '1', ...args], { env: settings, input })
  expect(outcome.stdout + outcome.stderr).not.toMatch(/o7Vt2|Zq3nT/)
  const pair = arrived.get(path)
  if (pair === undefined) return reasonIn(outcome.stderr)
  const { info, hmac } = pair
  return [KEY, OTHER, `${KEY} ${OTHER}`].find(key => createHmac('sha1', key).update(info).digest('hex') === hmac)
}

const QUOTES = 'its first key is in quotes: take them out'

it.each<[string, string | Buffer, string]>([
  ['a key alone', KEY, KEY],
  ['a line, as echo writes it', `${KEY}\n`, KEY],
  ['a line of Windows', `${KEY}\r\n`, KEY],
  ['blanks around', `  \t${KEY} \u00a0 \n`, KEY],
  ['a blank within', `${KEY} ${OTHER}`, `${KEY} ${OTHER}`],
  ['commas and blanks', `${KEY} , ${OTHER}`, KEY],
  ['empty entries', `,, \n,${KEY},,\n\n${OTHER},`, KEY],
  ['keys on lines', `${KEY}\r\n\r\n${OTHER}\r`, KEY],
  ['a byte order mark', `\ufeff${KEY}\n`, KEY],
  ['double quotes', `"${KEY}"`, QUOTES],
  ['single quotes', `'${KEY}'\n`, QUOTES],
  ['typographic quotes', `\u201c${KEY}\u201d`, QUOTES],
  ['quotes around a list', `"${KEY},${OTHER}"`, QUOTES],
  ['a comment', `# ours\n${KEY}`, 'its first key begins with #: comments are not read, take the line out'],
  [
    'a line of .env',
    `OSPROFILER_HMAC_KEYS=${KEY}`,
    'its first key is a line of an .env file: take out all up to the "="',
  ],
  ['a control character', `${KEY}\u001b`, 'its first key has control characters'],
  ['a second mark', `${KEY}\n\ufeff${OTHER}`, 'its second key has invisible characters: type it anew'],
])('services and the command read alike: %s', async (_what, text, expected) => {
  const file = join(makeDirectory(), 'keys')
  writeFileSync(file, text, { mode: 0o600 })

  const services = [
    readByService('OSPROFILER_HMAC_KEYS_FILE', file),
    readByService('OSPROFILER_HMAC_KEYS', String(text)),
  ]
  const commands = await Promise.all([
    readByCommand(['--hmac-key-file', file], {}),
    readByCommand(['--hmac-key-file', '-'], {}, String(text)),
    readByCommand([], { OSPROFILER_HMAC_KEYS: String(text) }),
    readByCommand([], { OSPROFILER_HMAC_KEYS_FILE: file }),
  ])

  expect([...services, ...commands]).toEqual(Array.from({ length: 6 }, () => expected))
})

it.each<[string, Buffer, string]>([
  ['what PowerShell writes', utf16(`${KEY}\r\n`, 'LE'), KEY],
  ['UTF-16 of the other order', utf16(`${KEY},${OTHER}`, 'BE'), KEY],
  [
    'UTF-16 without a mark',
    Buffer.from(KEY, 'utf16le'),
    'its first key has NUL characters: is it UTF-16 without a byte order mark? Write it as UTF-8',
  ],
  ['half a character', utf16(KEY, 'LE').subarray(0, -1), 'it begins as UTF-16 and is not'],
  ['half a character of the other order', utf16(KEY, 'BE').subarray(0, -1), 'it begins as UTF-16 and is not'],
  ['bytes that are no text', Buffer.from([0xc3, 0x28, 0x61]), 'it is not UTF-8'],
])('services and the command read the bytes of a file alike: %s', async (_what, bytes, expected) => {
  const file = join(makeDirectory(), 'keys')
  writeFileSync(file, bytes, { mode: 0o600 })

  const service = readByService('OSPROFILER_HMAC_KEYS_FILE', file)
  const command = await readByCommand(['--hmac-key-file', file], {})
  rmSync(file)

  expect([service, command]).toEqual([expected, expected])
})
