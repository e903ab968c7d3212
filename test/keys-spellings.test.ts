import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configure } from '@osprofiler/core'
import { configuredKeyRing } from '@osprofiler/core/rpc'
import { afterEach, expect, it, vi } from 'vitest'
import { type KeyOptions, readSigningKey } from '../packages/cli/src/keys/read-keys.js'
import { makeDirectory, osprofiler } from './cli-process.js'

const KEY = 'o7Vt2kQ9xWc4LmZs8RbYpD1g'
const OTHER_KEY = 'Zq3nTe5uHd0JfXa6KiGwMy2v'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  configure({})
})

function encodeUtf16(text: string, order: 'LE' | 'BE'): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return order === 'LE' ? bytes : bytes.swap16()
}

/** Returns the reason why keys cannot be used, taken from a warning or from the command's message. */
function extractReason(text: string): string | undefined {
  return /\bit(?:s \w+ key)? (?:is|begins|has) .+?(?=\)\.|\.\s|\.$)/.exec(text)?.[0]
}

/** Returns the key that a service signs with, or the reason why it has no key. */
function readByService(variable: string, value: string): string | undefined {
  const warnings: string[] = []
  vi.spyOn(process, 'emitWarning').mockImplementation(warning => void warnings.push(String(warning)))
  vi.stubEnv(variable, value)
  const undo = configure({})
  const ring = configuredKeyRing()
  undo()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  return ring === undefined ? extractReason(warnings.join('\n')) : ring.verify('x', ring.sign('x'))
}

/** Returns the key that the command signs with, or the reason why it has no key. */
function readByCommand(options: KeyOptions, environment: Readonly<Record<string, string>> = {}): string | undefined {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    return readSigningKey(options)
  } catch (error) {
    return extractReason(String(error))
  } finally {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  }
}

const QUOTES_REASON = 'its first key is in quotes: remove the quotes'

it.each<[string, string, string]>([
  ['only a key', KEY, KEY],
  ['a line that ends with a line feed', `${KEY}\n`, KEY],
  ['a line that ends with CR LF', `${KEY}\r\n`, KEY],
  ['white space around a key', `  \t${KEY} \u00a0 \n`, KEY],
  ['a space inside a key', `${KEY} ${OTHER_KEY}`, `${KEY} ${OTHER_KEY}`],
  ['commas with spaces around them', `${KEY} , ${OTHER_KEY}`, KEY],
  ['empty entries', `,, \n,${KEY},,\n\n${OTHER_KEY},`, KEY],
  ['keys on separate lines', `${KEY}\r\n\r\n${OTHER_KEY}\r`, KEY],
  ['a byte order mark', `\ufeff${KEY}\n`, KEY],
  ['double quotes', `"${KEY}"`, QUOTES_REASON],
  ['single quotes', `'${KEY}'\n`, QUOTES_REASON],
  ['typographic quotes', `\u201c${KEY}\u201d`, QUOTES_REASON],
  ['quotes around a list', `"${KEY},${OTHER_KEY}"`, QUOTES_REASON],
  ['a comment', `# ours\n${KEY}`, 'its first key begins with #: remove the line, because comments are not supported'],
  [
    'a line from an .env file',
    `OSPROFILER_HMAC_KEYS=${KEY}`,
    'its first key is a line of an .env file: remove everything up to the "="',
  ],
  ['a control character', `${KEY}\u001b`, 'its first key has control characters'],
  ['a second byte order mark', `${KEY}\n\ufeff${OTHER_KEY}`, 'its second key has invisible characters: type it again'],
])('services and the command read the same keys from the environment: %s', (_what, text, expected) => {
  const file = join(makeDirectory(), 'keys')
  writeFileSync(file, text, { mode: 0o600 })

  const services = [readByService('OSPROFILER_HMAC_KEYS_FILE', file), readByService('OSPROFILER_HMAC_KEYS', text)]
  const commands = [
    readByCommand({ hmacKeyFile: file }),
    readByCommand({ hmacKey: text }),
    readByCommand({}, { OSPROFILER_HMAC_KEYS: text }),
    readByCommand({}, { OSPROFILER_HMAC_KEYS_FILE: file }),
  ]

  expect([...services, ...commands]).toEqual(Array.from({ length: 6 }, () => expected))
})

it.each<[string, Buffer, string]>([
  ['UTF-16, as PowerShell writes it', encodeUtf16(`${KEY}\r\n`, 'LE'), KEY],
  ['big-endian UTF-16', encodeUtf16(`${KEY},${OTHER_KEY}`, 'BE'), KEY],
  [
    'UTF-16 without a byte order mark',
    Buffer.from(KEY, 'utf16le'),
    'its first key has NUL characters, as in UTF-16 without a byte order mark: use UTF-8',
  ],
  [
    'half a UTF-16 character',
    encodeUtf16(KEY, 'LE').subarray(0, -1),
    'it begins with a UTF-16 byte order mark but is not UTF-16',
  ],
  [
    'half a big-endian UTF-16 character',
    encodeUtf16(KEY, 'BE').subarray(0, -1),
    'it begins with a UTF-16 byte order mark but is not UTF-16',
  ],
  ['bytes that are not UTF-8', Buffer.from([0xc3, 0x28, 0x61]), 'it is not UTF-8'],
])('services and the command read the same keys from a file: %s', (_what, bytes, expected) => {
  const file = join(makeDirectory(), 'keys')
  writeFileSync(file, bytes, { mode: 0o600 })

  const service = readByService('OSPROFILER_HMAC_KEYS_FILE', file)
  const command = readByCommand({ hmacKeyFile: file })
  rmSync(file)

  expect([service, command]).toEqual([expected, expected])
})

it.each([
  ['UTF-16', encodeUtf16(`"${KEY}"`, 'LE'), QUOTES_REASON],
  ['bytes that are not UTF-8', Buffer.from([0xc3, 0x28, 0x61]), 'it is not UTF-8'],
  ['input larger than a key file may be', Buffer.alloc(70_000, 'a'), 'it is longer than 65536 bytes'],
])('the command reads keys from standard input in the same way as from a file: %s', async (_what, input, expected) => {
  const { stdout, stderr } = await osprofiler(['run', 'http://127.0.0.1:9/', '--hmac-key-file', '-'], { input })

  expect(extractReason(stderr)).toBe(expected)
  expect(stdout + stderr).not.toContain('o7Vt2')
})

it('the command prints warnings about weak keys to standard error, without the keys', async () => {
  const file = join(makeDirectory(), 'keys')
  writeFileSync(file, 'SECRET_KEY\nhunter2\n')
  chmodSync(file, 0o644)

  const { stdout, stderr } = await osprofiler(['run', 'http://127.0.0.1:9/', '--hmac-key-file', file])

  expect(stderr.match(/^warning: .*/gm)).toEqual([
    expect.stringMatching(/^warning: The first key in the file .*keys is in public documentation/),
    expect.stringMatching(/^warning: The second key in the file .*keys can be guessed/),
    expect.stringMatching(/^warning: Every user of this machine can read the keys in the file .*keys\./),
  ])
  expect(stdout + stderr).not.toMatch(/SECRET_KEY|hunter2/)
})
