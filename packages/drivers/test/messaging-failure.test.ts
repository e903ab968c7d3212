import { describe, expect, it } from 'vitest'
import { describeFailure } from '../build/messaging/connection.js'

const refusal = (code: number, text: string): Error =>
  Object.assign(new Error(`Operation failed: QueueDeclare; ${code} (${text})`), { code })

describe("a failure of a message broker's connection is described as", () => {
  it.each([
    ['missing TLS, even if the thread ID of OpenSSL contains 403', '80EB87E2403B0000', /does not speak TLS/],
    ['missing TLS, even if the thread ID of OpenSSL contains 530', '80EB87E2530B0000', /does not speak TLS/],
  ])('%s', (_, thread, words) => {
    const message = `write EPROTO ${thread}:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl.c:355:`
    const error = Object.assign(new Error(message), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' })

    expect(describeFailure(error)).toMatch(words)
  })

  it.each([
    [
      'a refused user',
      new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "Login was refused"'),
      /user or password \(403\)/,
    ],
    [
      'a missing virtual host',
      new Error('Expected ConnectionOpenOk; got <ConnectionClose>'),
      /virtual host .* \(530\)/,
    ],
    [
      'missing rights',
      refusal(403, "ACCESS_REFUSED - configure access to queue 'notifications.info' refused"),
      /rights to configure, write and read/,
    ],
  ])('%s', (_, error, words) => {
    expect(describeFailure(error)).toMatch(words)
  })
})
