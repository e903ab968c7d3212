import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'
import { makeCertificate } from './servers/make-certificate.js'

let directory: string
let env: NodeJS.ProcessEnv
/** The last request that the server received, and the request's body. */
let last: { request: IncomingMessage; body: string }

beforeEach(() => {
  directory = makeDirectory()
  env = {
    OSPROFILER_HMAC_KEYS: 'a key that nobody may see',
    OSPROFILER_CONNECTION_STRING: `sqlite:///${join(directory, 'traces.db')}`,
  }
})

describe('osprofiler run with a curl command', () => {
  it('sends a request that was copied from a browser, including the word curl', async () => {
    const origin = await listen(createServer(answer))
    const args = ['curl', `${origin}/orders?filter\\[a\\]=1`, '-H', 'X-Colour: red', '-b', 'a=b; c=d', '--compressed']

    await run(...args, '--data-raw', '@everyone', '--insecure')

    expect(last.body).toBe('@everyone')
    expect(last.request).toMatchObject({ method: 'POST', url: '/orders?filter[a]=1' })
    expect(last.request.headers).toMatchObject({ cookie: 'a=b; c=d', 'x-colour': 'red', 'accept-encoding': /zstd/ })
    expect(last.request.headers['x-trace-hmac']).toMatch(/^[0-9a-f]{40}$/)
  })

  it('never prints a secret that the request contains, even in error messages', async () => {
    const origin = await listen(createServer(answer))
    const secrets = [
      '-u',
      'me:s3cret',
      '-b',
      'id=s3cret',
      '-H',
      'X-Api-Key: s3cret',
      '-d',
      's3cret',
      '-e',
      'http://s3cret/',
    ]
    const attempts = [
      [`${origin}/?token=s3cret`, ...secrets],
      [`${origin}/`, ...secrets, '-X', 'B AD'],
      [`${origin}/`, ...secrets, '-Ume:s3cret'],
      [`${origin}/`, ...secrets, '--proxy-user=me:s3cret'],
      [`${origin}/`, 's3cret', ...secrets],
      [`${origin}/`, ...secrets, '-F', 's3cret'],
      [`${origin}/`, '-b', 's3cret'],
      [`${origin}/`, '-u', 's3cret'],
      [`${origin}/`, '-I', '-d', 's3cret'],
    ]

    for (const args of attempts) {
      const { stdout, stderr } = await run(...args)

      expect(stderr, args.at(-1)).not.toBe('')
      expect(stdout + stderr).not.toContain('s3cret')
    }
    expect((await osprofiler(['run', '--help'])).stdout).not.toMatch(/Authorization|Cookie: /)
  })

  it.each([
    [[], 'A URL is missing'],
    [['curl'], 'A URL is missing'],
    [['http://127.0.0.1/', '--url', 'http://127.0.0.1/'], 'Give only one URL'],
    [['http://127.0.0.1/', 'Accept: */*'], 'There is more than one argument besides the options.'],
    [['http://127.0.0.1/', '-b', 'cookies.txt'], '-b needs cookies, such as "NAME=VALUE; NAME=VALUE".'],
    [['http://127.0.0.1/', '-u', 'me'], '-u needs a password, too'],
    [['http://127.0.0.1/', '-I', '-d', 'a'], '-I sends a request without a body'],
    [['http://127.0.0.1/', '-d', 'a', '-F', 'a=b'], 'A body is either data (-d) or a form (-F)'],
    [['http://127.0.0.1/', '-d', '@-', '--hmac-key-file', '-'], 'Standard input can be read only once'],
    [['http://127.0.0.1/', '-H', '@gone'], 'Cannot read headers from gone: ENOENT.'],
  ])('explains the error in %j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args)

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`error: ${message}`)
  })

  it.each(['127.0.0.1', 'localhost', 'me:secret@127.0.0.1', 'LOCALHOST'])(
    'adds http:// to a URL without a scheme, as curl does: %s',
    async host => {
      const origin = await listen(createServer(answer), host.endsWith('127.0.0.1') ? '127.0.0.1' : 'localhost')
      const { port } = new URL(origin)

      const { stderr } = await run(`${host}:${port}/x//y?a=1#b`)

      expect(last.request.url).toBe('/x//y?a=1')
      expect(stderr).toContain(`:${port}/x//y  200`)
      expect(stderr).not.toContain('secret')
    },
  )

  it('ignores curl options that have no effect', async () => {
    const origin = await listen(createServer(answer))

    const { stderr } = await run(
      ...['curl', '--tlsv1.2', '--ssl-no-revoke', '--connect-timeout', '5', '--fail-with-body', '--no-progress-meter'],
      `${origin}/x`,
    )

    expect(stderr).toContain(`GET ${origin}/x  200`)
  })

  it.each([
    ['-r', '-r', '0-99'],
    ['--resolve', '--resolve', 'shop:80:127.0.0.1'],
    ['--location-trusted', '--location-trusted'],
    ['--tlsv1.3', '--tlsv1.3'],
    ['--proxy', '--proxy=http://me:s3cret@proxy'],
    ['-x', '-xhttp://me:s3cret@proxy'],
    ['--no-keepalive', '--no-keepalive'],
    ['--cert', '--cert', 's3cret.pem'],
  ])('says that run does not support %s, which is a curl option', async (option, ...args) => {
    const { code, stdout, stderr } = await run('http://127.0.0.1/', ...args)

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`error: unknown option '${option}'\n`)
    expect(stderr).toContain(`${option} is an option of curl that "osprofiler run" does not support.`)
    expect(stderr).not.toContain('s3cret')
  })

  it('does not mention curl for an unknown option that curl does not have', async () => {
    expect((await run('http://127.0.0.1/', '--bogus')).stderr).not.toContain('curl')
    expect((await osprofiler(['trace', 'list', '--resolve'])).stderr).not.toContain('curl')
  })

  it.each([
    [['http://127.0.0.1/', '--json', '{"a":1}']],
    [['--json', '{"a":1}']],
    [['http://127.0.0.1/', '--json={"a":1}']],
  ])("explains that --json differs from curl's: %j", async args => {
    const { code, stdout, stderr } = await run(...args)

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('Here, --json prints the trace as JSON')
    expect(stderr).toContain("-d BODY -H 'Content-Type: application/json'")
    expect(stderr).not.toContain('{"a"')
  })

  it.each([
    [['-v'], []],
    [['curl', '-v'], []],
    [[], ['-v']],
    [['curl'], ['-sS', '-v', '-k']],
    [[], ['-vk']],
    [['-vvv'], []],
    [
      ['-v', '-v'],
      ['--verbose', '-sSv'],
    ],
  ])('sends the request whether -v is before or after the URL: %j URL %j', async (before, behind) => {
    const origin = await listen(createServer(answer))

    const { stdout, stderr } = await run(...before, `${origin}/verbose`, ...behind)

    expect(last.request.url).toBe('/verbose')
    expect(stderr).toContain(`GET ${origin}/verbose  200`)
    expect(stdout).toBe('')
  })

  it('does not write the response to the file that -o names, and says so', async () => {
    const origin = await listen(createServer(answer))

    const { stderr } = await run(origin, '-sS', '-o', 'answer.txt')

    expect(stderr).toContain('Nothing is written to the file of -o')
    expect(readdirSync(directory)).not.toContain('answer.txt')
  })
})

