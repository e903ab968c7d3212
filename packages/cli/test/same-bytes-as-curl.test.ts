import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Command } from 'commander'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCurlOptions } from '../src/commands/curl-options.js'
import { openConnection } from '../src/request/connection.js'
import { type CurlOptions, parseRequest } from '../src/request/parse-request.js'
import { findUrl } from '../src/request/request-url.js'
import { sendRequest } from '../src/request/send-request.js'
import { COPIED } from './copied-requests.js'

const runFile = promisify(execFile)

let server: Server
let host: string
let folder: string
/** The requests that the server received from curl and from `osprofiler run`. */
let received: string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-curl-'))
  writeFileSync(join(folder, 'lines.txt'), 'a\r\nbc&d\n')
  writeFileSync(join(folder, 'image.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0xff, 0x00]))
  writeFileSync(join(folder, 'headers'), 'X-One: 1\n# a comment\n\nX-Two: 2\r\n')
  server = createServer(socket => {
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', piece => {
      text += piece.toString('latin1')
      if (!isWhole(text)) return
      received.push(text)
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a command that a browser copied', () => {
  it.each(COPIED)('makes the same request as curl: $name', async ({ command }) => {
    const { byCurl, byRun } = await sendBoth(command)

    expect(byRun).toEqual(byCurl)
  })
})

describe('a curl command', () => {
  it.each([
    "curl 'http://HOST/a'",
    "curl 'http://HOST'",
    "curl 'http://HOST?x=1'",
    "curl --url 'http://HOST/a#fragment'",
    "curl 'http://me:p%40w@HOST/'",
    "curl -u me:p@w 'http://HOST/'",
    "curl -ume: 'http://HOST/'",
    `curl -u me:pw -H 'Authorization: Bearer x' 'http://HOST/'`,
    `curl -g 'http://HOST/a'"'"'b"<>|^{}?x='"'"'y"|{z}[0]'`,
    "curl 'http://HOST/a/../b/./c?x=/../y'",
    "curl 'http://HOST/?q\\[a\\]=\\{1\\}'",
    "curl -d a=1 'http://HOST/'",
    "curl -d a=1 -d b=2 --data-raw @c --data-binary d 'http://HOST/'",
    "curl -d '' 'http://HOST/'",
    "curl -d é€😀 'http://HOST/'",
    "curl --data -5 'http://HOST/'",
    "curl -d @lines.txt 'http://HOST/'",
    "curl --data-binary @lines.txt 'http://HOST/'",
    "curl --data-urlencode @image.png 'http://HOST/'",
    "curl --data-binary @image.png -H 'Content-Type: image/png' 'http://HOST/'",
    "printf 'from\\nthere' | curl -d @- 'http://HOST/'",
    "printf 'from\\nthere' | curl --data-binary @- 'http://HOST/'",
    "curl --data-urlencode 'a=b c&d~é+' --data-urlencode '=x y' --data-urlencode 'plain /' 'http://HOST/'",
    "curl --data-urlencode n@lines.txt --data-urlencode @lines.txt --data-urlencode 'a@b=c@d' 'http://HOST/'",
    "curl -G -d q=1 --data-urlencode 'r=a b&c' 'http://HOST/a'",
    "curl -G -d q=1 'http://HOST/a?z=1'",
    "curl -I 'http://HOST/a'",
    "curl -I -G -d q=1 'http://HOST/a'",
    "curl -X DELETE 'http://HOST/'",
    "curl -X POST 'http://HOST/'",
    "curl -XPUT -d a 'http://HOST/'",
    "curl -X GET -d '{\"query\": {}}' -H 'Content-Type: application/json' 'http://HOST/_search'",
    "curl -X QUERY -d a 'http://HOST/'",
    "curl -H 'X-A: 1' -H 'X-A: 2' -H 'X-B:3' 'http://HOST/'",
    "curl -H 'Empty;' -H 'Accept:' -H 'X-None:' -H 'X-Blank: ' 'http://HOST/'",
    "curl -H 'User-Agent:' 'http://HOST/'",
    "curl -H 'Host: shop.example' 'http://HOST/'",
    "curl -H 'Host:' 'http://HOST/'",
    "curl -H 'content-type: text/plain' -d a 'http://HOST/'",
    "curl -H 'Content-Type:' -d a 'http://HOST/'",
    "curl -H 'Content-Length: 1' -d a 'http://HOST/'",
    "curl -H 'Transfer-Encoding: chunked' -d a 'http://HOST/'",
    "curl -H 'Connection: keep-alive' -H 'TE: trailers' 'http://HOST/'",
    "curl -H 'X-Name: Zoë €' 'http://HOST/'",
    "curl -H @headers 'http://HOST/'",
    "curl -b 'a=b; c=\"d\"' 'http://HOST/'",
    "curl -b a=b -b c=d 'http://HOST/'",
    "curl -b '' 'http://HOST/'",
    "curl -b a=b -H 'Cookie: c=d' 'http://HOST/'",
    "curl -A 'Mozilla/5.0 (X11)' -e 'http://shop.example/' 'http://HOST/'",
    "curl -A '' -e 'http://shop.example/;auto' 'http://HOST/'",
    "curl -A a -H 'user-agent: b' -e c -H 'referer: d' 'http://HOST/'",
    "curl --compressed 'http://HOST/'",
    "curl --compressed -H 'accept-encoding: identity' 'http://HOST/'",
    "curl -sSL -i -f -N -w '%{http_code}' --http1.1 -o /dev/null 'http://HOST/'",
    "curl -v 'HOST/a?b=c'",
    "curl --tlsv1.2 --connect-timeout 5 'me:pw@HOST'",
    "curl -F a=b -F 'c=d;e' -F 'f=<lines.txt' -F 'q=\"@x;y\"' --form-string 'g=@h;type=i' 'http://HOST/'",
    "curl -F a=@image.png -F 'b=@lines.txt;type=text/csv;filename=\"x.csv\"' -F 'c={};type=application/json' 'http://HOST/'",
    "curl -k -m 5 'http://HOST/'",
  ])('makes the same request as curl: %s', async command => {
    const { byCurl, byRun } = await sendBoth(command)

    expect(byRun).toEqual(byCurl)
  })
})

describe('a randomly generated curl command', () => {
  it('makes the same request as curl', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyOption, { maxLength: 6 }), anyPath, async (options, path) => {
        const args = [...options.flat(), `http://${host}${path}`]
        received = []
        await runFile('curl', ['-q', '-sS', '-g', ...args], { cwd: folder })
        await sendAsRun(['-g', ...args])
        const [byCurl, byRun] = received.map(normalize)

        expect(byRun).toEqual(byCurl)
      }),
      { numRuns: 100 },
    )
  })
})

