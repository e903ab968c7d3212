import { describe, expect, it } from 'vitest'
import { createOwnHeaders, makeTrace, openStore, sendBytes, sendRaw, startUi } from './ui-server.js'

const PATHS = [
  '',
  'compare',
  'trace?ref=id:x',
  'download?ref=id:x&format=json',
  'api/traces',
  'api/trace?ref=id:x',
  'api/events?ref=id:x',
  'api/diff?a=id:x&b=id:x',
  'api/files?name=x',
  'api/count',
  'list.js',
  'list.css',
  'no/such/path',
]

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

describe("the ui's access token", () => {
  it('is exchanged for a strict cookie, by a redirect to an address without the token', async () => {
    const ui = await startUi()
    const { pathname, search } = new URL(ui.address)

    const answer = await sendRaw(ui.port, pathname + search, { headers: { Host: `127.0.0.1:${ui.port}` } })

    const token = new URL(ui.address).searchParams.get('token') ?? ''
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe(ui.folder)
    expect(answer.headers.get('set-cookie')).toMatch(
      new RegExp(`^osprofiler-ui=[\\w-]{43}; Path=${ui.folder}; HttpOnly; SameSite=Strict$`),
    )
    expect(answer.headers.get('set-cookie')).not.toContain(token)
    expect(answer.body).toBe('')
  })

  it.each([
    ['wrong', () => '?token=wrong'],
    ['empty', () => '?token='],
    ['wrong, but of the right length', () => `?token=${'A'.repeat(43)}`],
    ['followed by another character', (token: string) => `?token=${token}x`],
    ['incomplete', (token: string) => `?token=${token.slice(0, -1)}`],
    ['missing', () => ''],
  ])('opens nothing if it is %s', async (_, query) => {
    const ui = await startUi()
    const token = new URL(ui.address).searchParams.get('token') ?? ''

    const answer = await ui.send(query(token), { headers: { Cookie: undefined } })

    expect(answer.status).toBe(401)
    expect(answer.headers.has('set-cookie')).toBe(false)
  })

  it("is accepted only at the address of the viewer's first page", async () => {
    const ui = await startUi()
    const { search } = new URL(ui.address)

    const paths = [
      `${ui.folder}api/traces${search}`,
      `/${search}`,
      `/other/${search}`,
      `${ui.folder.slice(0, -1)}${search}`,
    ]
    const statuses = await Promise.all(
      paths.map(path => sendRaw(ui.port, path, { headers: { Host: `127.0.0.1:${ui.port}` } })),
    )

    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 401])
  })

  it('is different for each viewer', async () => {
    const [first, second] = [await startUi(), await startUi()]

    const answer = await second.send('', { headers: { Cookie: first.cookie } })

    expect(answer.status).toBe(401)
    expect(first.folder).not.toBe(second.folder)
  })
})