describe('osprofiler run with a server whose certificate is not trusted', () => {
  it('accepts the certificate with --cacert, or with --insecure even if --cacert names another one', async () => {
    const { origin, certificateFile } = await startSecureServer()
    writeFileSync(join(directory, 'other.pem'), readFileSync((await startSecureServer()).certificateFile))

    const refused = await run(origin)
    const outcomes = await Promise.all([
      run(origin, '--cacert', certificateFile),
      run(origin, '--insecure'),
      run(origin, '-k', '--cacert', 'other.pem'),
    ])
    const other = await run(origin, '--cacert', 'other.pem')

    for (const { stderr } of outcomes) expect(stderr).toMatch(new RegExp(`^GET ${origin}/ {2}200 `))
    for (const { stderr } of [refused, other])
      expect(stderr).toMatch(
        /SELF_SIGNED_CERT.*name its certificate authority with --cacert FILE, or use -k to accept any certificate\.\n$/,
      )
  })

  it('explains that the certificate is for a different name', async () => {
    const { origin, certificateFile } = await startSecureServer()

    const { stderr } = await run(origin.replace('127.0.0.1', '127.0.0.2'), '--cacert', certificateFile)

    expect(stderr).toContain('ERR_TLS_CERT_ALTNAME_INVALID, its certificate is for another name: use that name')
  })

  it.each([
    ['gone.pem', undefined, 'Cannot read the authorities from gone.pem: ENOENT.'],
    ['empty.pem', '', 'There is no certificate in empty.pem. --cacert needs PEM'],
    [
      'key.pem',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      'There is no certificate in key.pem.',
    ],
    [
      'cut.pem',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'There is no certificate in cut.pem.',
    ],
  ])('explains the error in the file %s before sending anything', async (file, text, message) => {
    if (text !== undefined) writeFileSync(join(directory, file), text)

    const outcome = await run('https://127.0.0.1/', '--cacert', file)

    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`error: ${message}`) })
  })

  it('explains that a server does not use TLS', async () => {
    const origin = await listen(createServer(answer))

    const { stderr } = await run(origin.replace('http:', 'https:'))

    expect(stderr).toMatch(/^error: Cannot send a request to https:.*try http:\/\/\.\n$/)
  })
})

function run(...args: readonly string[]) {
  return osprofiler(['run', ...args, '--timeout', '60'], { env, cwd: directory })
}

async function startSecureServer(): Promise<{ origin: string; certificateFile: string }> {
  const { certificateFile, keyFile } = await makeCertificate(makeDirectory())
  const server = createSecureServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, answer)
  return { origin: (await listen(server, '0.0.0.0')).replace('http:', 'https:'), certificateFile }
}

/** Responds like a cache, so that the command does not wait for a trace. */
function answer(request: IncomingMessage, response: import('node:http').ServerResponse): void {
  let body = ''
  request.setEncoding('utf8').on('data', piece => {
    body += piece
  })
  request.once('end', () => {
    last = { request, body }
    response.setHeader('Age', '1').end()
  })
}

async function listen(server: Server, host = '127.0.0.1'): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
