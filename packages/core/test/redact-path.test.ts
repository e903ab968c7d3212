import { expect, it } from 'vitest'
import { redactPath } from '../src/secrets/redact-path.js'

it.each([
  ['hooks.slack.com', '/services/T1/B2/SEALED', '/services/***'],
  ['api.telegram.org', '/bot1:SEALED/sendMessage', '/bot***/sendMessage'],
  ['shop.example.com', '/orders/7', '/orders/7'],
])('redactPath() hides the secret part of a path at %s', (hostname, path, shown) => {
  expect(redactPath(hostname, path)).toBe(shown)
})
