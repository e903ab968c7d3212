import { configure, recordErrorAs, start, trace, traceClass, withTrace } from '@osprofiler/core'
import { redactPath } from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'
import { requestInfo } from '../src/http/request-info.js'
import { traceRecords } from './fixtures/trace-records.js'

const S = 'S3cr3tV4lu3'

async function recorded(fn: () => unknown): Promise<string> {
  return JSON.stringify(await traceRecords(fn))
}

const attempt = (fn: () => unknown) => {
  try {
    fn()
  } catch {
    // Ignores the error, because the tests check only how the error is recorded.
  }
}

describe('a secret is not recorded', () => {
  it.each<[string, () => unknown]>([
    [
      'from an argument whose name refers to a secret',
      () => trace('a')((_user: string, _pinCode: unknown) => 1)('bob', [S]),
    ],
    ['from a destructured argument', () => trace('a')(({ apiKey: _ }: { apiKey: string }) => 1)({ apiKey: S })],
    ['from a rest argument', () => trace('a')((..._tokens: string[]) => 1)('x', S)],
    ['from an argument that is JSON', () => trace('a')((_body: string) => 1)(JSON.stringify({ password: S }))],
    ['from an argument that is a header', () => trace('a')((_line: string) => 1)(`Authorization: Bearer ${S}`)],
    ['from a function whose name refers to a secret', () => trace('a')(function isValidPassword(_: string) {})(S)],
    [
      'from a method whose name refers to a secret',
      () => {
        class Login {
          setPassword(value: string) {
            return value
          }
        }
        traceClass('a')(Login)
        new Login().setPassword(S)
      },
    ],
    [
      'from the result of a function whose name refers to a secret',
      () =>
        trace('a', { hideResult: false })(function readToken() {
          return S
        })(),
    ],
    [
      'from a result',
      () =>
        trace('a', { hideResult: false })(function read() {
          return { clientSecret: S }
        })(),
    ],
    [
      'from the message of an error',
      () =>
        attempt(() =>
          withTrace('a', () => {
            throw new Error(`password=${S}`)
          }),
        ),
    ],
    [
      'from a thrown string',
      () =>
        attempt(() =>
          withTrace('a', () => {
            throw `Bearer ${S}`
          }),
        ),
    ],
    [
      'from an error that was made from another error',
      () =>
        attempt(() =>
          withTrace('a', () => {
            throw new Error(`failed: token=${S}`, { cause: new Error(`token=${S}`) })
          }),
        ),
    ],
    [
      'from an error that is recorded as another error',
      () =>
        attempt(() =>
          withTrace('a', () => {
            const error = new Error('x')
            recordErrorAs(error, new Error(`https://bob:${S}@host/`))
            throw error
          }),
        ),
    ],
    ['from an error in an info', () => start('a', { error: new Error(`password: ${S}`) }).stop()],
    ['from the name of a point', () => start(`GET https://bob:${S}@host/?token=${S}`).stop()],
    ['from the info passed to stop()', () => start('a').stop({ session: { 'connect.sid': S } })],
    ['from the names of members', () => start('a', { [`https://host/?sig=${S}`]: 1 }).stop()],
  ])('%s', async (_, fn) => {
    const text = await recorded(fn)

    expect(text).not.toContain(S)
    expect(text).toContain('***')
  })

  it('from the info that a redact hook adds', async () => {
    const restore = configure({ redact: record => ({ ...record, info: { password: S } }) })
    const text = await recorded(() => start('a').stop())
    restore()

    expect(text).not.toContain(S)
  })

  it.each([
    [`/callback?code=${S}&state=1`, '/callback', 'code=***&state=1'],
    [`/x?sig=${S}&X-Amz-Credential=${S}`, '/x', 'sig=***&X-Amz-Credential=***'],
    [
      `/x?filter=${encodeURIComponent(JSON.stringify({ pin: S }))}`,
      '/x',
      `filter=${encodeURIComponent('{"pin":"***"}')}`,
    ],
    [`/a;jsessionid=${S}?page=2`, '/a;jsessionid=***', 'page=2'],
    [`/reset-password/${S}0123456789`, '/reset-password/***', ''],
  ])('from the address of a served request: %s', async (url, path, query) => {
    const records = await traceRecords(() => {
      const request = { url, method: 'GET', headers: {}, socket: {} } as unknown as Parameters<typeof requestInfo>[0]
      start('wsgi', requestInfo(request, false, undefined)).stop()
    })

    expect(records[0]?.info.request).toMatchObject({ path, query })
  })

  it.each([
    ['hooks.slack.com', `/services/T0/B0/${S}`, '/services/***'],
    ['api.telegram.org', `/bot1:${S}/sendMessage`, '/bot***/sendMessage'],
    ['discord.com', `/api/webhooks/1/${S}`, '/api/webhooks/1/***'],
    ['example.com', '/services/T0/B0/x', '/services/T0/B0/x'],
    ['::1', '/', '/'],
  ])('from the path of a request to %s%s', (hostname, path, shown) => {
    expect(redactPath(hostname, path)).toBe(shown)
  })
})