describe('a form with a content type from the command line', () => {
  it('has its boundary in that content type, as with curl', async () => {
    const { byCurl, byRun } = await sendBoth("curl -F a=b -H 'Content-Type: multipart/form-data' 'http://HOST/'")

    expect(byRun.split('\r\n').sort()).toEqual(byCurl.split('\r\n').sort())
  })
})

const anyText = fc.string({ unit: 'binary' }).filter(text => !text.includes('\0') && text.isWellFormed())
const anyName = fc.stringMatching(/^x-[a-z]{1,8}$/)
const anyValue = fc.string({ unit: 'grapheme' }).map(text => `v${text.replace(/\p{Cc}/gu, '').trim()}`)
const anyPath = fc.stringMatching(/^\/([\w~!$&'()*+,:@%=-]{1,8}\/?){0,3}(\?[\w/?~!$&()*+,;:@=[\]{}|^`"<>-]{0,12})?$/)
const anyOption: fc.Arbitrary<readonly string[]> = fc.oneof(
  fc.tuple(fc.constant('--data-raw'), anyText),
  fc.tuple(fc.constant('-d'), anyText).filter(([, text]) => !text.startsWith('@')),
  fc.tuple(
    fc.constant('--data-urlencode'),
    anyText.map(text => `=${text}`),
  ),
  fc.tuple(fc.constant('-H'), fc.tuple(anyName, anyValue)).map(([flag, pair]) => [flag, pair.join(': ')]),
  fc.tuple(fc.constant('-b'), anyValue).map(([flag, value]) => [flag, `c=${value}`]),
  fc.tuple(fc.constantFrom('-A', '-e'), anyValue),
  fc.tuple(fc.constant('-u'), anyValue).map(([flag, value]) => [flag, `me:${value}`]),
  fc.tuple(fc.constant('-X'), fc.constantFrom('PUT', 'PATCH', 'DELETE', 'OPTIONS', 'POST', 'GET')),
  fc.constant(['--compressed']),
)

/** Sends a request with curl and with `run`. Returns the parts of both requests that must be equal. */
async function sendBoth(command: string): Promise<{ byCurl: string; byRun: string }> {
  const text = command.replaceAll('HOST', host)
  received = []
  await inShell(`curl() { command curl -q -sS "$@"; }\n${text}`)
  const input = /^(printf .*?) \| /.exec(text)?.[1]
  const piped = input === undefined ? '' : (await inShell(input)).stdout
  const words = (await inShell(`curl() { printf '%s\\0' "$@"; }\n${text}`)).stdout.split('\0').slice(0, -1)
  await sendAsRun(piped === '' ? words : words.map(word => word.replace('@-', '@piped')), piped)
  const [byCurl = '', byRun = ''] = received.map(normalize)
  return { byCurl, byRun }
}

function inShell(script: string): Promise<{ stdout: string; stderr: string }> {
  return runFile('bash', ['-c', script], { cwd: folder })
}

async function sendAsRun(words: readonly string[], piped = ''): Promise<void> {
  writeFileSync(join(folder, 'piped'), piped)
  const here = process.cwd()
  process.chdir(folder)
  try {
    const command = addCurlOptions(new Command().argument('[words...]')).parse(['curl', ...words], { from: 'user' })
    const options = command.opts<CurlOptions>()
    const request = parseRequest(findUrl(command.args, options), options)
    const connection = openConnection(request.url, {})
    const { failure } = await sendRequest(request, 'a key', connection, 5_000)
    connection.close()
    expect(failure).toBeUndefined()
  } finally {
    process.chdir(here)
  }
}

/**
 * Removes the known differences between curl's request and ours: the trace headers, the default user agent, whitespace
 * after a colon, and random boundaries.
 */
function normalize(request: string): string {
  const boundary = /boundary=(-{24}[0-9a-f]{16})/.exec(request)?.[1]
  const [head = '', ...body] = request.split('\r\n\r\n')
  const lines = head
    .split('\r\n')
    .filter(line => !/^X-Trace-(Info|HMAC|Ticket): /.test(line))
    .map(line =>
      line
        .replace(/^User-Agent: (curl\/.*|osprofiler)$/, 'User-Agent: DEFAULT')
        .replace(/:\s*/, ': ')
        .trim(),
    )
  const text = [lines.join('\r\n'), ...body].join('\r\n\r\n')
  // In percent-encodings, curl 7 writes lowercase letters in a query, as in %c3, and uppercase letters in a body.
  const [first = '', ...rest] = text.split('\r\n')
  const all = [first.replace(/%[0-9a-f]{2}/gi, code => code.toUpperCase()), ...rest].join('\r\n')
  return boundary === undefined ? all : all.replaceAll(boundary, 'BOUNDARY')
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  if (/^transfer-encoding: chunked/im.test(text.slice(0, end))) return text.endsWith('0\r\n\r\n')
  const length = /^content-length: (\d+)/im.exec(text.slice(0, end))?.[1]
  return text.length - end - 4 >= Number(length ?? 0)
}