describe.each(PATHS)('the path /%s of the ui', path => {
  it('is closed without the cookie', async () => {
    const ui = await startUi()

    const none = await ui.send(path, { headers: { Cookie: undefined } })
    const wrong = await ui.send(path, { headers: { Cookie: `osprofiler-ui=${'A'.repeat(43)}` } })

    expect([none.status, wrong.status]).toEqual([401, 401])
  })

  it('is closed to requests with a foreign host name or from another origin', async () => {
    const ui = await startUi()

    const foreign = await ui.send(path, { headers: { Host: `evil.example:${ui.port}` } })
    const get = await ui.send(path, { headers: { Origin: 'https://evil.example' } })
    const post = await ui.send(path, {
      method: 'POST',
      headers: { ...createOwnHeaders(ui), 'Sec-Fetch-Site': 'cross-site' },
      body: '{}',
    })

    expect([foreign.status, get.status, post.status]).toEqual([421, 403, 403])
  })

  it('sends every security header in each response', async () => {
    const ui = await startUi()

    const answers = [
      await ui.send(path),
      await ui.send(path, { method: 'HEAD' }),
      await ui.send(path, { method: 'DELETE' }),
      await ui.send(path, { headers: { Cookie: undefined } }),
      await ui.send(path, { headers: { Host: 'evil.example' } }),
    ]

    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject(SECURITY_HEADERS)
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect([...headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([])
    }
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])('refuses %s', async method => {
    const ui = await startUi()

    const answer = await ui.send(path, { method, headers: createOwnHeaders(ui) })

    const isPost = method === 'POST' && path.startsWith('api/files')
    const expected = path === 'no/such/path' ? 404 : isPost ? 411 : 405
    expect(answer.status).toBe(expected)
  })
})

/** The same access control protects all paths. The tests use the path that would reveal the most data. */
const PATH = 'api/traces'

describe("the ui's access control", () => {
  it.each([
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.0.0.1:PORT.evil.example',
    'localhost.evil.example:PORT',
    '127.0.0.1:PORT@evil.example',
    '[::1]:PORT',
    '0.0.0.0:PORT',
    '127.1:PORT',
    'LOCALHOST.:PORT',
    '',
  ])('rejects a foreign host name: "%s"', async host => {
    const ui = await startUi()

    const answer = await ui.send(PATH, { headers: { Host: host.replace('PORT', String(ui.port)) } })

    expect([400, 421]).toContain(answer.status)
    expect(answer.body).not.toContain('osprofiler')
  })

  it.each([
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://127.0.0.1' },
    { Origin: 'http://127.0.0.1:1' },
    { Origin: 'https://127.0.0.1:PORT' },
    { Origin: 'http://localhost:PORT' },
    { Origin: '' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': '' },
    { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
    { Origin: 'http://127.0.0.1:PORT', 'Sec-Fetch-Site': 'cross-site' },
  ])('rejects another origin: %o', async foreign => {
    const ui = await startUi()
    const headers = Object.entries(foreign).map(([name, value]) => [name, value.replace('PORT', String(ui.port))])

    const get = await ui.send(PATH, { headers: Object.fromEntries(headers) })
    const post = await ui.send(PATH, {
      method: 'POST',
      headers: { ...createOwnHeaders(ui), ...Object.fromEntries(headers) },
      body: '{}',
    })

    expect([get.status, post.status]).toEqual([403, 403])
  })
})

describe('the ui', () => {
  it('accepts its own host names and the matching origin', async () => {
    const ui = await startUi()

    const answers = await Promise.all(
      ['127.0.0.1', 'localhost'].map(name =>
        ui.send('', {
          headers: { Host: `${name}:${ui.port}`, Origin: `http://${name}:${ui.port}`, 'Sec-Fetch-Site': 'same-origin' },
        }),
      ),
    )

    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  })

  it('rejects a request with no Host header or with two', async () => {
    const ui = await startUi()
    const rest = `Cookie: ${ui.cookie}\r\nConnection: close\r\n\r\n`
    const own = `Host: 127.0.0.1:${ui.port}\r\n`

    const two = await sendBytes(ui.port, `GET ${ui.folder} HTTP/1.1\r\n${own}Host: evil.example\r\n${rest}`)
    const none = await sendBytes(ui.port, `GET ${ui.folder} HTTP/1.1\r\n${rest}`)
    const old = await sendBytes(ui.port, `GET ${ui.folder} HTTP/1.0\r\n${rest}`)
    const absolute = await sendBytes(ui.port, `GET http://evil.example${ui.folder} HTTP/1.1\r\n${own}${rest}`)

    expect([two.status, none.status, old.status, absolute.status]).toEqual([421, 400, 421, 401])
  })

  it('ignores a path that leads out of its folder', async () => {
    const ui = await startUi()
    const paths = [
      '../../etc/passwd',
      '..%2f..%2fetc/passwd',
      '%2e%2e/%2e%2e/package.json',
      'list/../../../package.json',
      'list/%2e%2e/server/index.js',
      'list.js%00',
      'list.d.ts',
      'list/',
      'list',
      '*',
      '//evil.example/',
      'API/traces',
      'api/traces/',
      'api%2ftraces',
      '\\..\\..',
    ]

    const answers = await Promise.all(paths.map(path => ui.send(path)))

    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404))
  })

  it('accepts a file only with the header that only its own pages send', async () => {
    const ui = await startUi()
    const own = createOwnHeaders(ui)
    const body = makeTrace()
      .map(record => JSON.stringify(record))
      .join('\n')
    const attempts = [
      { ...own, 'X-Osprofiler-Ui': undefined },
      { ...own, 'X-Osprofiler-Ui': '2' },
      { ...own, Origin: undefined },
      { ...own, 'Sec-Fetch-Site': 'none' },
    ]

    const refused = await Promise.all(
      attempts.map(headers => ui.send('api/files?name=a', { method: 'POST', headers, body })),
    )
    const taken = await ui.send('api/files?name=a', { method: 'POST', headers: own, body })

    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    expect(taken.status).toBe(200)
  })

  it('listens only on the loopback address', async () => {
    const ui = await startUi({ driver: openStore() })

    await expect(fetch(ui.address.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow()
  })
})
