import { expect, it } from 'vitest'
import { findSecretPaths } from '../src/secrets/finders/secret-paths.js'
import { redactedBy } from './fixtures/redacted-by.js'

it.each([
  ['https://hooks.slack.com/services/T1/B2/SEALED', 'https://hooks.slack.com/services/***'],
  ['https://api.telegram.org/bot1:SEALED/getMe', 'https://api.telegram.org/bot***/getMe'],
  ['/reset/0a1b2c3d4e5f6a7b8c9d', '/reset/***'],
  ['/token/0a1b2c3d4e5f6a7b8c9d/info', '/token/***/info'],
  ['/hooks/abcdefgh12/ABCDEFGH12345678', '/hooks/abcdefgh12/***'],
])('findSecretPaths() finds the secret part of a path: %s', (text, shown) => {
  expect(redactedBy(findSecretPaths, text)).toBe(shown)
})

it.each(['/orders/019aab00-0000-7000-8000-000000000000', '/verify/step-1-of-2-of-the-form', '/api/v1/hooks'])(
  'findSecretPaths() finds no secret in %s',
  text => {
    expect(redactedBy(findSecretPaths, text)).toBe(text)
  },
)
